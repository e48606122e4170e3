import { Entities } from './entities.js';
import type { PlatformThing } from './thing.js';

/** The Things of the local platform, by name (case-insensitive, as ThingWorx compares names) and by identifier. */
export class Things {
  /** What Things are made of. */
  readonly entities = new Entities();
  readonly #things = new Map<string, PlatformThing>();

  get(name: string): PlatformThing | undefined {
    return this.#things.get(name.toLowerCase());
  }

  /** Finds what an edge binds: a name, or `*` and an identifier. A Thing with an identifier goes by that alone. */
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

  /** Puts every Thing together again, after entities have changed. */
  resolveAll(): void {
    for (const thing of this.#things.values()) thing.resolved(this.entities.resolve(thing.source));
  }

  delete(name: string): boolean {
    return this.#things.delete(name.toLowerCase());
  }

  /** By name. */
  list(): PlatformThing[] {
    return [...this.#things.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
