import { join } from 'node:path';
import { AgentError, messageOf } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';
import type { Log } from '../core/log.js';
import type { Store, StoreChange } from '../store/store.js';
import type { Instruments } from '../core/instruments.js';
import type { Health } from './ops/health.js';

/**
 * Opens what must outlive the agent: under `stateDir`, or in memory, with a warning, when there is none.
 * @throws AgentError `StateUnwritable`, also when another agent uses the folder.
 */
export async function openStateStore(stateDir: string | undefined, log: Log): Promise<Store> {
  if (stateDir === undefined) {
    log.warn({}, 'stateDir is not set: after a restart, jobs that were scheduled before are not watched any more');
    const { MemoryStore } = await import('../store/memory-store.js');
    return new MemoryStore();
  }
  const { openLevelStore } = await import('../store/level-store.js');
  try {
    await makeFolder(stateDir, 0o700);
  } catch (error) {
    throw new AgentError('StateUnwritable', `cannot make the folder ${stateDir}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return await openLevelStore(join(stateDir, 'agent'), { log });
}

export interface StoreHealthOptions {
  readonly health: Health;
  readonly instruments: Instruments;
  /** Shown while writes succeed: where the state is kept. */
  readonly place: string;
}

/** The same store; whether its writes succeed shows in the health component `store` and is counted. */
export function withStoreHealth(store: Store, { health, instruments, place }: StoreHealthOptions): Store {
  const observed = async (write: Promise<void>): Promise<void> => {
    try {
      await write;
    } catch (error) {
      instruments.count('store_writes_total', { result: 'failed' });
      health.set('store', 'failing', messageOf(error));
      throw error;
    }
    instruments.count('store_writes_total', { result: 'ok' });
    health.set('store', 'ok', place);
  };
  health.set('store', 'ok', place);
  return {
    get: (key) => store.get(key),
    put: (key, value) => observed(store.put(key, value)),
    delete: (key) => observed(store.delete(key)),
    batch: (changes: readonly StoreChange[]) => observed(store.batch(changes)),
    entries: (range) => store.entries(range),
    close: () => store.close(),
  };
}
