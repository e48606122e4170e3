import type { PoolClient } from 'pg';
import { fullJitterMs } from '../../core/backoff.js';
import type { Clock, Timer } from '../../core/clock.js';
import { deferred, type Deferred } from '../../core/promises.js';
import { AgentError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import { placeOf } from '../database-url.js';
import { isConnected, reasonOf } from './failures.js';
import { createPools, type DatabaseSettings, type Pools } from './pools.js';

/** Whether the database can be used. */
export interface Availability {
  readonly isAvailable: boolean;
  /** Why not, as the end of a sentence. */
  readonly reason?: string;
}

export interface ConnectionsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Makes a database that was reached for the first time ready. Throws AgentError `StateUnwritable` if it cannot be used. */
  readonly prepare: (settings: DatabaseSettings) => Promise<void>;
  /** The database was reached, and cannot be used. */
  readonly onUnusable: (error: AgentError) => void;
  readonly onAvailability: (availability: Availability) => void;
}

/** Runs one statement and returns its rows. */
export type Query = <Row>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Pauses between attempts to reach a database that is away. */
const PROBE_PAUSE = { baseMs: 200, capMs: 2000 };
/** How often the log says that it is still away. */
const REMIND_MS = 60_000;

/**
 * The connections to one database. While it is away every request fails at once with `StoreUnavailable`, and attempts to
 * reach it follow each other with growing pauses.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  #settings: DatabaseSettings;
  #pools: Pools | undefined;
  #isPrepared = false;
  #away: { readonly reason: string } | undefined = { reason: 'it has not been reached yet' };
  #attempt = 0;
  #probe: Timer | undefined;
  #remindedMs = -Infinity;
  #isClosed = false;
  #returned: Deferred<void> | undefined;

  constructor(settings: DatabaseSettings, options: ConnectionsOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  get isAvailable(): boolean {
    return this.#away === undefined;
  }

  /** Makes the first attempt; a database that cannot be reached is tried again from then on. @throws as `prepare`. */
  async open(): Promise<void> {
    await this.#try();
  }

  /** Uses other credentials or another address from now on. */
  async use(settings: DatabaseSettings): Promise<void> {
    this.#settings = settings;
    const before = this.#pools;
    this.#pools = undefined;
    void endPools(before);
    this.#probe?.cancel();
    await this.#tryQuietly();
  }

  /** @throws AgentError `StoreUnavailable`, or the error of the driver if the statement failed and the connection works. */
  async query<Row>(text: string, values: readonly unknown[] = [], lane: keyof Pools = 'state'): Promise<Row[]> {
    return await this.#guarded(async (pools) => (await pools[lane].query(text, [...values])).rows as Row[]);
  }

  /**
   * Runs statements on one connection, for a transaction; a connection with an unfinished one is closed.
   * @throws as `query`.
   */
  async onOne<T>(run: (query: Query) => Promise<T>): Promise<T> {
    return await this.#guarded(async ({ state }) => {
      const client = await state.connect();
      try {
        const result = await run(queryOf(client));
        client.release();
        return result;
      } catch (error) {
        client.release(true);
        throw error;
      }
    });
  }

  /** Resolves when the database is there or after `timeoutMs`; returns whether it is there. */
  async whenAvailable(timeoutMs: number): Promise<boolean> {
    if (this.isAvailable || this.#isClosed) return this.isAvailable;
    this.#returned ??= deferred();
    const timeout = deferred();
    const timer = this.#options.clock.schedule(timeoutMs, () => timeout.resolve());
    await Promise.race([this.#returned.promise, timeout.promise]);
    timer.cancel();
    return this.isAvailable;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#probe?.cancel();
    this.#returned?.resolve();
    const pools = this.#pools;
    this.#pools = undefined;
    await endPools(pools);
  }

  async #guarded<T>(run: (pools: Pools) => Promise<T>): Promise<T> {
    const pools = this.#pools;
    if (this.#away || !pools) throw this.unavailable();
    try {
      return await run(pools);
    } catch (error) {
      if (error instanceof AgentError || isConnected(error)) throw error;
      if (this.#pools === pools) this.#lost(error);
      throw this.unavailable(error);
    }
  }

  unavailable(cause?: unknown): AgentError {
    const reason = cause === undefined ? (this.#away?.reason ?? 'it has been closed') : reasonOf(cause);
    return new AgentError(
      'StoreUnavailable',
      `The state of the agent cannot be reached now (${reason}); repeat the call later.`,
      { cause },
    );
  }

  #lost(error: unknown): void {
    if (this.#isClosed) return;
    const reason = reasonOf(error);
    const isNew = this.#away?.reason !== reason;
    this.#away = { reason };
    this.#remind(error);
    if (isNew) this.#options.onAvailability({ isAvailable: false, reason });
    if (!this.#probe) this.#probeLater();
  }

  #probeLater(): void {
    if (this.#isClosed) return;
    this.#probe = this.#options.clock.schedule(fullJitterMs(this.#attempt, PROBE_PAUSE), () => {
      this.#probe = undefined;
      void this.#tryQuietly();
    });
    this.#attempt += 1;
  }

  async #tryQuietly(): Promise<void> {
    try {
      await this.#try();
    } catch (error) {
      this.#options.onUnusable(error as AgentError);
    }
  }

  async #try(): Promise<void> {
    const settings = this.#settings;
    try {
      if (!this.#isPrepared) await this.#options.prepare(settings);
      const pools = this.#pools ?? (await createPools(settings));
      this.#pools = pools;
      await pools.state.query('SELECT 1');
      this.#isPrepared = true;
      this.#found();
    } catch (error) {
      if (error instanceof AgentError && error.code !== 'StoreUnavailable') throw error;
      // Settings that were replaced meanwhile say nothing about the current ones.
      if (settings === this.#settings) this.#lost(error instanceof AgentError ? (error.cause ?? error) : error);
    }
  }

  #found(): void {
    if (this.#isClosed) return;
    const wasAway = this.#away;
    this.#away = undefined;
    this.#attempt = 0;
    if (!wasAway) return;
    this.#remindedMs = -Infinity;
    this.#options.log.info({ database: placeOf(this.#settings.address) }, 'the database can be reached');
    this.#options.onAvailability({ isAvailable: true });
    this.#returned?.resolve();
    this.#returned = undefined;
  }

  #remind(error: unknown): void {
    const { clock, log } = this.#options;
    if (clock.monotonicMs() - this.#remindedMs < REMIND_MS) return;
    this.#remindedMs = clock.monotonicMs();
    const database = placeOf(this.#settings.address);
    log.warn({ err: error, database }, `the database cannot be reached: ${reasonOf(error)}; the agent keeps trying`);
  }
}

function queryOf(client: PoolClient): Query {
  return async <Row>(text: string, values: readonly unknown[] = []) =>
    (await client.query(text, [...values])).rows as Row[];
}

async function endPools(pools: Pools | undefined): Promise<void> {
  if (pools) await Promise.all([pools.state.end(), pools.leases.end()]);
}
