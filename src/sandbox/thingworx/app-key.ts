import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';

/** A new application key, in the form that ThingWorx makes them. */
export const newAppKey = (): string => randomUUID();

/** A check that takes the same time for every wrong key, of whatever length. */
export function appKeyCheck(appKey: string): (given: string) => boolean {
  const expected = digest(appKey);
  return (given) => timingSafeEqual(digest(given), expected);
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
