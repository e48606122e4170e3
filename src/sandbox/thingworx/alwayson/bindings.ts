import type { PlatformThing } from '../model/thing.js';
import type { Things } from '../model/things.js';
import type { Edge } from './edge.js';

/** Which of two connections that bind the same Thing keeps it (PTC help, WebSocket Communications Subsystem). */
export type BindPolicy = 'first-in-wins' | 'last-in-wins';

export interface Bound {
  readonly edge: Edge;
  /** The name as the edge sent it; requests to the edge use the same text. */
  readonly boundName: string;
}

/** The assignment of Things to edges. */
export class Bindings {
  readonly #things: Things;
  readonly #policy: BindPolicy;
  readonly #bound = new Map<PlatformThing, Bound>();

  constructor(things: Things, policy: BindPolicy) {
    this.#things = things;
    this.#policy = policy;
  }

  of(thing: PlatformThing): Bound | undefined {
    return this.#bound.get(thing);
  }

  /**
   * Binds all names or none; returns the Things, or the reason for a refusal. A name without a Thing waits until one
   * exists.
   */
  bind(
    edge: Edge,
    names: readonly string[],
  ): { readonly things: readonly PlatformThing[] } | { readonly refusal: string } {
    const wanted = names.map((name) => ({ name, thing: this.#things.bindable(name) }));
    const taken = wanted.find(({ thing }) => thing && this.#isTaken(thing, edge));
    if (taken) return { refusal: `Thing [${taken.name}] is bound by another connection` };
    const disabled = wanted.find(({ thing }) => thing?.isEnabled === false);
    if (disabled) return { refusal: `Thing [${disabled.name}] is not enabled` };
    const things: PlatformThing[] = [];
    for (const { name, thing } of wanted) {
      if (!thing) edge.waitingNames.add(name);
      else things.push(this.#take(edge, name, thing));
    }
    return { things };
  }

  /**
   * Binds a Thing that was created, enabled or renamed to the edge that waits for it; returns whether there is such an
   * edge.
   */
  adopt(thing: PlatformThing, edges: Iterable<Edge>): boolean {
    if (this.#bound.get(thing)?.edge.isOpen || !thing.isEnabled) return false;
    for (const edge of edges) {
      const name = [...edge.waitingNames].find((waiting) => this.#things.bindable(waiting) === thing);
      if (name === undefined || !edge.isOpen) continue;
      this.#take(edge, name, thing);
      return true;
    }
    return false;
  }

  /** Unbinds a Thing from its edge. The edge's name for it waits, so that it is bound again once the Thing is back. */
  release(thing: PlatformThing): void {
    const bound = this.#bound.get(thing);
    if (!bound) return;
    this.#bound.delete(thing);
    bound.edge.names.delete(bound.boundName);
    bound.edge.waitingNames.add(bound.boundName);
  }

  unbind(edge: Edge, names: Iterable<string>): PlatformThing[] {
    const things: PlatformThing[] = [];
    for (const name of names) {
      const thing = this.#things.bindable(name);
      edge.names.delete(name);
      edge.waitingNames.delete(name);
      if (!thing || this.#bound.get(thing)?.edge !== edge) continue;
      this.#bound.delete(thing);
      things.push(thing);
    }
    return things;
  }

  #take(edge: Edge, boundName: string, thing: PlatformThing): PlatformThing {
    const before = this.#bound.get(thing);
    before?.edge.names.delete(before.boundName);
    this.#bound.set(thing, { edge, boundName });
    edge.waitingNames.delete(boundName);
    edge.names.add(boundName);
    return thing;
  }

  #isTaken(thing: PlatformThing, edge: Edge): boolean {
    const holder = this.#bound.get(thing)?.edge;
    return this.#policy === 'first-in-wins' && holder !== undefined && holder !== edge && holder.isOpen;
  }
}
