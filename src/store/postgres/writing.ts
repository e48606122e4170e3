import { type Clock, sleep } from '../../core/clock.js';
import { AgentError, isAgentError } from '../../core/errors.js';
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
  readonly transaction: string;
  readonly schema: number;
  readonly held: number;
}

/** A commit was sent, and its answer was lost. */
class LostCommit extends Error {
  readonly transaction: string;

  constructor(transaction: string, cause: unknown) {
    super('the answer to a commit was lost', { cause });
    this.transaction = transaction;
  }
}

/**
 * Writes batches, each in a transaction that also checks the lease, the versions and the schema. A commit whose answer was
 * lost is looked up by the id of its transaction, and repeated only if the database says that it was rolled back.
 */
export class Writing {
  readonly #options: WritingOptions;

  constructor(options: WritingOptions) {
    this.#options = options;
  }

  /** @throws AgentError `StoreUnavailable`, `StoreConflict`, `LeaseLost`; the error of the driver. */
  async batch(changes: readonly StoreChange[], options: BatchOptions = {}): Promise<void> {
    const values = valuesOf(changes, options);
    for (let collisions = 0; ; collisions += 1) {
      try {
        if (await this.#attempt(values, options)) return;
      } catch (error) {
        if (isAgentError(error) || failureKind(error) !== 'collided' || collisions === MAX_COLLISIONS) throw error;
      }
    }
  }

  /** Returns false if the transaction was rolled back and has to be repeated. */
  async #attempt(values: readonly unknown[], { ifUnchanged = [], lease }: BatchOptions): Promise<boolean> {
    const { connections } = this.#options;
    let sent: string | undefined;
    try {
      await connections.onOne(async (query) => {
        const begun = query('BEGIN');
        // Awaited below; until then its failure must not count as unhandled.
        begun.catch(() => undefined);
        if (ifUnchanged.length > 0) await this.#requireUnchanged(query, ifUnchanged);
        const written = query<Written>(this.#options.statements.write, values);
        const [, [result]] = await Promise.all([begun, written]);
        this.#requireAllowed(result, lease);
        sent = result?.transaction;
        await query('COMMIT');
      });
      return true;
    } catch (error) {
      if (sent === undefined || !isAgentError(error, 'StoreUnavailable')) throw error;
      return await this.#lookUp(new LostCommit(sent, error));
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

  async #lookUp(lost: LostCommit): Promise<boolean> {
    const { connections, statements, clock } = this.#options;
    const endMs = clock.monotonicMs() + LOOKUP_LIMIT_MS;
    while (clock.monotonicMs() < endMs && (await connections.whenAvailable(endMs - clock.monotonicMs()))) {
      const [row] = await connections
        .query<{ outcome: string | null }>(statements.outcome, [lost.transaction])
        .catch(() => []);
      if (row?.outcome === 'committed') return true;
      if (row?.outcome === 'aborted') return false;
      // The server may not have noticed yet that the connection is gone.
      await sleep(clock, LOOKUP_PAUSE_MS);
    }
    throw connections.unavailable(lost);
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
