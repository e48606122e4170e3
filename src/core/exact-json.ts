/**
 * JSON whose whole numbers keep their digits. JSON.parse silently turns 7615917337495251231 into ...251000, which may
 * identify another device or order; here such a number is a bigint and is written with all its digits. JSON.stringify
 * throws on a bigint, so code that should use `stringifyJson` fails instead of changing a number.
 */
import { ExactReader, MAX_DEPTH, NUMBER, numberOf } from './json-reader.js';

export { JsonSyntaxError } from './json-reader.js';

/** Matches numbers that a double may not hold exactly: many digits, or an exponent of three digits. */
const SUSPECT = /\d[\d.]{15}|[eE]\+?\d{3}/g;
const NUMBER_CHARACTER = /[-+.\deE]/;

/**
 * Parses JSON text like JSON.parse, except that a whole number beyond 2^53 is a bigint, unless a double that is written
 * out has the same digits. Takes linear time.
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
      // A token that ends within its run of characters is not a JSON number; the exact reader reports its place.
      if (NUMBER_CHARACTER.test(text.charAt(end)) || typeof numberOf(text.slice(start, end)) !== 'number') return true;
      SUSPECT.lastIndex = end;
      suspect = SUSPECT.exec(text);
      continue;
    }
    outside = closingQuote(text, quote) + 1;
    if (suspect.index < outside) {
      SUSPECT.lastIndex = outside;
      suspect = SUSPECT.exec(text);
    }
  }
  return false;
}

/** Returns the range of the number token at `index`. */
function numberAround(text: string, index: number): readonly [start: number, end: number] {
  let start = index;
  while (start > 0 && NUMBER_CHARACTER.test(text.charAt(start - 1))) start -= 1;
  NUMBER.lastIndex = start;
  return [start, start + (NUMBER.exec(text)?.[0].length ?? 0)];
}

/** Returns the offset of the quote that closes the JSON string opened at `quote`; the length of `text` if there is none. */
export function closingQuote(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === 0x5c) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}

/**
 * Serializes a value like JSON.stringify, with all digits of bigints.
 * @param indent spaces for each level; 0 for one line.
 * @throws TypeError for a value that refers to itself or is nested more than 1,000 levels deep.
 */
export function stringifyJson(value: unknown, indent = 0): string | undefined {
  try {
    return JSON.stringify(value, undefined, indent) as string | undefined;
  } catch {
    // Most values have no bigint, so looking for one beforehand would only take time.
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
 * Returns the path of the first whole number in `value` that a double cannot hold exactly, for example
 * `payload.items[3].id`; undefined if there is none.
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

/** Whether a double holds `whole` exactly. A number above the largest double becomes Infinity, which BigInt refuses. */
function isHeldExactly(whole: bigint): boolean {
  const number = Number(whole);
  return Number.isFinite(number) && BigInt(number) === whole;
}

/** Returns the path of a member of the object at `root`. */
export function memberPath(root: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${root}.${name}` : `${root}[${JSON.stringify(name)}]`;
}
