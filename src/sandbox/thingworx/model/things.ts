import { Entities } from './entities.js';
import type { PlatformThing } from './thing.js';

/** The Things of the local platform, by name (case-insensitive, as ThingWorx compares names) and by identifier. */
export class Things {
  /** The entities that Things derive from. */
  readonly entities = new Entities();
  readonly #things = new Map<string, PlatformThing>();

  get(name: string): PlatformThing | undefined {
    return this.#things.get(name.toLowerCase());
  }

  /**
   * Finds the Thing that an edge binds by its name, or by `*` and its identifier. A Thing with an identifier can only be
   * bound by that identifier.
   */
  bindable(boundName: string): PlatformThing | undefined {
    if (!boundName.startsWith('*')) {
      const thing = this.get(boundName);
      return thing?.identifier === '' ? thing : undefined;
    }
    const identifier = boundName.slice(1);
    return this.list().find((thing) => thing.identifier !== '' && thing.identifier === identifier);
  }

  /** Adds or replaces. */
  put(thing: PlatformThing): void {
    this.#things.set(thing.name.toLowerCase(), thing);
    thing.resolved(this.entities.resolve(thing.source));
  }

  /** Resolves every Thing again after entities have changed. */
  resolveAll(): void {
    for (const thing of this.#things.values()) thing.resolved(this.entities.resolve(thing.source));
  }

  delete(name: string): boolean {
    return this.#things.delete(name.toLowerCase());
  }

  /** Sorted by name. */
  list(): PlatformThing[] {
    return [...this.#things.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
