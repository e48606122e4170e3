/** A part of a string, from `start` up to but not including `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A string with its escapes resolved, and the start of each of its characters in the original, with one entry for the end. */
interface Unescaped {
  readonly text: string;
  readonly starts: readonly number[];
}

/** A string is escaped once more by each program that quotes it; more than three times does not occur in practice. */
const MAX_DEPTH = 3;

const JSON_ESCAPE = String.raw`\\u(?<unit>[\da-f]{4})|\\x(?<byte>[\da-f]{2})|\\(?<plain>.)`;
const URL_ESCAPE = String.raw`%(?<percent>[\da-f]{2})`;
const XML_ESCAPE = String.raw`&#x0{0,6}(?<hex>[\da-f]{2,4});|&#0{0,6}(?<decimal>\d{2,5});|&(?<entity>amp|lt|gt|quot|apos);`;

/**
 * All kinds of escapes together, for texts that passed through several programs; and each kind alone, for texts whose
 * own characters look like an escape of another kind.
 */
const KINDS = [`${JSON_ESCAPE}|${URL_ESCAPE}|${XML_ESCAPE}`, JSON_ESCAPE, URL_ESCAPE, XML_ESCAPE].map(
  (source) => new RegExp(source, 'gi'),
);

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Finds the occurrences of `literals` in `text` with any of their characters escaped, up to three times over. Occurrences
 * without escapes are not returned.
 */
export function findEscaped(text: string, literals: readonly string[]): Range[] {
  return /[\\%&]/.test(text) ? KINDS.flatMap((kind) => findOfKind(text, literals, kind)) : [];
}

function findOfKind(text: string, literals: readonly string[], kind: RegExp): Range[] {
  const found: Range[] = [];
  let level = unescape(text, kind);
  for (let depth = 1; level && depth <= MAX_DEPTH; depth += 1) {
    for (const literal of literals) found.push(...occurrences(level, literal));
    level = unescape(level.text, kind, level.starts);
  }
  return found;
}

/** Resolves one level of escapes; returns undefined if there are none. */
function unescape(text: string, kind: RegExp, outer?: readonly number[]): Unescaped | undefined {
  const starts: number[] = [];
  const parts: string[] = [];
  let done = 0;
  const append = (part: string, from: number, step: 0 | 1): void => {
    parts.push(part);
    for (let unit = 0; unit < part.length; unit += 1) {
      const at = from + unit * step;
      starts.push(outer?.[at] ?? at);
    }
  };
  for (const match of text.matchAll(kind)) {
    append(text.slice(done, match.index), done, 1);
    append(characterOf(match), match.index, 0);
    done = match.index + match[0].length;
  }
  if (done === 0) return undefined;
  append(text.slice(done), done, 1);
  starts.push(outer?.[text.length] ?? text.length);
  return { text: parts.join(''), starts };
}

function characterOf({ groups = {} }: RegExpMatchArray): string {
  const { unit, byte, plain, percent, hex, decimal, entity } = groups as Partial<Record<string, string>>;
  if (plain !== undefined) return plain;
  if (entity !== undefined) return ENTITIES[entity.toLowerCase()] ?? '';
  const code = decimal === undefined ? Number.parseInt(unit ?? byte ?? percent ?? hex ?? '0', 16) : Number(decimal);
  return String.fromCodePoint(code);
}

function* occurrences({ text, starts }: Unescaped, literal: string): Generator<Range> {
  for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) {
    yield { start: starts[at] ?? 0, end: starts[at + literal.length] ?? 0 };
  }
}
