import { ANY, type CharacterSet, complementOf, DIGITS, setOf, single, SPACE, unionOf, WORD } from './character-set.js';
import { PatternError } from './pattern-error.js';

interface ReadSet {
  readonly set: CharacterSet;
  /** Where the pattern goes on. */
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
  if (/[1-9]/.test(letter)) throw new PatternError('uses a back reference, whose work cannot be bounded');
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
