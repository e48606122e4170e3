/**
 * How much work a pattern can make for an engine that tries one way after the other, as the one of ThingWorx's scripts
 * does. Two kinds are found (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991): a loop that can
 * take the same text in two ways, whose ways double with every round, and several loops in a row that can take the same
 * text, which may divide it among them in as many ways as there are places.
 */
import { type Automaton, automatonOf } from './automaton.js';
import { loopComponents } from './components.js';
import { compile } from './program.js';
import type { PatternNode } from './syntax.js';

/** Nodes of searches, in all; a pattern that needs more is not judged. */
const MAX_SEARCH = 200_000;

export interface Ambiguity {
  /**
   * `exponential`: ways double with the length of the text. `lookahead`: a repeat looks far ahead in every round.
   * `unknown`: the search was given up.
   */
  readonly kind: 'bounded' | 'exponential' | 'lookahead' | 'unknown';
  /** Binary logarithm of the number of ways through loops in a row. */
  readonly bits: number;
}

/**
 * @param maxLength of the texts, in characters.
 */
export function ambiguityOf(tree: PatternNode, maxLength: number): Ambiguity {
  const loopBits = Math.log2(maxLength + 1);
  const parts = [tree, ...lookaheadsIn(tree)];
  if (parts.some(repeatsOptional)) return { kind: 'exponential', bits: Infinity };
  if (repeatsLookahead(tree, false)) return { kind: 'lookahead', bits: Infinity };
  const search = new Search();
  let bits = 0;
  for (const part of parts) {
    const exact = automatonOf(compile(coarse(part, loopBits, 'written out')));
    if (loopComponents(exact).some((members) => search.isExponential(exact, members))) {
      return { kind: 'exponential', bits: Infinity };
    }
    const looped = automatonOf(compile(coarse(part, loopBits, 'as loops')));
    bits = Math.max(bits, search.bitsInARow(looped));
    if (search.isGivenUp) return { kind: 'unknown', bits };
  }
  return { kind: 'bounded', bits };
}

function childrenOf(node: PatternNode): readonly PatternNode[] {
  if (node.kind === 'sequence') return node.parts;
  if (node.kind === 'choice') return node.options;
  return node.kind === 'repeat' || node.kind === 'lookahead' ? [node.body] : [];
}

const lookaheadsIn = (node: PatternNode): PatternNode[] => [
  ...(node.kind === 'lookahead' ? [node.body] : []),
  ...childrenOf(node).flatMap(lookaheadsIn),
];

/** Whether a group that may be empty, but need not, repeats: its empty rounds are tried in every combination. */
function repeatsOptional(node: PatternNode): boolean {
  const isRepeated = node.kind === 'repeat' && node.max > 2;
  if (isRepeated && mayBeEmpty(node.body) && sizeOf(node.body) > 0) return true;
  return childrenOf(node).some(repeatsOptional);
}

/** Whether a lookahead that can go far stands inside a repeat. */
function repeatsLookahead(node: PatternNode, isRepeated: boolean): boolean {
  if (node.kind === 'lookahead' && isRepeated && goesFar(node.body)) return true;
  const isInside = isRepeated || (node.kind === 'repeat' && node.max > 1);
  return childrenOf(node).some((child) => repeatsLookahead(child, isInside));
}

const goesFar = (node: PatternNode): boolean =>
  (node.kind === 'repeat' && node.max === Infinity) || sizeOf(node) > MAX_WRITTEN_OUT || childrenOf(node).some(goesFar);

function mayBeEmpty(node: PatternNode): boolean {
  if (node.kind === 'set') return false;
  if (node.kind === 'sequence') return node.parts.every(mayBeEmpty);
  if (node.kind === 'choice') return node.options.some(mayBeEmpty);
  return node.kind === 'repeat' ? node.min === 0 || mayBeEmpty(node.body) : true;
}

/** Positions of a node with its counted repeats written out. */
function sizeOf(node: PatternNode): number {
  if (node.kind === 'set') return 1;
  if (node.kind === 'lookahead') return 0;
  const size = childrenOf(node).reduce((sum, child) => sum + sizeOf(child), 0);
  return node.kind === 'repeat' ? size * Math.max(1, node.max === Infinity ? node.min : node.max) : size;
}

/** Positions of one counted repeat that are written out; a longer one is taken as a loop. */
const MAX_WRITTEN_OUT = 64;
const MAX_OPTIONAL = 2;

/**
 * The tree with its counts made small enough to be searched, and with the work of each loop.
 * @param ranges whether counts that leave a choice are written out, or are loops of their number of choices.
 */
function coarse(node: PatternNode, loopBits: number, ranges: 'written out' | 'as loops'): PatternNode {
  const inner = (child: PatternNode): PatternNode => coarse(child, loopBits, ranges);
  if (node.kind === 'sequence') return { kind: 'sequence', parts: node.parts.map(inner) };
  if (node.kind === 'choice') return { kind: 'choice', options: node.options.map(inner) };
  // What it holds is searched by itself.
  if (node.kind === 'lookahead') return { kind: 'sequence', parts: [] };
  if (node.kind !== 'repeat') return node;
  const { min, max } = node;
  const choices = max - min;
  const isShort =
    sizeOf(node) <= MAX_WRITTEN_OUT && (choices === 0 || (ranges === 'written out' && choices <= MAX_OPTIONAL));
  const body = inner(node.body);
  if (isShort) return { kind: 'repeat', body, min, max };
  const bits = choices === 0 ? 0 : Math.min(loopBits, Math.log2(choices + 1));
  return { kind: 'repeat', body, min: Math.min(min, 1), max: Infinity, loopBits: bits };
}

/** Searches of products of an automaton with itself, bounded in all. */
class Search {
  #left = MAX_SEARCH;

  get isGivenUp(): boolean {
    return this.#left <= 0;
  }

  /** Whether two different ways lead from a position of a loop back to it with the same text. */
  isExponential(automaton: Automaton, members: readonly number[]): boolean {
    return members.some((position) => {
      const start = [position, position] as const;
      const within = (states: readonly number[]): boolean => states.every((state) => members.includes(state));
      const reached = this.#reach(automaton, [start], within);
      const apart = [...reached.values()].filter(([one, two]) => one !== two);
      return apart.length > 0 && this.#reach(automaton, apart, within).has(keyOf(start));
    });
  }

  /** The most work of loops in a row, each of which can take what the one before it has taken. */
  bitsInARow(automaton: Automaton): number {
    const { positions } = automaton;
    const loops = loopComponents(automaton)
      .map((members) => members.filter((member) => !positions[member]?.isLast))
      .filter((members) => members.length > 0);
    const bits = loops.map((members) => Math.max(...members.map((member) => positions[member]?.loopBits ?? 0)));
    const best = [...bits];
    // Components come in topological order: a loop is after all that lead to it.
    loops.forEach((later, index) => {
      loops.slice(0, index).forEach((earlier, before) => {
        if (this.#areAmbiguous(automaton, earlier, later)) {
          best[index] = Math.max(best[index] ?? 0, (best[before] ?? 0) + (bits[index] ?? 0));
        } else if (this.#leadsTo(automaton, earlier, later)) {
          best[index] = Math.max(best[index] ?? 0, best[before] ?? 0);
        }
      });
    });
    return Math.max(0, ...best);
  }

  #leadsTo(automaton: Automaton, earlier: readonly number[], later: readonly number[]): boolean {
    const start = earlier.map((position) => [position]);
    const reached = this.#reach(automaton, start, () => true);
    return later.some((position) => reached.has(keyOf([position])));
  }

  /** Whether one text leads from a position of the one loop to itself, to one of the other, and from there to itself. */
  #areAmbiguous(automaton: Automaton, earlier: readonly number[], later: readonly number[]): boolean {
    const within = ([one, , three]: readonly number[]): boolean =>
      earlier.includes(one ?? -1) && later.includes(three ?? -1);
    return earlier.some((from) =>
      later.some((to) => this.#reach(automaton, [[from, from, to]], within).has(keyOf([from, to, to]))),
    );
  }

  /** All tuples of positions to which one text leads from those of the start, at least one character on. */
  #reach(
    { positions }: Automaton,
    start: readonly (readonly number[])[],
    isWanted: (states: readonly number[]) => boolean,
  ): Map<string, readonly number[]> {
    const reached = new Map<string, readonly number[]>();
    const open = [...start];
    for (let states = open.pop(); states && !this.isGivenUp; states = open.pop()) {
      for (const next of combinations(states.map((state) => positions[state]?.follow ?? []))) {
        this.#left -= 1;
        const key = keyOf(next);
        if (reached.has(key) || !isWanted(next)) continue;
        if (next.reduce((classes, state) => classes & (positions[state]?.classes ?? 0n), -1n) === 0n) continue;
        reached.set(key, next);
        open.push(next);
      }
    }
    return reached;
  }
}

const keyOf = (states: readonly number[]): string => states.join(' ');

const combinations = (lists: readonly (readonly number[])[]): number[][] =>
  lists.reduce<number[][]>((made, list) => made.flatMap((head) => list.map((last) => [...head, last])), [[]]);
