import type { Store } from '../store/store.js';
import { newAppKey } from './thingworx/app-key.js';

const KEY = 'sandbox/appKey';

/** The application key of an earlier start on the same store, or a new one. */
export async function keptAppKey(store: Store | undefined): Promise<string> {
  const kept = await store?.get(KEY);
  if (typeof kept === 'string') return kept;
  const made = newAppKey();
  await store?.put(KEY, made);
  return made;
}
