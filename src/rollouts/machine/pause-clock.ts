import type { Clock } from '../../core/clock.js';

/**
 * A clock that follows the wall clock, except that it does not go back when the wall clock is set back: it then continues
 * from its last value. A pause that is measured by it never lasts longer than its length.
 */
export class PauseClock {
  readonly #clock: Clock;
  #lastWallMs: number;
  #lastMonotonicMs: number;
  #aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastWallMs = clock.nowMs();
    this.#lastMonotonicMs = clock.monotonicMs();
  }

  /** Epoch milliseconds. */
  nowMs(): number {
    const wallMs = this.#clock.nowMs();
    const monotonicMs = this.#clock.monotonicMs();
    const setByMs = wallMs - this.#lastWallMs - (monotonicMs - this.#lastMonotonicMs);
    this.#aheadMs = Math.max(0, this.#aheadMs - setByMs);
    this.#lastWallMs = wallMs;
    this.#lastMonotonicMs = monotonicMs;
    return wallMs + this.#aheadMs;
  }

  /** Converts a time of this clock to one of the wall clock. */
  wallMs(pauseMs: number): number {
    return pauseMs - this.#aheadMs;
  }
}

/**
 * Whether a pause is over. A pause with more time left than its whole length is over, too: it began in an earlier process
 * whose clock was ahead.
 * @param untilMs the end of the pause, by a PauseClock.
 */
export function isPauseOver(untilMs: number, lengthMs: number, nowMs: number): boolean {
  return nowMs >= untilMs || untilMs - nowMs > lengthMs;
}
