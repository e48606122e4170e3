/**
 * Parses a pattern of ECMAScript 5 into a tree. Only patterns that `RegExp` accepts both with and without the flag `u`
 * are parsed here, so the lenient notations of Annex B do not occur.
 */
import {
  type CharacterSet,
  NOT_LINE_END,
  single,
  ANY,
  complementOf,
  DIGITS,
  setOf,
  SPACE,
  unionOf,
  WORD,
} from './character-set.js';

export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  /** `max` is Infinity for an open repeat; `loopBits` is set by the analysis alone (ambiguity.ts). */
  | {
      readonly kind: 'repeat';
      readonly body: PatternNode;
      readonly min: number;
      readonly max: number;
      readonly loopBits?: number;
    }
  | { readonly kind: 'assertion'; readonly what: 'start' | 'end' | 'boundary' | 'noBoundary' }
  | { readonly kind: 'lookahead'; readonly body: PatternNode; readonly isNegated: boolean };

/** Maximum nesting of groups. */
const MAX_DEPTH = 50;

/** @throws PatternError for a back reference, or a notation that ECMAScript 5 does not have. */
export function parsePattern(source: string): PatternNode {
  const reader = new PatternReader(source);
  const tree = reader.readChoice(0);
  if (!reader.isAtEnd) throw new PatternError('is not a regular expression');
  return tree;
}

class PatternReader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length;
  }

  readChoice(depth: number): PatternNode {
    if (depth > MAX_DEPTH) throw new PatternError(`nests groups more than ${MAX_DEPTH} levels deep`);
    const options = [this.#readSequence(depth)];
    while (this.#take('|')) options.push(this.#readSequence(depth));
    const [only] = options;
    return options.length === 1 && only ? only : { kind: 'choice', options };
  }

  #readSequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.isAtEnd && !/[|)]/.test(this.#next)) parts.push(this.#readRepeated(depth));
    return { kind: 'sequence', parts };
  }

  #readRepeated(depth: number): PatternNode {
    const body = this.#readAtom(depth);
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.#source.slice(this.#at));
    if (!found) return body;
    this.#at += found[0].length;
    const [, sign, from = '0', comma, to = ''] = found;
    if (sign !== undefined)
      return { kind: 'repeat', body, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity };
    const min = Number(from);
    return { kind: 'repeat', body, min, max: comma === '' ? min : to === '' ? Infinity : Number(to) };
  }

  #readAtom(depth: number): PatternNode {
    if (this.#take('(')) return this.#readGroup(depth);
    if (this.#take('^')) return { kind: 'assertion', what: 'start' };
    if (this.#take('$')) return { kind: 'assertion', what: 'end' };
    if (this.#take(String.raw`\b`)) return { kind: 'assertion', what: 'boundary' };
    if (this.#take(String.raw`\B`)) return { kind: 'assertion', what: 'noBoundary' };
    if (this.#take('.')) return { kind: 'set', set: NOT_LINE_END };
    if (this.#next === '[') return this.#readSet(readClass);
    if (this.#next === '\\') return this.#readSet(readEscape);
    const unit = this.#source.charCodeAt(this.#at);
    this.#at += 1;
    return { kind: 'set', set: single(unit) };
  }

  #readSet(read: (source: string, at: number) => { readonly set: CharacterSet; readonly end: number }): PatternNode {
    const { set, end } = read(this.#source, this.#at);
    this.#at = end;
    return { kind: 'set', set };
  }

  #readGroup(depth: number): PatternNode {
    const isLookahead = this.#take('?=');
    const isNegated = !isLookahead && this.#take('?!');
    if (!isLookahead && !isNegated && !this.#take('?:') && this.#next === '?') {
      throw new PatternError('uses a notation that ThingWorx scripts do not support');
    }
    const body = this.readChoice(depth + 1);
    if (!this.#take(')')) throw new PatternError('is not a regular expression');
    return isLookahead || isNegated ? { kind: 'lookahead', body, isNegated } : body;
  }

  get #next(): string {
    return this.#source.charAt(this.#at);
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

interface ReadSet {
  readonly set: CharacterSet;
  /** Index after the set. */
  readonly end: number;
}

const CLASSES: Readonly<Record<string, CharacterSet>> = {
  d: DIGITS,
  D: complementOf(DIGITS),
  s: SPACE,
  S: complementOf(SPACE),
  w: WORD,
  W: complementOf(WORD),
};

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };

/** Reads the escape that begins at `at`. @throws PatternError for a back reference. */
export function readEscape(source: string, at: number): ReadSet {
  const letter = source.charAt(at + 1);
  const known = CLASSES[letter];
  if (known) return { set: known, end: at + 2 };
  if (/[1-9]/.test(letter))
    throw new PatternError('uses a back reference, for which the time to match cannot be limited');
  const code = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(source.slice(at + 1, at + 6));
  if (code) return { set: single(Number.parseInt(code[1] ?? code[2] ?? '', 16)), end: at + 1 + code[0].length };
  if (letter === 'c') return { set: single(source.charCodeAt(at + 2) % 32), end: at + 3 };
  return { set: single(CONTROLS[letter] ?? source.charCodeAt(at + 1)), end: at + 2 };
}

/** Reads the class that begins with the `[` at `at`. */
export function readClass(source: string, at: number): ReadSet {
  const isNegated = source.charAt(at + 1) === '^';
  const sets: CharacterSet[] = [];
  let next = at + (isNegated ? 2 : 1);
  while (next < source.length && source.charAt(next) !== ']') {
    const from = readMember(source, next);
    next = from.end;
    if (source.charAt(next) === '-' && source.charAt(next + 1) !== ']') {
      const to = readMember(source, next + 1);
      next = to.end;
      sets.push(setOf([[from.set.ranges[0]?.[0] ?? 0, to.set.ranges[0]?.[0] ?? 0]]));
    } else {
      sets.push(from.set);
    }
  }
  const union = unionOf(sets);
  return { set: isNegated ? (sets.length === 0 ? ANY : complementOf(union)) : union, end: next + 1 };
}

function readMember(source: string, at: number): ReadSet {
  if (source.charAt(at) !== '\\') return { set: single(source.charCodeAt(at)), end: at + 1 };
  return source.charAt(at + 1) === 'b' ? { set: single(8), end: at + 2 } : readEscape(source, at);
}

/** Thrown for a pattern that is refused. The message completes "the pattern ...". */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}
