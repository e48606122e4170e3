import { join } from 'node:path';
import { AgentError, isAgentError, messageOf } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { Store } from '../store/store.js';
import type { Instruments } from '../core/instruments.js';
import type { Health } from './ops/health.js';

/**
 * Opens the store for state that must survive a restart: under `stateDir`, or in memory, with a warning, if that is not
 * set.
 * @throws AgentError `StateUnwritable`, also if another agent uses the folder.
 */
export async function openStateStore(stateDir: string | undefined, log: Log): Promise<Store> {
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
      `cannot create the folder ${stateDir}: ${messageOf(error)}; check stateDir and its permissions`,
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
}

/** Wraps a store: reports whether writes succeed to the health component `store`, and counts them. */
export function withStoreHealth(store: Store, { clock, health, instruments, place }: StoreHealthOptions): Store {
  const observed = async (write: Promise<void>): Promise<void> => {
    const startMs = clock.monotonicMs();
    try {
      await write;
    } catch (error) {
      // The store works: it rejected a write that another one has overtaken.
      if (isAgentError(error, 'StoreConflict', 'LeaseLost')) throw error;
      instruments.count('store_writes_total', { result: 'failed' });
      health.set('store', 'failing', messageOf(error));
      throw error;
    } finally {
      instruments.observe('store_write_seconds', (clock.monotonicMs() - startMs) / 1000);
    }
    instruments.count('store_writes_total', { result: 'ok' });
    health.set('store', 'ok', place);
  };
  health.set('store', 'ok', place);
  return {
    get: (key) => store.get(key),
    put: (key, value) => observed(store.put(key, value)),
    delete: (key) => observed(store.delete(key)),
    read: (key) => store.read(key),
    batch: (changes, options) => observed(store.batch(changes, options)),
    entries: (range) => store.entries(range),
    lease: (name, holder, seconds) => store.lease(name, holder, seconds),
    close: () => store.close(),
  };
}
