import type { Clock, Timer } from './clock.js';

/** The longest rest: a clock that was set back prolongs no wait by more. */
const MAX_REST_MS = 60_000;

/** The pauses of a loop, which ends them when there is something to do. */
export class Rest {
  readonly #clock: Clock;
  #isAwake = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the pause under way, or skips the next one. */
  wake(): void {
    this.#isAwake = true;
    this.#wake?.();
  }

  /** Resolves at `untilMs` of the wall clock, after a minute at most, or when woken. */
  async until(untilMs: number): Promise<void> {
    let timer: Timer | undefined;
    const delayMs = Math.min(Math.max(0, untilMs - this.#clock.nowMs()), MAX_REST_MS);
    if (!this.#isAwake)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = this.#clock.schedule(delayMs, resolve);
      });
    timer?.cancel();
    this.#wake = undefined;
    this.#isAwake = false;
  }
}
