/**
 * JSON whose whole numbers keep their digits. JSON.parse turns 7615917337495251231 into ...251000 without a word, which
 * addresses another device or order; here such a number is a bigint, and is written with its own digits again.
 * JSON.stringify throws on a bigint, so a place that forgets `stringifyJson` fails instead of changing a number.
 */

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

/** Nesting beyond this is refused where the text needs a reader of our own. */
const MAX_DEPTH = 1000;
/** Digits of the longest whole number that is kept; BigInt takes quadratic time. */
const MAX_DIGITS = 1000;

/** What a number that a double may not hold looks like: many digits, or an exponent of three digits. */
const SUSPECT = /\d[\d.]{15}|[eE]\+?\d{3}/g;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const NUMBER_CHARACTER = /[-+.\deE]/;
// oxlint-disable-next-line no-control-regex -- JSON has no control characters in strings
const STRING_RUN = /[^"\\\u0000-\u001f]*/y;
const WHITE_SPACE = /[ \t\n\r]*/y;

/**
 * The value of a JSON text, as JSON.parse reads it, except that a whole number beyond 2^53 is a bigint unless a double
 * written out again has the same digits. Takes linear time.
 * @throws JsonSyntaxError for text that is not JSON, and for a number of more than 1,000 digits.
 */
export function parseJson(text: string): unknown {
  if (hasInexactNumber(text)) return new ExactReader(text).read();
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // The messages of JSON.parse differ between versions of Node.js and repeat the text, which may hold a secret.
    new ExactReader(text).read();
    throw error;
  }
}

/** Whether a number outside the strings of `text` cannot be left to JSON.parse. */
function hasInexactNumber(text: string): boolean {
  SUSPECT.lastIndex = 0;
  let suspect = SUSPECT.exec(text);
  let outside = 0;
  while (suspect) {
    const quote = text.indexOf('"', outside);
    if (quote === -1 || quote > suspect.index) {
      const [start, end] = numberAround(text, suspect.index);
      // A token that ends within its run of characters is no number of JSON: the exact reader says where.
      if (NUMBER_CHARACTER.test(text.charAt(end)) || typeof numberOf(text.slice(start, end)) !== 'number') return true;
      SUSPECT.lastIndex = end;
      suspect = SUSPECT.exec(text);
      continue;
    }
    outside = endOfString(text, quote);
    if (suspect.index < outside) {
      SUSPECT.lastIndex = outside;
      suspect = SUSPECT.exec(text);
    }
  }
  return false;
}

/** The number token that holds the character at `index`. */
function numberAround(text: string, index: number): readonly [start: number, end: number] {
  let start = index;
  while (start > 0 && NUMBER_CHARACTER.test(text.charAt(start - 1))) start -= 1;
  NUMBER.lastIndex = start;
  return [start, start + (NUMBER.exec(text)?.[0].length ?? 0)];
}

/** The offset after the string that begins at `quote`; the end of the text when it is not closed. */
function endOfString(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === 0x5c) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return text.length;
}

/** A number token as the number or bigint that has its value; undefined when it has too many digits. */
function numberOf(token: string): number | bigint | undefined {
  const value = Number(token);
  if (/^-?\d+$/.test(token)) {
    if (Number.isSafeInteger(value)) return value;
    return token.length > MAX_DIGITS ? undefined : BigInt(token);
  }
  if (Number.isFinite(value) && sameDecimal(token, String(value))) return value;
  const { sign, digits, exponent } = decimal(token);
  // A fraction that is rounded is no other number to anyone; only whole numbers are identities.
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
class ExactReader {
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

/**
 * What JSON.stringify returns, with a bigint as its digits.
 * @param indent blanks for each level; 0 for one line.
 * @throws TypeError for a value that refers to itself or is nested more than 1,000 levels deep.
 */
export function stringifyJson(value: unknown, indent = 0): string | undefined {
  try {
    return JSON.stringify(value, undefined, indent) as string | undefined;
  } catch {
    // The usual value has no bigint, so looking for one beforehand would only cost time.
    return write(value, indent, 0);
  }
}

function write(value: unknown, indent: number, depth: number): string | undefined {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) as string | undefined;
  if (depth > MAX_DEPTH)
    throw new TypeError(`A value nested more than ${MAX_DEPTH} levels deep is not written as JSON.`);
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return write((value as { toJSON(): unknown }).toJSON(), indent, depth + 1);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => write(item, indent, depth + 1) ?? 'null');
    return enclose(['[', ']'], items, indent, depth);
  }
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const text = write(member, indent, depth + 1);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${indent > 0 ? ' ' : ''}${text}`);
  }
  return enclose(['{', '}'], members, indent, depth);
}

function enclose(
  [open, close]: readonly [string, string],
  parts: readonly string[],
  indent: number,
  depth: number,
): string {
  if (indent <= 0 || parts.length === 0) return `${open}${parts.join(',')}${close}`;
  const line = `\n${' '.repeat(indent * depth)}`;
  const inner = `${line}${' '.repeat(indent)}`;
  return `${open}${inner}${parts.join(`,${inner}`)}${line}${close}`;
}

/**
 * The path of the first whole number in `value` that a double cannot hold exactly, for example `payload.items[3].id`;
 * undefined if there is none.
 * @param root the name of the value itself.
 */
export function inexactNumberPath(value: unknown, root: string): string | undefined {
  if (typeof value === 'bigint') return isHeldExactly(value) ? undefined : root;
  if (typeof value !== 'object' || value === null) return undefined;
  const isArray = Array.isArray(value);
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== 'object' && typeof member !== 'bigint') continue;
    const path = inexactNumberPath(member, isArray ? `${root}[${name}]` : memberPath(root, name));
    if (path !== undefined) return path;
  }
  return undefined;
}

/** A number above the largest double becomes Infinity, of which BigInt makes nothing. */
function isHeldExactly(whole: bigint): boolean {
  const number = Number(whole);
  return Number.isFinite(number) && BigInt(number) === whole;
}

/** The path of a member of the object at `root`. */
export function memberPath(root: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${root}.${name}` : `${root}[${JSON.stringify(name)}]`;
}
