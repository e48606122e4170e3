import { sleep, type Clock } from '../core/clock.js';
import { messageOf } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { Store, Lease } from '../store/store.js';
import { leasedStore } from './leased-store.js';

/** Why the work for a hub ends. */
export type EndOfWork =
  /** Another agent shall take over: calls in flight end first, and nothing is left half done. */
  | 'handOver'
  /** Another agent has the lease: everything ends at once. */
  | 'lost';

/** What is done for one hub by the agent that holds its lease. */
export interface HubWork {
  /** Begins. May be called again after it has failed. @throws AgentError, for example if the state cannot be read. */
  begin(): Promise<void>;
  /** Resolves when nothing is done for the hub any more and its Things are unbound. Idempotent. */
  end(why: EndOfWork): Promise<void>;
  /** Takes up what other agents have left for the holder of the lease. @throws AgentError as the store. */
  refresh(): Promise<void>;
  /** Binds the Things, or unbinds them while it is not known whether this agent still holds the lease. */
  setBound(isBound: boolean): void;
}

export interface TenureOptions {
  readonly hub: string;
  readonly lease: Lease;
  readonly store: Store;
  /** Makes the work, which writes through `store`. */
  readonly work: (store: Store) => HubWork;
  readonly clock: Clock;
  readonly log: Log;
  /** A write has shown that another agent has the lease. */
  readonly onLost: () => void;
}

/** Pause after work could not begin. */
const RETRY_MS = 1000;

/** The time during which this agent holds the lease of one hub, and what it does in it. */
export class Tenure {
  readonly hub: string;
  readonly lease: Lease;
  readonly #options: TenureOptions;
  readonly #work: HubWork;
  readonly #ending = new AbortController();
  #begun: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(options: TenureOptions) {
    this.#options = options;
    this.hub = options.hub;
    this.lease = options.lease;
    this.#work = options.work(leasedStore(options.store, options.lease, options.onLost));
  }

  get isEnding(): boolean {
    return this.#ended !== undefined;
  }

  /** Begins the work, and tries again until it has begun or the tenure ends. */
  begin(): void {
    this.#begun ??= this.#begin();
  }

  setBound(isBound: boolean): void {
    if (!this.isEnding) this.#work.setBound(isBound);
  }

  /** Renews the lease; returns false if another agent has it. @throws AgentError as the store. */
  async renew(): Promise<boolean> {
    if (!(await this.lease.renew())) return false;
    this.setBound(true);
    if (!this.isEnding) await this.#work.refresh();
    return true;
  }

  /** Resolves when the work has ended; the lease is not released. Calling it again has no effect. */
  end(why: EndOfWork): Promise<void> {
    this.#ended ??= this.#end(why);
    return this.#ended;
  }

  async #begin(): Promise<void> {
    const { clock, log, hub } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        return await this.#work.begin();
      } catch (error) {
        log.warn({ err: error, hub }, `the work for a hub could not begin: ${messageOf(error)}; the agent tries again`);
        await sleep(clock, RETRY_MS, signal).catch(() => undefined);
      }
    }
  }

  async #end(why: EndOfWork): Promise<void> {
    const { log, hub } = this.#options;
    this.#ending.abort(new Error('the lease ends'));
    await this.#begun;
    await this.#work
      .end(why)
      .catch((error: unknown) => log.warn({ err: error, hub }, 'the work for a hub ended with an error'));
  }
}
