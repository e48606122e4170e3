import type { CharacterSet } from './character-set.js';
import type { Program, Step } from './program.js';

/** A position in a pattern at which a character is consumed. */
export interface Position {
  /** The characters that it accepts, as bits of the classes into which the sets of the pattern divide all characters. */
  readonly classes: bigint;
  /** Positions that may consume the next character. */
  readonly follow: readonly number[];
  /** Whether the pattern matches once this position has consumed its character, whatever follows. */
  readonly isLast: boolean;
  readonly loopBits: number;
}

/** The positions of a pattern; lookaheads and other assertions are ignored, as if they always held. */
export interface Automaton {
  readonly positions: readonly Position[];
  readonly first: readonly number[];
}

type SetStep = Extract<Step, { op: 'set' }>;

export function automatonOf({ steps, start }: Program): Automaton {
  const indexes = steps.flatMap((step, index) => (step.op === 'set' ? [index] : []));
  const sets = indexes.map((index) => steps[index] as SetStep);
  const numberOf = new Map(indexes.map((index, position) => [index, position]));
  const boundaries = boundariesOf(sets.map(({ set }) => set));
  const follow = (from: number): readonly number[] =>
    waitingAfter(steps, from).flatMap((index) => numberOf.get(index) ?? []);
  return {
    first: follow(start),
    positions: sets.map(({ set, next, loopBits }) => ({
      classes: classBits(set, boundaries),
      follow: follow(next),
      isLast: matchesAfter(steps, next),
      loopBits,
    })),
  };
}

/** First code units of the classes. */
const boundariesOf = (sets: readonly CharacterSet[]): readonly number[] =>
  [...new Set(sets.flatMap(({ ranges }) => ranges.flatMap(([first, last]) => [first, last + 1])))].sort(
    (a, b) => a - b,
  );

function classBits({ ranges }: CharacterSet, boundaries: readonly number[]): bigint {
  let bits = 0n;
  boundaries.forEach((unit, index) => {
    if (ranges.some(([first, last]) => first <= unit && unit <= last)) bits |= 1n << BigInt(index);
  });
  return bits;
}

/** The sets that wait for a character after a step. */
function waitingAfter(steps: readonly Step[], from: number): number[] {
  return walk(steps, from, () => true).filter((index) => steps[index]?.op === 'set');
}

/** Whether the end of the pattern is reached from a step without a condition. */
const matchesAfter = (steps: readonly Step[], from: number): boolean =>
  walk(steps, from, ({ op }) => op === 'either').some((index) => steps[index]?.op === 'match');

function walk(steps: readonly Step[], from: number, isPassable: (step: Step) => boolean): number[] {
  const seen = new Set<number>();
  const open = [from];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const step = steps[index];
    if (!step || seen.has(index)) continue;
    seen.add(index);
    if (step.op === 'set' || step.op === 'match' || !isPassable(step)) continue;
    open.push(step.next, ...(step.op === 'either' ? [step.other] : []));
  }
  return [...seen];
}
