const NAME = String.raw`[A-Za-z_:\u00c0-\u{effff}][\w.:\-\u00b7\u00c0-\u{effff}]*`;
const ENTITY = String.raw`&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});`;
const ATTRIBUTE = String.raw`\s+(${NAME})\s*=\s*("(?:[^<&"]|${ENTITY})*"|'(?:[^<&']|${ENTITY})*')`;

const ATTRIBUTES = new RegExp(ATTRIBUTE, 'uy');
const OPEN = new RegExp(`<(${NAME})`, 'uy');
const OPEN_END = /\s*(\/?)>/y;
const CLOSE = new RegExp(String.raw`</(${NAME})\s*>`, 'uy');
const TEXT = new RegExp(`(?:[^<&]|${ENTITY})+`, 'uy');
const DECLARATION = /<\?xml\s[^?]*\?>/y;
const INSTRUCTION = new RegExp(String.raw`<\?(?!xml\s)${NAME}(?:\s[^?]*(?:\?[^?>][^?]*)*)?\?>`, 'uy');
const COMMENT = /<!--[^-]*(?:-[^-]+)*-->/y;
const CDATA = /<!\[CDATA\[[^\]]*(?:\](?!\]>)[^\]]*)*\]\]>/y;
// oxlint-disable-next-line no-control-regex -- XML forbids these characters
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/**
 * Whether a string is one well-formed XML document. A document type is refused: platforms need not support one, and it
 * could define entities. Takes linear time.
 */
export function isWellFormedXml(text: string): boolean {
  return !FORBIDDEN.test(text) && new Scanner(text).isDocument();
}

class Scanner {
  readonly #text: string;
  readonly #open: string[] = [];
  #at = 0;
  #roots = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isDocument(): boolean {
    if (this.#text.startsWith('\ufeff')) this.#at = 1;
    this.#take(DECLARATION);
    while (this.#at < this.#text.length) if (!this.#isNext()) return false;
    return this.#open.length === 0 && this.#roots === 1;
  }

  /** Consumes the next part of the document; returns false if there is none. */
  #isNext(): boolean {
    if (this.#text[this.#at] !== '<') return this.#isText();
    if (this.#take(COMMENT) || this.#take(INSTRUCTION)) return true;
    if (this.#take(CDATA)) return this.#open.length > 0;
    const closed = this.#take(CLOSE);
    return closed ? this.#open.pop() === closed[1] : this.#isElement();
  }

  /** Consumes text; outside the root element only white space is allowed. */
  #isText(): boolean {
    const text = this.#take(TEXT)?.[0];
    if (text === undefined || text.includes(']]>')) return false;
    return this.#open.length > 0 || text.trim() === '';
  }

  #isElement(): boolean {
    const name = this.#take(OPEN)?.[1];
    if (name === undefined || (this.#open.length === 0 && this.#roots > 0)) return false;
    const attributes = new Set<string>();
    for (let found = this.#take(ATTRIBUTES); found; found = this.#take(ATTRIBUTES)) {
      const attribute = found[1] as string;
      if (attributes.has(attribute)) return false;
      attributes.add(attribute);
    }
    const end = this.#take(OPEN_END);
    if (!end) return false;
    if (this.#open.length === 0) this.#roots++;
    if (end[1] === '') this.#open.push(name);
    return true;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    Object.assign(pattern, { lastIndex: this.#at });
    const found = pattern.exec(this.#text) ?? undefined;
    if (found) this.#at = pattern.lastIndex;
    return found;
  }
}
