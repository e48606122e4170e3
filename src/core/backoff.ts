import { type Random, systemRandom } from './random.js';

export interface BackoffOptions {
  /** Upper bound of the first delay. */
  readonly baseMs: number;
  /** Upper bound of any delay. */
  readonly capMs: number;
}

/**
 * Returns a delay that doubles with each attempt: `min(cap, base * 2^attempt)`.
 * @param attempt 0 for the first retry.
 */
export function doublingDelayMs(attempt: number, { baseMs, capMs }: BackoffOptions): number {
  return Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}

/**
 * Returns a delay with full jitter: between 0 and `min(cap, base * 2^attempt)`.
 * @param attempt 0 for the first retry.
 */
export function fullJitterMs(attempt: number, options: BackoffOptions, random: Random = systemRandom): number {
  return random() * doublingDelayMs(attempt, options);
}

/**
 * Returns a delay that doubles with each attempt: `min(cap, base * 2^attempt)` plus or minus `spread` (0.2 is 20 %). For
 * peers that refused: a change is noticed soon, without a high rate of attempts.
 */
export function spreadDelayMs(
  attempt: number,
  options: BackoffOptions & { readonly spread: number },
  random: Random = systemRandom,
): number {
  return doublingDelayMs(attempt, options) * (1 + options.spread * (2 * random() - 1));
}
