import type { Connection } from '../alwayson/connection.js';
import type { Clock } from '../core/clock.js';
import { deferred, type Deferred } from '../core/promises.js';
import { AgentError } from '../core/errors.js';
import { HostedThing } from './hosted-thing.js';
import type { ThingChannel } from './thing-channel.js';
import type { EdgeThing } from './thing.js';

/** The Things that were added to a client, and which of them are to be bound. */
export class HostedThings {
  readonly #hosted = new Map<string, HostedThing>();
  readonly #wanted = new Set<string>();
  /** Waits for Things to be unbound, by bound name. */
  readonly #unbinding = new Map<string, Deferred<void>>();

  /** The names that are to be bound. */
  get wantedNames(): string[] {
    return [...this.#wanted];
  }

  /** @throws AgentError ConfigurationInvalid if a Thing with that name has been added already. */
  add(thing: EdgeThing, channel: ThingChannel): void {
    if (this.#hosted.has(thing.boundName) || this.#hosted.has(thing.name))
      throw new AgentError('ConfigurationInvalid', `Two Things are named "${thing.name}"; rename one of them.`);
    const hosted = new HostedThing(thing, channel);
    // Platforms address a Thing by the string that it was bound with, or by its name [AO 5.2].
    for (const name of new Set([thing.boundName, thing.name])) this.#hosted.set(name, hosted);
  }

  find(name: string): HostedThing | undefined {
    return this.#hosted.get(name);
  }

  bind({ boundName }: EdgeThing, connection: Connection): void {
    this.#wanted.add(boundName);
    connection.addName(boundName);
  }

  /** Resolves when the platform has confirmed that the Thing is unbound, or the connection has closed. */
  async unbind({ boundName }: EdgeThing, connection: Connection): Promise<void> {
    this.#wanted.delete(boundName);
    connection.removeName(boundName);
    if (!connection.isUnbinding(boundName)) return;
    const unbound = this.#unbinding.get(boundName) ?? deferred();
    this.#unbinding.set(boundName, unbound);
    await unbound.promise;
  }

  /** Refuses requests of the Thing, waits for those in flight for up to `drainMs`, unbinds it and removes it. */
  async remove(thing: EdgeThing, connection: Connection, clock: Clock, drainMs: number): Promise<void> {
    const hosted = this.#hosted.get(thing.boundName);
    if (hosted?.thing !== thing) return;
    await atMost(clock, drainMs, hosted.leave());
    await this.unbind(thing, connection);
    for (const [name, other] of this.#hosted) if (other === hosted) this.#hosted.delete(name);
    hosted.close();
  }

  /** Passes on what is bound now. */
  update(connection: Connection): void {
    for (const [name, unbound] of this.#unbinding) {
      if (connection.isUnbinding(name)) continue;
      this.#unbinding.delete(name);
      unbound.resolve();
    }
    const bound = new Set(connection.boundNames);
    for (const hosted of new Set(this.#hosted.values())) hosted.setBound(bound.has(hosted.thing.boundName));
  }

  /** The connection has closed for good. */
  close(): void {
    for (const unbound of this.#unbinding.values()) unbound.resolve();
    this.#unbinding.clear();
    for (const hosted of new Set(this.#hosted.values())) hosted.close();
  }
}

/** Waits for `work`, but not for longer than `limitMs`. */
async function atMost(clock: Clock, limitMs: number, work: Promise<void>): Promise<void> {
  const limit = deferred();
  const timer = clock.schedule(limitMs, () => limit.resolve());
  await Promise.race([work, limit.promise]);
  timer.cancel();
}
