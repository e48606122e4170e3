import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Store } from '../../store/store.js';

/** A new application key, in the form that ThingWorx makes them. */
export const newAppKey = (): string => randomUUID();

/** A check that takes the same time for every wrong key, of whatever length. */
export function appKeyCheck(appKey: string): (given: string) => boolean {
  const expected = digest(appKey);
  return (given) => timingSafeEqual(digest(given), expected);
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

const KEY = 'sandbox/appKey';

/** The application key of an earlier start on the same store, or a new one. */
export async function keptAppKey(store: Store | undefined): Promise<string> {
  const kept = await store?.get(KEY);
  if (typeof kept === 'string') return kept;
  const made = newAppKey();
  await store?.put(KEY, made);
  return made;
}
