import { type Clock, sleep } from '../../core/clock.js';
import { AgentError, isAgentError } from '../../core/errors.js';
import { newId } from '../../core/random.js';
import { encodeValue } from '../memory-store.js';
import type { BatchOptions, StoreChange, Unchanged } from '../store.js';
import type { Connections, Query } from './connections.js';
import { failureKind } from './failures.js';
import { SCHEMA_VERSION } from './migrations.js';
import type { Statements } from './statements.js';

export interface WritingOptions {
  readonly connections: Connections;
  readonly statements: Statements;
  readonly clock: Clock;
  /** A newer program has migrated the schema. */
  readonly onNewerSchema: (version: number) => void;
}

/** Transactions that collide with others are repeated so often. */
const MAX_COLLISIONS = 5;
/** How long a commit whose answer was lost is looked up. */
const LOOKUP_LIMIT_MS = 10_000;
const LOOKUP_PAUSE_MS = 100;

interface Written {
  readonly schema: number;
  readonly held: number;
}

/** Where a write is noted, so that it can be looked up; used by one write at a time. */
interface Place {
  readonly name: string;
  writes: number;
}

/**
 * Writes batches, each in a transaction that also checks the lease, the versions and the schema, and notes its own id. A
 * commit whose answer was lost is looked up by that id, and repeated only if it is not there. The id of the transaction
 * would not do: after a crash the server gives ids that it had not written to its log to other transactions.
 */
export class Writing {
  readonly #options: WritingOptions;
  readonly #storeId = newId();
  readonly #free: Place[] = [];
  #places = 0;

  constructor(options: WritingOptions) {
    this.#options = options;
  }

  /** @throws AgentError `StoreUnavailable`, `StoreConflict`, `LeaseLost`; the error of the driver. */
  async batch(changes: readonly StoreChange[], options: BatchOptions = {}): Promise<void> {
    const values = valuesOf(changes, options);
    const place = this.#free.pop() ?? { name: `${this.#storeId}/${(this.#places += 1)}`, writes: 0 };
    try {
      await this.#repeatCollisions(place, values, options);
    } finally {
      this.#free.push(place);
    }
  }

  async #repeatCollisions(place: Place, values: readonly unknown[], options: BatchOptions): Promise<void> {
    for (let collisions = 0; ; collisions += 1) {
      try {
        if (await this.#attempt(place, values, options)) return;
      } catch (error) {
        if (isAgentError(error) || failureKind(error) !== 'collided' || collisions === MAX_COLLISIONS) throw error;
      }
    }
  }

  /** Returns false if the transaction was rolled back and has to be repeated. */
  async #attempt(place: Place, values: readonly unknown[], options: BatchOptions): Promise<boolean> {
    const { ifUnchanged = [], lease } = options;
    const { connections, statements } = this.#options;
    place.writes += 1;
    const write = String(place.writes);
    let isSent = false;
    try {
      await connections.onOne(async (query) => {
        const begun = query('BEGIN');
        // Awaited below; until then its failure must not count as unhandled.
        begun.catch(() => undefined);
        if (ifUnchanged.length > 0) await this.#requireUnchanged(query, ifUnchanged);
        const written = query<Written>(statements.write, [...values, place.name, write]);
        const [, [result]] = await Promise.all([begun, written]);
        this.#requireAllowed(result, lease);
        isSent = true;
        await query('COMMIT');
      });
      return true;
    } catch (error) {
      if (!isSent || !isAgentError(error, 'StoreUnavailable')) throw error;
      return await this.#isCommitted(place, write, error);
    }
  }

  async #requireUnchanged(query: Query, expected: readonly Unchanged[]): Promise<void> {
    const { lockKeys, versions } = this.#options.statements;
    const keys = expected.map(({ key }) => key);
    const locked = query(lockKeys, [keys]);
    const [, rows] = await Promise.all([locked, query<{ key: string; version: string }>(versions, [keys])]);
    const found = new Map(rows.map(({ key, version }) => [key, version]));
    const changed = expected.find(({ key, version }) => found.get(key) !== version);
    if (changed)
      throw new AgentError('StoreConflict', `The record ${JSON.stringify(changed.key)} has changed since it was read.`);
  }

  #requireAllowed(result: Written | undefined, lease: BatchOptions['lease']): void {
    if (lease && result?.held !== 1)
      throw new AgentError('LeaseLost', `Another agent serves ${JSON.stringify(lease.name)} now; repeat the call.`);
    if (result?.schema === SCHEMA_VERSION) return;
    this.#options.onNewerSchema(result?.schema ?? 0);
    throw this.#options.connections.unavailable(new Error('a newer program has changed its schema'));
  }

  /** Looks a commit up whose answer was lost. The statement waits while the server still has the transaction open. */
  async #isCommitted(place: Place, write: string, cause: unknown): Promise<boolean> {
    const { connections, statements, clock } = this.#options;
    const endMs = clock.monotonicMs() + LOOKUP_LIMIT_MS;
    while (clock.monotonicMs() < endMs && (await connections.whenAvailable(endMs - clock.monotonicMs()))) {
      const rows = await connections.query<{ write: string }>(statements.lastWrite, [place.name]).catch(() => []);
      if (rows[0]) return rows[0].write === write;
      await sleep(clock, LOOKUP_PAUSE_MS);
    }
    throw connections.unavailable(cause);
  }
}

/** The parameters of the statement `write`; the last change of a key counts. */
function valuesOf(changes: readonly StoreChange[], { lease }: BatchOptions): unknown[] {
  const last = new Map(
    changes.map((change) => [change.key, change.type === 'put' ? encodeValue(change.key, change.value) : undefined]),
  );
  const puts = [...last].filter(([, text]) => text !== undefined);
  const deletes = [...last].filter(([, text]) => text === undefined).map(([key]) => key);
  return [
    SCHEMA_VERSION,
    lease?.name ?? null,
    lease?.token ?? null,
    deletes,
    puts.map(([key]) => key),
    puts.map(([, text]) => text),
  ];
}
