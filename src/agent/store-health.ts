import { messageOf } from '../core/errors.js';
import type { Instruments } from '../core/instruments.js';
import type { Store, StoreChange } from '../store/store.js';
import type { Health } from './ops/health.js';

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
