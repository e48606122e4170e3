/** Sets of UTF-16 code units, the characters that patterns without the flag `u` match. */

/** First and last code unit, inclusive. */
export type Range = readonly [first: number, last: number];

const MAX_UNIT = 0xffff;

/** Sorted ranges that neither overlap nor touch. */
export interface CharacterSet {
  readonly ranges: readonly Range[];
}

/** Creates a set from ranges in any order. */
export function setOf(ranges: readonly Range[]): CharacterSet {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return { ranges: merged };
}

export const single = (unit: number): CharacterSet => ({ ranges: [[unit, unit]] });

export const unionOf = (sets: readonly CharacterSet[]): CharacterSet => setOf(sets.flatMap(({ ranges }) => ranges));

/** All code units that are not in the set. */
export function complementOf({ ranges }: CharacterSet): CharacterSet {
  const gaps: Range[] = [];
  let next = 0;
  for (const [first, last] of ranges) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= MAX_UNIT) gaps.push([next, MAX_UNIT]);
  return { ranges: gaps };
}

/** Whether the set contains a code unit; sets of patterns have few ranges. */
export function holds({ ranges }: CharacterSet, unit: number): boolean {
  for (const [first, last] of ranges) {
    if (unit < first) return false;
    if (unit <= last) return true;
  }
  return false;
}

export const ANY: CharacterSet = { ranges: [[0, MAX_UNIT]] };
export const DIGITS: CharacterSet = { ranges: [[0x30, 0x39]] };
export const WORD: CharacterSet = setOf([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);
/** WhiteSpace and LineTerminator of ECMA-262. */
export const SPACE: CharacterSet = setOf([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);
/** The set that `.` matches: everything except line terminators. */
export const NOT_LINE_END: CharacterSet = complementOf(
  setOf([
    [0x0a, 0x0a],
    [0x0d, 0x0d],
    [0x2028, 0x2029],
  ]),
);
