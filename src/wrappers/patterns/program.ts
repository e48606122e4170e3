import type { CharacterSet } from './character-set.js';
import { PatternError, type PatternNode } from './syntax.js';

/** One step of a pattern that was compiled into a non-deterministic automaton; `next` are indexes of other steps. */
export type Step =
  | { readonly op: 'set'; readonly set: CharacterSet; readonly next: number; readonly loopBits: number }
  | { readonly op: 'either'; next: number; readonly other: number }
  | { readonly op: 'assert'; readonly what: 'start' | 'end' | 'boundary' | 'noBoundary'; readonly next: number }
  | { readonly op: 'look'; readonly program: Program; readonly isNegated: boolean; readonly next: number }
  | { readonly op: 'match' };

export interface Program {
  readonly steps: readonly Step[];
  readonly start: number;
}

/** Maximum number of steps of a program, excluding lookaheads; counted repeats are expanded. */
export const MAX_STEPS = 20_000;

/** @throws PatternError if the expanded pattern has more than `MAX_STEPS` steps. */
export function compile(tree: PatternNode): Program {
  const steps: Step[] = [];
  const add = (step: Step): number => {
    if (steps.length >= MAX_STEPS)
      throw new PatternError(`has too many repeats: expanded, it has more than ${MAX_STEPS} steps`);
    return steps.push(step) - 1;
  };
  const emit = new Emitter(add, (index, next) => {
    const step = steps[index];
    if (step?.op === 'either') step.next = next;
  });
  const match = add({ op: 'match' });
  return { steps, start: emit.node(tree, match, 0) };
}

/** Emits steps from the end of a pattern to its beginning, so that the step that follows a node is known. */
class Emitter {
  readonly #add: (step: Step) => number;
  readonly #link: (index: number, next: number) => void;
  /** One program for each lookahead, however often a repeat expands it. */
  readonly #looks = new Map<PatternNode, Program>();

  constructor(add: (step: Step) => number, link: (index: number, next: number) => void) {
    this.#add = add;
    this.#link = link;
  }

  node(node: PatternNode, next: number, loopBits: number): number {
    switch (node.kind) {
      case 'set':
        return this.#add({ op: 'set', set: node.set, next, loopBits });
      case 'sequence':
        return node.parts.reduceRight((after, part) => this.node(part, after, loopBits), next);
      case 'choice':
        return node.options
          .map((option) => this.node(option, next, loopBits))
          .reduceRight((other, option) => this.#add({ op: 'either', next: option, other }));
      case 'assertion':
        return this.#add({ op: 'assert', what: node.what, next });
      case 'lookahead':
        return this.#add({ op: 'look', program: this.#lookProgram(node.body), isNegated: node.isNegated, next });
      case 'repeat':
        return this.#repeat(node, next, loopBits);
    }
  }

  #lookProgram(body: PatternNode): Program {
    const program = this.#looks.get(body) ?? compile(body);
    this.#looks.set(body, program);
    return program;
  }

  #repeat({ body, min, max, loopBits: ownBits = 0 }: RepeatNode, next: number, outerBits: number): number {
    const loopBits = Math.max(ownBits, outerBits);
    let first = next;
    if (max === Infinity) {
      first = this.#add({ op: 'either', next, other: next });
      this.#link(first, this.node(body, first, loopBits));
    } else {
      for (let count = min; count < max; count += 1) {
        first = this.#add({ op: 'either', next: this.node(body, first, loopBits), other: next });
      }
    }
    for (let count = 0; count < min; count += 1) {
      const after = first;
      first = this.node(body, after, loopBits);
      // An empty body adds no steps, so this is what ends a huge count of it.
      if (first === after) break;
    }
    return first;
  }
}

type RepeatNode = Extract<PatternNode, { kind: 'repeat' }>;
