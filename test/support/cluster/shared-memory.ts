import { AgentError } from '../../../src/core/errors.js';
import type { Clock } from '../../../src/core/clock.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { AnnouncedAgent, ClusterView, SharedStore } from '../../../src/store/cluster-store.js';
import type { Lease } from '../../../src/store/store.js';

interface HeldLease {
  holder: string;
  token: number;
  expiresMs: number;
}

/** A shared store in memory, whose leases expire by a clock of the test and that agents can be cut off from. */
export class SharedMemory {
  readonly #clock: Clock;
  readonly #leases = new Map<string, HeldLease>();
  readonly #agents = new Map<string, AnnouncedAgent & { readonly expiresMs: number }>();
  readonly #away = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether an agent reaches the store. */
  setAway(agent: string, isAway: boolean): void {
    if (isAway) this.#away.add(agent);
    else this.#away.delete(agent);
  }

  holderOf(name: string): string | undefined {
    const lease = this.#leases.get(name);
    return lease && lease.expiresMs > this.#clock.monotonicMs() ? lease.holder : undefined;
  }

  /** The store as one agent sees it. */
  storeOf(agent: string): SharedStore {
    const reach = <T>(run: () => T): Promise<T> =>
      this.#away.has(agent)
        ? Promise.reject(new AgentError('StoreUnavailable', 'cut off'))
        : Promise.resolve().then(run);
    const memory = new MemoryStore();
    return Object.assign(memory, {
      isAvailable: true,
      announce: (announced: AnnouncedAgent, seconds: number) =>
        reach(() => void this.#agents.set(announced.id, { ...announced, expiresMs: this.#in(seconds) })),
      withdraw: (id: string) => reach(() => void this.#agents.delete(id)),
      look: () => reach(() => this.#view()),
      lease: (name: string, holder: string, seconds: number) => reach(() => this.#take(reach, name, holder, seconds)),
    });
  }

  #take(reach: <T>(run: () => T) => Promise<T>, name: string, holder: string, seconds: number): Lease | undefined {
    if (this.holderOf(name) !== undefined) return undefined;
    const token = (this.#leases.get(name)?.token ?? 0) + 1;
    this.#leases.set(name, { holder, token, expiresMs: this.#in(seconds) });
    const mine = (): HeldLease | undefined => {
      const lease = this.#leases.get(name);
      return lease?.token === token ? lease : undefined;
    };
    return {
      name,
      token,
      renew: () => reach(() => Object.assign(mine() ?? {}, { expiresMs: this.#in(seconds) }) && mine() !== undefined),
      release: () => reach(() => void Object.assign(mine() ?? {}, { holder: '', expiresMs: 0 })),
    };
  }

  #in(seconds: number): number {
    return this.#clock.monotonicMs() + seconds * 1000;
  }

  #view(): ClusterView {
    const nowMs = this.#clock.monotonicMs();
    return {
      agents: [...this.#agents.values()].map(({ expiresMs, ...agent }) => ({
        ...agent,
        expiresInMs: expiresMs - nowMs,
      })),
      leases: [...this.#leases].map(([name, { holder, token, expiresMs }]) => ({
        name,
        holder,
        token,
        expiresInMs: expiresMs - nowMs,
      })),
    };
  }
}
