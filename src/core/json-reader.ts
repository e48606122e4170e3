/** Reads JSON text (RFC 8259) and keeps its whole numbers: the part of exact-json.ts that only unusual text needs. */

/** Text that is not JSON. Line and column are 1-based; the column counts UTF-16 code units. */
export class JsonSyntaxError extends SyntaxError {
  override readonly name = 'JsonSyntaxError';
  readonly line: number;
  readonly column: number;

  constructor(problem: string, text: string, offset: number) {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - before.lastIndexOf('\n');
    super(`${problem} at line ${line}, column ${column}`);
    this.line = line;
    this.column = column;
  }
}

/** The deepest nesting that the exact reader accepts. */
export const MAX_DEPTH = 1000;
/** Digits of the longest whole number that is kept; BigInt takes quadratic time. */
const MAX_DIGITS = 1000;

/** A number of JSON at `lastIndex`. */
export const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
// oxlint-disable-next-line no-control-regex -- JSON has no control characters in strings
const STRING_RUN = /[^"\\\u0000-\u001f]*/y;
const WHITE_SPACE = /[ \t\n\r]*/y;

/** Returns the number or bigint of a number token; undefined if it has too many digits. */
export function numberOf(token: string): number | bigint | undefined {
  const value = Number(token);
  if (/^-?\d+$/.test(token)) {
    if (Number.isSafeInteger(value)) return value;
    return token.length > MAX_DIGITS ? undefined : BigInt(token);
  }
  if (Number.isFinite(value) && sameDecimal(token, String(value))) return value;
  const { sign, digits, exponent } = decimal(token);
  // Rounding a fraction is harmless; only whole numbers identify things.
  if (exponent < 0) return value;
  return digits.length + exponent > MAX_DIGITS ? undefined : BigInt(`${sign}${digits}${'0'.repeat(exponent)}`);
}

interface Decimal {
  readonly sign: string;
  /** Without zeros at either end; empty for zero. */
  readonly digits: string;
  readonly exponent: number;
}

function decimal(token: string): Decimal {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  const all = `${whole}${fraction}`.replace(/^0+/, '');
  let end = all.length;
  while (all.charCodeAt(end - 1) === 0x30) end -= 1;
  if (end === 0) return { sign: '', digits: '', exponent: 0 };
  return { sign, digits: all.slice(0, end), exponent: Number(power) - fraction.length + all.length - end };
}

function sameDecimal(a: string, b: string): boolean {
  const [x, y] = [decimal(a), decimal(b)];
  return x.sign === y.sign && x.digits === y.digits && x.exponent === y.exponent;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const LITERALS: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** Reads JSON by RFC 8259 with numbers as `numberOf` has them. */
export class ExactReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    const value = this.#value(0);
    this.#skipWhiteSpace();
    if (this.#offset < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(depth: number): unknown {
    this.#skipWhiteSpace();
    if (depth > MAX_DEPTH) throw this.#error(`JSON is nested more than ${MAX_DEPTH} levels deep`);
    const first = this.#text.charAt(this.#offset);
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of LITERALS) if (this.#take(word)) return value;
    return this.#number();
  }

  #object(depth: number): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    this.#offset += 1;
    this.#skipWhiteSpace();
    if (this.#take('}')) return members;
    do {
      this.#skipWhiteSpace();
      if (this.#text.charAt(this.#offset) !== '"') throw this.#unexpected();
      const name = this.#string();
      this.#skipWhiteSpace();
      if (!this.#take(':')) throw this.#unexpected();
      const value = this.#value(depth + 1);
      // Assigning `__proto__` would set the prototype; JSON.parse makes it an ordinary member.
      if (name === '__proto__')
        Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
      else members[name] = value;
      this.#skipWhiteSpace();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#unexpected();
    return members;
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#offset += 1;
    this.#skipWhiteSpace();
    if (this.#take(']')) return items;
    do {
      items.push(this.#value(depth + 1));
      this.#skipWhiteSpace();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#unexpected();
    return items;
  }

  #string(): string {
    this.#offset += 1;
    let value = '';
    for (;;) {
      STRING_RUN.lastIndex = this.#offset;
      const run = STRING_RUN.exec(this.#text)?.[0] ?? '';
      value += run;
      this.#offset += run.length;
      if (this.#take('"')) return value;
      if (!this.#take('\\')) throw this.#unexpected();
      value += this.#escape();
    }
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#offset);
    const plain = ESCAPES[letter];
    if (plain !== undefined) {
      this.#offset += 1;
      return plain;
    }
    const code = this.#text.slice(this.#offset + 1, this.#offset + 5);
    if (letter !== 'u' || !/^[\da-f]{4}$/i.test(code)) throw this.#unexpected();
    this.#offset += 5;
    return String.fromCharCode(Number.parseInt(code, 16));
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#offset;
    const token = NUMBER.exec(this.#text)?.[0];
    if (token === undefined) throw this.#unexpected();
    const value = numberOf(token);
    if (value === undefined) throw this.#error(`a number has more than ${MAX_DIGITS} digits`);
    this.#offset += token.length;
    return value;
  }

  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.#offset)) return false;
    this.#offset += word.length;
    return true;
  }

  #skipWhiteSpace(): void {
    WHITE_SPACE.lastIndex = this.#offset;
    WHITE_SPACE.test(this.#text);
    this.#offset = WHITE_SPACE.lastIndex;
  }

  #unexpected(): JsonSyntaxError {
    const isAtEnd = this.#offset >= this.#text.length;
    return this.#error(isAtEnd ? 'the text ends before the JSON value is complete' : 'unexpected character');
  }

  #error(problem: string): JsonSyntaxError {
    return new JsonSyntaxError(problem, this.#text, this.#offset);
  }
}
