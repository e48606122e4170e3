import { type Clock, systemClock } from '../core/clock.js';
import { AgentError } from '../core/errors.js';
import { type Log, silentLog } from '../core/log.js';
import { placeOf } from './database-url.js';
import { type Availability, Connections } from './postgres/connections.js';
import { PostgresLeases } from './postgres/leases.js';
import { SCHEMA_VERSION } from './postgres/migrations.js';
import type { DatabaseSettings } from './postgres/pools.js';
import { prepareDatabase, quoted } from './postgres/prepare.js';
import { Reading } from './postgres/reading.js';
import { type Statements, statementsFor } from './postgres/statements.js';
import { Writing } from './postgres/writing.js';
import type { SharedStore } from './cluster-store.js';
import type { BatchOptions, Lease, StoreChange, StoredValue, StoreRange } from './store.js';

export type { Availability } from './postgres/connections.js';
export type { DatabaseSettings } from './postgres/pools.js';

export interface PostgresStoreOptions {
  readonly log?: Log;
  readonly clock?: Clock;
  /** Is notified when the database comes and goes; it is away at first. */
  readonly onAvailability?: (availability: Availability) => void;
  /** The database can be reached and cannot be used, now or any more; the agent must stop. */
  readonly onUnusable?: (error: AgentError) => void;
}

/** How many entries begin with each kind of key. */
export interface EntryCount {
  readonly kind: string;
  readonly count: number;
}

/**
 * Opens a Store in a PostgreSQL database, creating its tables if they are missing. A database that cannot be reached is
 * tried again until it can; meanwhile every request fails with `StoreUnavailable`.
 *
 * @throws AgentError `StateUnwritable` if the database refuses the credentials, the role lacks a right, or the schema is
 * newer than this program.
 */
export async function openPostgresStore(
  settings: DatabaseSettings,
  options: PostgresStoreOptions = {},
): Promise<PostgresStore> {
  const store = new PostgresStore(settings, options);
  try {
    await store.open();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** State in PostgreSQL, shared by several agents. */
export class PostgresStore implements SharedStore {
  readonly schemaVersion = SCHEMA_VERSION;
  readonly #connections: Connections;
  readonly #statements: Statements;
  readonly #reading: Reading;
  readonly #writing: Writing;
  readonly #leases: PostgresLeases;

  constructor(settings: DatabaseSettings, options: PostgresStoreOptions) {
    const { log = silentLog, clock = systemClock, onUnusable = () => undefined } = options;
    this.#connections = new Connections(settings, {
      clock,
      log,
      prepare: prepareDatabase,
      onUnusable,
      onAvailability: (availability) => options.onAvailability?.(availability),
    });
    this.#statements = statementsFor(quoted(settings.schema));
    this.#reading = new Reading(this.#connections, this.#statements, log);
    const onNewerSchema = (version: number): void => onUnusable(newerSchema(settings, version));
    this.#writing = new Writing({ connections: this.#connections, statements: this.#statements, clock, onNewerSchema });
    this.#leases = new PostgresLeases(this.#connections, this.#statements);
  }

  /** Makes the first attempt to reach the database. @throws as `openPostgresStore`. */
  open(): Promise<void> {
    return this.#connections.open();
  }

  get isAvailable(): boolean {
    return this.#connections.isAvailable;
  }

  /** Uses other credentials or another address of the same database from now on. */
  use(settings: DatabaseSettings): Promise<void> {
    return this.#connections.use(settings);
  }

  async get(key: string): Promise<unknown> {
    return (await this.read(key))?.value;
  }

  read(key: string): Promise<StoredValue | undefined> {
    return this.#translated(this.#reading.read(key));
  }

  put(key: string, value: unknown): Promise<void> {
    return this.batch([{ type: 'put', key, value }]);
  }

  delete(key: string): Promise<void> {
    return this.batch([{ type: 'delete', key }]);
  }

  batch(changes: readonly StoreChange[], options: BatchOptions = {}): Promise<void> {
    return this.#translated(this.#writing.batch(changes, options));
  }

  async *entries(range: StoreRange = {}): AsyncIterable<readonly [key: string, value: unknown]> {
    try {
      yield* this.#reading.entries(range);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  lease(name: string, holder: string, seconds: number): Promise<Lease | undefined> {
    return this.#translated(this.#leases.take(name, holder, seconds));
  }

  announce: SharedStore['announce'] = (agent, seconds) => this.#translated(this.#leases.announce(agent, seconds));

  withdraw: SharedStore['withdraw'] = (id) => this.#translated(this.#leases.withdraw(id));

  look: SharedStore['look'] = () => this.#translated(this.#leases.look());

  /** Counts the entries by the first part of their keys. */
  counts(): Promise<EntryCount[]> {
    return this.#translated(this.#connections.query<EntryCount>(this.#statements.kinds));
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  async #translated<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** Errors of the driver become `StoreUnavailable`; a value that cannot be encoded stays what it is. */
  #translate(error: unknown): unknown {
    return error instanceof AgentError || error instanceof TypeError ? error : this.#connections.unavailable(error);
  }
}

function newerSchema({ address, schema }: DatabaseSettings, version: number): AgentError {
  return new AgentError(
    'StateUnwritable',
    `the schema ${schema} in ${placeOf(address)} has version ${version} now, and this program knows version ${SCHEMA_VERSION}; install the version of the program that the other agents have`,
  );
}
