/**
 * How much work a pattern can cause in a backtracking engine, such as that of ThingWorx scripts. Two kinds are detected
 * (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991): a loop that can consume the same text in two
 * ways, so that the number of paths doubles with every round, and consecutive loops that can consume the same text, which
 * can be divided among them at any character.
 */
import { type Automaton, automatonOf } from './automaton.js';
import { compile } from './program.js';
import type { PatternNode } from './syntax.js';

/** Maximum number of nodes of all searches; a pattern that needs more is not classified. */
const MAX_SEARCH = 200_000;

export interface Ambiguity {
  /**
   * `exponential`: the number of paths doubles with the length of the text. `lookahead`: a repeat looks far ahead in every
   * round. `unknown`: the search was abandoned.
   */
  readonly kind: 'bounded' | 'exponential' | 'lookahead' | 'unknown';
  /** Binary logarithm of the number of paths through consecutive loops. */
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

/** Whether a group that may be empty repeats; a backtracking engine tries every combination of empty rounds. */
function repeatsOptional(node: PatternNode): boolean {
  const isRepeated = node.kind === 'repeat' && node.max > 2;
  if (isRepeated && mayBeEmpty(node.body) && sizeOf(node.body) > 0) return true;
  return childrenOf(node).some(repeatsOptional);
}

/** Whether a repeat contains a lookahead that can go far. */
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

/** The number of positions of a node with counted repeats expanded. */
function sizeOf(node: PatternNode): number {
  if (node.kind === 'set') return 1;
  if (node.kind === 'lookahead') return 0;
  const size = childrenOf(node).reduce((sum, child) => sum + sizeOf(child), 0);
  return node.kind === 'repeat' ? size * Math.max(1, node.max === Infinity ? node.min : node.max) : size;
}

/** Maximum number of positions of an expanded counted repeat; a longer one is treated as a loop. */
const MAX_WRITTEN_OUT = 64;
const MAX_OPTIONAL = 2;

/**
 * The tree with its counts reduced so that it can be searched, and with the work of each loop.
 * @param ranges whether counts with a choice are expanded, or become loops with that number of choices.
 */
function coarse(node: PatternNode, loopBits: number, ranges: 'written out' | 'as loops'): PatternNode {
  const inner = (child: PatternNode): PatternNode => coarse(child, loopBits, ranges);
  if (node.kind === 'sequence') return { kind: 'sequence', parts: node.parts.map(inner) };
  if (node.kind === 'choice') return { kind: 'choice', options: node.options.map(inner) };
  // The body of a lookahead is searched separately.
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

/** Searches products of an automaton with itself, within a total bound. */
class Search {
  #left = MAX_SEARCH;

  get isGivenUp(): boolean {
    return this.#left <= 0;
  }

  /** Whether two different paths with the same text lead from a position of a loop back to it. */
  isExponential(automaton: Automaton, members: readonly number[]): boolean {
    return members.some((position) => {
      const start = [position, position] as const;
      const within = (states: readonly number[]): boolean => states.every((state) => members.includes(state));
      const reached = this.#reach(automaton, [start], within);
      const apart = [...reached.values()].filter(([one, two]) => one !== two);
      return apart.length > 0 && this.#reach(automaton, apart, within).has(keyOf(start));
    });
  }

  /** The maximum work of consecutive loops, each of which can consume what the previous one consumed. */
  bitsInARow(automaton: Automaton): number {
    const { positions } = automaton;
    const loops = loopComponents(automaton)
      .map((members) => members.filter((member) => !positions[member]?.isLast))
      .filter((members) => members.length > 0);
    const bits = loops.map((members) => Math.max(...members.map((member) => positions[member]?.loopBits ?? 0)));
    const best = [...bits];
    // Components are in topological order: a loop comes after all that lead to it.
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

  /** Whether one text leads from a position of one loop to itself, to a position of the other, and from there to itself. */
  #areAmbiguous(automaton: Automaton, earlier: readonly number[], later: readonly number[]): boolean {
    const within = ([one, , three]: readonly number[]): boolean =>
      earlier.includes(one ?? -1) && later.includes(three ?? -1);
    return earlier.some((from) =>
      later.some((to) => this.#reach(automaton, [[from, from, to]], within).has(keyOf([from, to, to]))),
    );
  }

  /** All tuples of positions to which a string of at least one character leads from the start. */
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

/** The state of a position in Tarjan's depth-first search. */
interface Visit {
  readonly order: number;
  low: number;
  isOnStack: boolean;
}

/** The loops of an automaton: its strongly connected components that contain a cycle, in topological order. */
function loopComponents({ positions, first }: Automaton): readonly (readonly number[])[] {
  const visits = new Map<number, Visit>();
  const stack: number[] = [];
  const components: number[][] = [];
  const visit = (position: number): Visit => {
    const own: Visit = { order: visits.size, low: visits.size, isOnStack: true };
    visits.set(position, own);
    stack.push(position);
    for (const next of positions[position]?.follow ?? []) {
      const known = visits.get(next);
      if (!known) own.low = Math.min(own.low, visit(next).low);
      else if (known.isOnStack) own.low = Math.min(own.low, known.order);
    }
    if (own.low === own.order) components.unshift(componentFrom(position));
    return own;
  };
  const componentFrom = (root: number): number[] => {
    const members = stack.splice(stack.indexOf(root));
    for (const member of members) (visits.get(member) as Visit).isOnStack = false;
    return members;
  };
  for (const position of first) if (!visits.has(position)) visit(position);
  return components.filter(([one = -1, ...others]) => others.length > 0 || positions[one]?.follow.includes(one));
}
