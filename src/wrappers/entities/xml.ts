/** Elements of entity files, and how they are written. Attributes are in alphabetical order, as in exports. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
}

/** Text is the only child of its element; code is written as CDATA. */
export type XmlNode = XmlElement | { readonly code: string };

/** Attributes with the value undefined are omitted. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  children: readonly XmlNode[] = [],
): XmlElement {
  const given = Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { name, attributes: Object.fromEntries(given), children };
}

/**
 * How a file is laid out: `compact`, an element a line with its attributes; `sourceControl`, as the source control
 * export of ThingWorx has it, so that a later export of the same entity differs little.
 */
export type XmlLayout = 'compact' | 'sourceControl';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The text of a file with the root element given. */
export function writeXml(root: XmlElement, layout: XmlLayout): string {
  const lines: string[] = [];
  (layout === 'compact' ? writeCompact : writeSourceControl)(root, '', lines);
  return `${DECLARATION}${lines.join('\n')}\n`;
}

function writeCompact(node: XmlElement, indent: string, lines: string[]): void {
  const attributes = sortedAttributes(node).map((attribute) => ` ${attribute}`);
  const start = `${indent}<${node.name}${attributes.join('')}`;
  if (node.children.length === 0) lines.push(`${start}/>`);
  else writeChildren(node, start, indent, { lines, step: '  ', write: writeCompact });
}

function writeSourceControl(node: XmlElement, indent: string, lines: string[]): void {
  const attributes = sortedAttributes(node).map((attribute) => `\n${indent} ${attribute}`);
  const start = `${indent}<${node.name}${attributes.join('')}`;
  if (node.children.length === 0) lines.push(`${start}></${node.name}>`);
  else writeChildren(node, start, indent, { lines, step: '    ', write: writeSourceControl });
}

interface Layout {
  readonly lines: string[];
  readonly step: string;
  readonly write: (node: XmlElement, indent: string, lines: string[]) => void;
}

function writeChildren(node: XmlElement, start: string, indent: string, { lines, step, write }: Layout): void {
  const code = node.children.map((child) => ('code' in child ? cdata(child.code) : '')).join('');
  if (code !== '') {
    lines.push(`${start}>${code}</${node.name}>`);
    return;
  }
  lines.push(`${start}>`);
  for (const child of node.children) if (!('code' in child)) write(child, indent + step, lines);
  lines.push(`${indent}</${node.name}>`);
}

const sortedAttributes = ({ attributes }: XmlElement): string[] =>
  Object.keys(attributes)
    .sort()
    .map((name) => `${name}="${escapeAttribute(attributes[name] ?? '')}"`);

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Writes white space other than spaces as references, because readers would turn it into spaces. */
function escapeAttribute(text: string): string {
  assertHoldable(text);
  return text.replaceAll(/[&<>"\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

/** Text as CDATA; its end mark inside the text is split over two sections. */
function cdata(text: string): string {
  assertHoldable(text);
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

/** Such text is refused when descriptions are read, so reaching this is a defect. */
function assertHoldable(text: string): void {
  if (!isHoldableInXml(text)) throw new RangeError('the text has a character that XML does not allow');
}

/**
 * Whether XML 1.0 can hold the text (section 2.2): no controls but tab, line feed and carriage return, and no lone
 * surrogates.
 */
export const isHoldableInXml = (text: string): boolean =>
  !/(?![\t\n\r\u0080-\u009f])\p{Cc}|[\ufffe\uffff]|\p{Cs}/u.test(text);
