import type { BindBody } from '../../../alwayson/codec/message.js';
import type { PlatformThing } from '../model/thing.js';
import type { Things } from '../model/things.js';
import type { Edge } from './edge.js';

/** Who keeps a Thing that two connections bind (PTC help, WebSocket communications subsystem). */
export type BindPolicy = 'first-in-wins' | 'last-in-wins';

export interface Bound {
  readonly edge: Edge;
  /** As the edge wrote it; requests to it carry the same text. */
  readonly boundName: string;
}

/** Which edge has which Thing. */
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

  /** Binds all names or none; gives the Things, or why not. An unknown name is left unbound, as a platform does. */
  bind(edge: Edge, { names }: BindBody): { readonly things: readonly PlatformThing[] } | { readonly refusal: string } {
    const wanted = names.map((name) => ({ name, thing: this.#things.bindable(name) }));
    const taken = wanted.find(({ thing }) => thing && this.#isTaken(thing, edge));
    if (taken) return { refusal: `Thing [${taken.name}] is bound by another connection` };
    const disabled = wanted.find(({ thing }) => thing?.isEnabled === false);
    if (disabled) return { refusal: `Thing [${disabled.name}] is not enabled` };
    const things: PlatformThing[] = [];
    for (const { name, thing } of wanted) {
      if (!thing) continue;
      this.#bound.get(thing)?.edge.names.delete(name);
      this.#bound.set(thing, { edge, boundName: name });
      edge.names.add(name);
      things.push(thing);
    }
    return { things };
  }

  unbind(edge: Edge, names: Iterable<string>): PlatformThing[] {
    const things: PlatformThing[] = [];
    for (const name of names) {
      const thing = this.#things.bindable(name);
      edge.names.delete(name);
      if (!thing || this.#bound.get(thing)?.edge !== edge) continue;
      this.#bound.delete(thing);
      things.push(thing);
    }
    return things;
  }

  #isTaken(thing: PlatformThing, edge: Edge): boolean {
    const holder = this.#bound.get(thing)?.edge;
    return this.#policy === 'first-in-wins' && holder !== undefined && holder !== edge && holder.isOpen;
  }
}
