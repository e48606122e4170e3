/** Where a text stops being JSON: offset from 0, line and column from 1. */
export interface TextPlace {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/**
 * The first place where a text is not JSON; `null` for JSON. Engines report it in words of their own, or not at all, so the
 * text is scanned again where the engine refuses it.
 */
export function jsonFault(text: string): TextPlace | null {
  try {
    JSON.parse(text);
    return null;
  } catch {
    return placeOf(text, new Scanner(text).faultOffset());
  }
}

/** Line and column of an offset. */
export function placeOf(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset);
  return { offset, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
// eslint-disable-next-line no-control-regex -- JSON refuses control characters in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;

class Fault extends Error {}

/** Walks JSON as far as it is JSON. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  faultOffset(): number {
    try {
      this.#value(0);
      this.#skip(SPACE);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
    return this.#at;
  }

  #value(depth: number): void {
    // The engine has refused a text that is nested deeper; where exactly does not matter.
    if (depth > 500) throw new Fault();
    this.#skip(SPACE);
    if (this.#take('{')) this.#members('}', depth, true);
    else if (this.#take('[')) this.#members(']', depth, false);
    else if (!this.#skip(STRING) && !this.#skip(SCALAR)) throw new Fault();
    this.#skip(SPACE);
  }

  #members(close: string, depth: number, hasKeys: boolean): void {
    this.#skip(SPACE);
    if (this.#take(close)) return;
    do {
      if (hasKeys) this.#key();
      this.#value(depth + 1);
    } while (this.#take(','));
    if (!this.#take(close)) throw new Fault();
  }

  #key(): void {
    this.#skip(SPACE);
    if (!this.#skip(STRING)) throw new Fault();
    this.#skip(SPACE);
    if (!this.#take(':')) throw new Fault();
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found !== '';
  }
}
