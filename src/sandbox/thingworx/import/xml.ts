import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { messageOf } from '../../../core/errors.js';
import { ImportRefused } from './import-refused.js';

/** An element of a document; plain JSON, so that it can be kept. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text and CDATA of its own, one after the other. */
  readonly text: string;
}

const MAX_NESTED_TAGS = 64;
const MAX_ELEMENTS = 200_000;
const ATTRIBUTES = ':@';
const CDATA = '#cdata';
const TEXT = '#text';

/** Entities are not expanded by the parser: the five of XML itself, and numbers, are read here. */
const PARSER_OPTIONS = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  processEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  cdataPropName: CDATA,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: MAX_NESTED_TAGS,
} as const;

type ParsedNode = Readonly<Record<string, unknown>>;

/**
 * Reads a document and gives its root element. There is no document type, so no entity can be defined.
 * @throws ImportRefused for what is not well-formed, too deep or too large.
 */
export function parseXml(text: string): XmlElement {
  const start = text.search(/<[A-Za-z_]/);
  if (start < 0) throw new ImportRefused('this is no XML document');
  if (/<!DOCTYPE/i.test(text.slice(0, start))) throw new ImportRefused('a document type is not accepted');
  const [root, ...others] = parse(text).filter((node) => elementName(node) !== undefined);
  if (!root || others.length > 0) throw new ImportRefused('an XML document has one root element');
  return new Converter().convert(root);
}

function parse(text: string): readonly ParsedNode[] {
  const checked = XMLValidator.validate(text);
  if (checked !== true) {
    const { msg, line } = checked.err;
    throw new ImportRefused(`the XML is not well-formed: line ${line}: ${msg}`);
  }
  try {
    return new XMLParser(PARSER_OPTIONS).parse(text) as readonly ParsedNode[];
  } catch (error) {
    throw new ImportRefused(`the XML cannot be read: ${messageOf(error)}`);
  }
}

class Converter {
  #count = 0;

  convert(node: ParsedNode): XmlElement {
    this.#count += 1;
    if (this.#count > MAX_ELEMENTS) throw new ImportRefused(`the XML has more than ${MAX_ELEMENTS} elements`);
    const name = elementName(node) as string;
    const content = node[name] as readonly ParsedNode[];
    const attributes = (node[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>;
    return {
      name,
      attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, unescaped(value)])),
      children: content.filter((child) => elementName(child) !== undefined).map((child) => this.convert(child)),
      text: content.map(textOf).join(''),
    };
  }
}

const elementName = (node: ParsedNode): string | undefined =>
  Object.keys(node).find((key) => key !== ATTRIBUTES && key !== TEXT && key !== CDATA);

function textOf(node: ParsedNode): string {
  if (TEXT in node) return unescaped(String(node[TEXT]));
  const parts = node[CDATA] as readonly ParsedNode[] | undefined;
  return parts ? parts.map((part) => String(part[TEXT])).join('') : '';
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g, (_all, decimal, hex, name) => {
    if (name !== undefined) return NAMED[name as string] ?? '';
    const point = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    if (point > 0x10_ff_ff) throw new ImportRefused('the XML has a character reference beyond Unicode');
    return String.fromCodePoint(point);
  });
}

/** The first child of that name. */
export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((child) => child.name === name);

/** The children, of that name, of the first child named `list`. */
export const itemsOf = (element: XmlElement | undefined, list: string, item: string): readonly XmlElement[] =>
  childOf(element, list)?.children.filter(({ name }) => name === item) ?? [];
