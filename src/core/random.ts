import { randomUUID } from 'node:crypto';

/** A source of numbers from 0 (included) to 1 (excluded), injected so that tests control it. */
export type Random = () => number;

export const systemRandom: Random = Math.random;

/** Returns a new random id (UUID v4). */
export function newId(): string {
  return randomUUID();
}
