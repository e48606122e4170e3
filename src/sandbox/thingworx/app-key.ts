import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Store } from '../../store/store.js';

/** Generates an application key in the format of ThingWorx. */
export const newAppKey = (): string => randomUUID();

/** Returns a check that compares keys in constant time, whatever their length. */
export function appKeyCheck(appKey: string): (given: string) => boolean {
  const expected = digest(appKey);
  return (given) => timingSafeEqual(digest(given), expected);
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

const KEY = 'sandbox/appKey';

/** Returns the application key that an earlier run left in the store, or generates and stores a new one. */
export async function storedAppKey(store: Store | undefined): Promise<string> {
  const kept = await store?.get(KEY);
  if (typeof kept === 'string') return kept;
  const generated = newAppKey();
  await store?.put(KEY, generated);
  return generated;
}
