import { runInNewContext } from 'node:vm';
import { holds, WORD } from './character-set.js';
import { compile, type Program, type Step } from './program.js';
import { parsePattern } from './syntax.js';

/** The result of matching a string; `tooCostly` if the match was abandoned. */
export type Verdict = 'match' | 'noMatch' | 'tooCostly';

/** A compiled pattern. */
export type PatternMatcher = (text: string) => Verdict;

/** Maximum number of automaton steps for one text: tens of milliseconds in the worst case, microseconds usually. */
export const DEFAULT_WORK = 1_000_000;

/**
 * Creates a matcher whose work is linear in the length of the text for any pattern: it follows all paths through the
 * pattern at once, whereas `RegExp` tries one after the other, of which there may be exponentially many. The result is that
 * of `RegExp` without flags.
 * @param maxWork steps after which `RegExp` is tried for a short time instead; only large counts get close to it.
 * @throws PatternError for patterns that the check of descriptions refuses.
 */
export function patternMatcher(source: string, maxWork = DEFAULT_WORK): PatternMatcher {
  const program = compile(parsePattern(source));
  return (text) => {
    const run = new Run(text, maxWork);
    const isMatch = run.find(program, 0, 'anywhere');
    return run.isGivenUp ? verdictInTime(source, text) : isMatch ? 'match' : 'noMatch';
  };
}

/** Time limit of `RegExp` for a string that exceeds `maxWork`. */
const REGEXP_TIMEOUT_MS = 100;

/**
 * The result of `RegExp`, if it ends in time. It is faster than following all paths if one of the first leads to a result,
 * for example with large counts.
 */
function verdictInTime(source: string, text: string): Verdict {
  try {
    const isMatch: unknown = runInNewContext(
      'pattern.test(text)',
      { pattern: new RegExp(source), text },
      { timeout: REGEXP_TIMEOUT_MS },
    );
    return isMatch === true ? 'match' : 'noMatch';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'tooCostly';
    throw error;
  }
}

/** Creates a matcher that compiles the pattern on first use. */
export function lazyPatternMatcher(source: string): PatternMatcher {
  let matcher: PatternMatcher | undefined;
  return (text) => (matcher ??= patternMatcher(source))(text);
}

/** The match of one text. */
class Run {
  readonly #text: string;
  #work: number;
  /** Results of lookaheads by step and place. */
  readonly #looks = new Map<Step, Map<number, boolean>>();

  constructor(text: string, maxWork: number) {
    this.#text = text;
    this.#work = maxWork;
  }

  get isGivenUp(): boolean {
    return this.#work < 0;
  }

  find({ steps, start }: Program, from: number, where: 'anywhere' | 'here'): boolean {
    this.#work -= steps.length >> 6;
    const seenAt = new Int32Array(steps.length).fill(-1);
    const first = steps[start];
    const isFixed = where === 'here' || (first?.op === 'assert' && first.what === 'start');
    let states: number[] = [];
    for (let at = from; !this.isGivenUp; at += 1) {
      const begin = at === from || !isFixed ? [start] : [];
      const waiting = this.#follow(steps, [...begin, ...states], at, seenAt);
      if (waiting === 'match') return true;
      if (at >= this.#text.length || (waiting.length === 0 && isFixed)) return false;
      states = this.#consume(steps, waiting, this.#text.charCodeAt(at));
    }
    return false;
  }

  /** Follows all steps that consume no character; returns the sets that wait for one. */
  #follow(steps: readonly Step[], open: number[], at: number, seenAt: Int32Array): number[] | 'match' {
    const waiting: number[] = [];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seenAt[index] === at) continue;
      seenAt[index] = at;
      this.#work -= 1;
      if (this.isGivenUp) return [];
      const step = steps[index] as Step;
      if (step.op === 'match') return 'match';
      if (step.op === 'set') waiting.push(index);
      else if (step.op === 'either') open.push(step.other, step.next);
      else if (this.#holdsAt(step, at)) open.push(step.next);
    }
    return waiting;
  }

  #consume(steps: readonly Step[], waiting: readonly number[], unit: number): number[] {
    const states: number[] = [];
    for (const index of waiting) {
      const step = steps[index];
      if (step?.op === 'set' && holds(step.set, unit)) states.push(step.next);
    }
    return states;
  }

  #holdsAt(step: Extract<Step, { op: 'assert' | 'look' }>, at: number): boolean {
    if (step.op === 'look') return this.#look(step, at);
    if (step.what === 'start') return at === 0;
    if (step.what === 'end') return at === this.#text.length;
    const isBoundary = this.#isWordAt(at - 1) !== this.#isWordAt(at);
    return isBoundary === (step.what === 'boundary');
  }

  #isWordAt(at: number): boolean {
    return at >= 0 && at < this.#text.length && holds(WORD, this.#text.charCodeAt(at));
  }

  #look(step: Extract<Step, { op: 'look' }>, at: number): boolean {
    const known = this.#looks.get(step) ?? new Map<number, boolean>();
    this.#looks.set(step, known);
    const found = known.get(at) ?? this.find(step.program, at, 'here');
    known.set(at, found);
    return found !== step.isNegated;
  }
}
