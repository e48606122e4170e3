import type { Clock } from '../../core/clock.js';

/**
 * The wall clock, except that it does not go back when the wall clock is set back: it goes on from where it was, until the
 * wall clock has caught up. Pauses measured by it never last longer than their length; set forward, it follows at once.
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

  /** What the wall clock will show at a time of this clock. */
  wallMs(pauseMs: number): number {
    return pauseMs - this.#aheadMs;
  }
}

/**
 * Whether a pause is over. One with more time left than it is long began under a clock that was ahead, in an earlier
 * process; it is over, too.
 * @param untilMs when it ends, by a PauseClock.
 */
export function isPauseOver(untilMs: number, lengthMs: number, nowMs: number): boolean {
  return nowMs >= untilMs || untilMs - nowMs > lengthMs;
}
