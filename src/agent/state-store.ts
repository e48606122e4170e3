import { join } from 'node:path';
import { AgentError, isAgentError, messageOf } from '../core/errors.js';
import { makeFolder, writeFailure } from '../core/write-files.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { PostgresStore } from '../store/postgres-store.js';
import type { AgentConfig } from './config/agent-config.js';
import type { Store } from '../store/store.js';
import type { Instruments } from '../core/instruments.js';
import type { Health } from './ops/health.js';

export interface StateOptions extends Omit<StoreHealthOptions, 'place' | 'onFailure'> {
  readonly clock: Clock;
  readonly log: Log;
  /** The database can be reached and cannot be used; the agent must stop. */
  readonly onUnusable: (error: AgentError) => void;
}

/** The state of an agent. */
export interface AgentState {
  /** Observed for health and metrics. */
  readonly store: Store;
  /** Only for an agent that shares its state with others. */
  readonly database?: PostgresStore;
}

/**
 * Opens the place of the state: a database, a folder, or memory.
 * @throws AgentError `StateUnwritable`.
 */
export async function openState(config: AgentConfig, options: StateOptions): Promise<AgentState> {
  const { database: shared, stateDir } = config;
  if (!shared) {
    const store = await openStateStore(stateDir, options.log);
    return { store: withStoreHealth(store, { ...options, place: stateDir ?? 'in memory' }) };
  }
  const { openDatabaseState, placeOfDatabase } = await import('./database-state.js');
  const database = await openDatabaseState({ ...options, config: shared });
  const store = withStoreHealth(database, { ...options, place: placeOfDatabase(shared), onFailure: 'degraded' });
  return { store, database };
}

/**
 * Opens the store for state that must survive a restart: under `stateDir`, or in memory, with a warning, if that is not
 * set.
 * @throws AgentError `StateUnwritable`, also if another agent uses the folder.
 */
async function openStateStore(stateDir: string | undefined, log: Log): Promise<Store> {
  if (stateDir === undefined) {
    log.warn(
      {},
      'stateDir is not set: after a restart, the agent no longer watches jobs that were scheduled before it',
    );
    const { MemoryStore } = await import('../store/memory-store.js');
    return new MemoryStore();
  }
  const { openLevelStore } = await import('../store/level-store.js');
  try {
    await makeFolder(stateDir, 0o700);
  } catch (error) {
    throw new AgentError(
      'StateUnwritable',
      `stateDir ${stateDir} cannot be created: ${writeFailure(stateDir, error)}`,
      {
        cause: error,
      },
    );
  }
  return await openLevelStore(join(stateDir, 'agent'), { log });
}

export interface StoreHealthOptions {
  readonly clock: Clock;
  readonly health: Health;
  readonly instruments: Instruments;
  /** Where the state is kept; shown while writes succeed. */
  readonly place: string;
  /**
   * What a write that fails means: without the state of its own an agent is `failing`. One that shares it with others is
   * `degraded`, since they could do no better.
   */
  readonly onFailure?: 'failing' | 'degraded';
}

/** Wraps a store: reports whether writes succeed to the health component `store`, and measures and counts requests. */
export function withStoreHealth(store: Store, options: StoreHealthOptions): Store {
  const { clock, health, instruments, place, onFailure = 'failing' } = options;
  const measured = measuring(clock, instruments);
  const observed = async (operation: string, write: () => Promise<void>): Promise<void> => {
    const startMs = clock.monotonicMs();
    try {
      await measured(operation, write);
    } catch (error) {
      // The store works: it rejected a write that another one has overtaken.
      if (isAgentError(error, 'StoreConflict', 'LeaseLost')) throw error;
      instruments.count('store_writes_total', { result: 'failed' });
      health.set('store', onFailure, messageOf(error));
      throw error;
    } finally {
      instruments.observe('store_write_seconds', (clock.monotonicMs() - startMs) / 1000);
    }
    instruments.count('store_writes_total', { result: 'ok' });
    health.set('store', 'ok', place);
  };
  if (onFailure === 'failing') health.set('store', 'ok', place);
  return {
    get: (key) => measured('get', () => store.get(key)),
    put: (key, value) => observed('put', () => store.put(key, value)),
    delete: (key) => observed('delete', () => store.delete(key)),
    read: (key) => measured('read', () => store.read(key)),
    batch: (changes, batchOptions) => observed('batch', () => store.batch(changes, batchOptions)),
    entries: (range) => store.entries(range),
    lease: (name, holder, seconds) => measured('lease', () => store.lease(name, holder, seconds)),
    close: () => store.close(),
  };
}

type Measure = <T>(operation: string, run: () => Promise<T>) => Promise<T>;

/** Measures how long requests to the store take, and counts those that fail by code. */
function measuring(clock: Clock, instruments: Instruments): Measure {
  return async (operation, run) => {
    const startMs = clock.monotonicMs();
    try {
      return await run();
    } catch (error) {
      instruments.count('store_errors_total', { code: isAgentError(error) ? error.code : 'Internal' });
      throw error;
    } finally {
      instruments.observe('store_request_seconds', (clock.monotonicMs() - startMs) / 1000, { operation });
    }
  };
}
