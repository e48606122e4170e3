import { isAgentError } from '../core/errors.js';
import type { BatchOptions, Lease, Store, StoreChange } from '../store/store.js';

/**
 * The store as the work of one lease sees it: every write carries the token of the lease and is refused once another agent
 * has taken it.
 * @param onLost is called when a write was refused for that reason.
 */
export function leasedStore(store: Store, { name, token }: Lease, onLost: () => void): Store {
  const batch = async (changes: readonly StoreChange[], options: BatchOptions = {}): Promise<void> => {
    try {
      await store.batch(changes, { ...options, lease: { name, token } });
    } catch (error) {
      if (isAgentError(error, 'LeaseLost')) onLost();
      throw error;
    }
  };
  return {
    get: (key) => store.get(key),
    read: (key) => store.read(key),
    put: (key, value) => batch([{ type: 'put', key, value }]),
    delete: (key) => batch([{ type: 'delete', key }]),
    batch,
    entries: (range) => store.entries(range),
    lease: (other, holder, seconds) => store.lease(other, holder, seconds),
    close: () => store.close(),
  };
}
