import { ImportRefused } from './import-refused.js';
import type { XmlElement } from './xml.js';
import { unescaped } from './xml-text.js';

const MAX_DEPTH = 64;
const MAX_NAME_LENGTH = 256;
/** How many pieces are read between two yields: about a millisecond of work. */
const STEP = 2000;

const NAME = /[\p{L}_:][^\s/>=<'"&]*/uy;
const ATTRIBUTE = /[ \t\r\n]+([\p{L}_:][^\s/>=<'"&]*)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/uy;
const TAG_END = /[ \t\r\n]*(\/?)>/y;
/** XML 1.0, production Char, without surrogates: the decoder of the upload has checked those. */
const FORBIDDEN = /[^\t\n\r\x20-\uFFFD]/;

/** How much one upload may hold: each tag, attribute, comment and `&` counts as one piece. */
export class XmlBudget {
  #left: number;

  constructor(readonly maxPieces: number) {
    this.#left = maxPieces;
  }

  /** @throws ImportRefused if the budget is exceeded. */
  spend(pieces: number): void {
    this.#left -= pieces;
    if (this.#left < 0)
      throw new ImportRefused(
        `the upload has more than ${this.maxPieces} elements, attributes and comments; import it in smaller files`,
      );
  }
}

interface OpenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  readonly text: string[];
}

/**
 * Reads a document and returns its root element. Yields after about every millisecond of work, so that the caller decides
 * how long the event loop is blocked. The time is linear in the length of the text. A document type is refused, so no
 * entity can be defined.
 * @throws ImportRefused for what is not well-formed, nested too deeply or above the budget.
 */
export function* readXml(text: string, budget: XmlBudget): Generator<void, XmlElement> {
  const reader = new XmlReader(text, budget);
  for (let pieces = 1; reader.step(); pieces += 1) if (pieces % STEP === 0) yield;
  return reader.root();
}

/** Whether `readXml` accepts a string. Blocks the event loop until it is done, so only for short texts. */
export function isWellFormedXml(text: string): boolean {
  const work = readXml(text, new XmlBudget(text.length));
  try {
    while (work.next().done !== true);
    return true;
  } catch (error) {
    if (error instanceof ImportRefused) return false;
    throw error;
  }
}

class XmlReader {
  readonly #text: string;
  readonly #budget: XmlBudget;
  readonly #open: OpenElement[] = [];
  #root: XmlElement | undefined;
  #at = 0;

  constructor(text: string, budget: XmlBudget) {
    this.#text = text;
    this.#budget = budget;
    const at = text.search(FORBIDDEN);
    if (at >= 0) this.#fail('it contains a control character', at);
  }

  root(): XmlElement {
    const unclosed = this.#open.at(-1);
    if (unclosed) this.#fail(`<${unclosed.name}> is not closed`);
    if (!this.#root) throw new ImportRefused('this is not an XML document: it has no element');
    return this.#root;
  }

  /** Reads up to the end of the next markup; false at the end of the text. */
  step(): boolean {
    const start = this.#text.indexOf('<', this.#at);
    this.#characters(this.#text.slice(this.#at, start < 0 ? this.#text.length : start));
    this.#at = start < 0 ? this.#text.length : start;
    if (start < 0) return false;
    this.#budget.spend(1);
    this.#markup(start);
    return true;
  }

  #markup(start: number): void {
    const text = this.#text;
    if (text.startsWith('<!--', start)) this.#skipTo('-->', start + 4, 'a comment');
    else if (text.startsWith('<?', start)) this.#skipTo('?>', start + 2, 'a processing instruction');
    else if (text.startsWith('<![CDATA[', start)) this.#cdata(start + 9);
    else if (text.startsWith('</', start)) this.#close(start);
    else if (/^<!DOCTYPE/i.test(text.slice(start, start + 9)))
      throw new ImportRefused('a document type (DOCTYPE) is not accepted; remove it');
    else this.#openTag(start);
  }

  #characters(text: string): void {
    const current = this.#open.at(-1);
    if (current) {
      if (text !== '') current.text.push(unescaped(text, this.#budget));
    } else if (text.trim() !== '') {
      if (!this.#root) throw new ImportRefused('this is not an XML document: there is text before the first element');
      this.#fail('there is text after the root element', this.#at + text.search(/\S/));
    }
  }

  #cdata(start: number): void {
    const current = this.#open.at(-1);
    if (!current) this.#fail('there is a CDATA section outside the root element');
    const end = this.#skipTo(']]>', start, 'a CDATA section');
    current.text.push(this.#text.slice(start, end));
  }

  #close(start: number): void {
    const end = this.#skipTo('>', start + 2, 'a closing tag');
    const name = this.#text.slice(start + 2, Math.min(end, start + 2 + MAX_NAME_LENGTH)).trimEnd();
    const current = this.#open.pop();
    if (current?.name !== name)
      this.#fail(current ? `</${name}> closes <${current.name}>` : `</${name}> closes nothing`, start);
    this.#finish(current);
  }

  #openTag(start: number): void {
    if (this.#root) this.#fail('there is a second root element', start);
    if (this.#open.length >= MAX_DEPTH) this.#fail(`elements are nested more than ${MAX_DEPTH} deep`, start);
    const name = this.#match(NAME, start + 1)?.[0] ?? this.#fail('a tag has no valid name', start);
    if (name.length > MAX_NAME_LENGTH) this.#fail(`the name of an element is longer than ${MAX_NAME_LENGTH}`, start);
    const element = { name, attributes: this.#attributes(name), children: [], text: [] };
    const [, slash] = this.#match(TAG_END, this.#at) ?? this.#fail(`the tag <${name}> is not well-formed`);
    if (slash === '/') this.#finish(element);
    else this.#open.push(element);
  }

  #attributes(element: string): Record<string, string> {
    const values = new Map<string, string>();
    for (;;) {
      const found = this.#match(ATTRIBUTE, this.#at);
      if (!found) return Object.fromEntries(values);
      const [, name = '', double, single] = found;
      this.#budget.spend(1);
      if (values.has(name)) this.#fail(`<${element}> has the attribute ${name.slice(0, MAX_NAME_LENGTH)} twice`);
      values.set(name, unescaped(double ?? single ?? '', this.#budget));
    }
  }

  #finish({ name, attributes, children, text }: OpenElement): void {
    const element = { name, attributes, children, text: text.join('') };
    const parent = this.#open.at(-1);
    if (parent) parent.children.push(element);
    else this.#root = element;
  }

  #match(pattern: RegExp, at: number): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(this.#text) ?? undefined;
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  /** Moves the position past the next `end` and returns where `end` starts. */
  #skipTo(end: string, from: number, what: string): number {
    const at = this.#text.indexOf(end, from);
    if (at < 0) this.#fail(`${what} is not closed`, from);
    this.#at = at + end.length;
    return at;
  }

  #fail(why: string, at = this.#at): never {
    const line = this.#text.slice(0, at).split('\n').length;
    throw new ImportRefused(`the XML is not well-formed: line ${line}: ${why}`);
  }
}
