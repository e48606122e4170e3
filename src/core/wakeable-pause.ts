import type { Clock, Timer } from './clock.js';

/** Maximum pause, so that a pause until a time of the wall clock ends although that clock is set back. */
const MAX_PAUSE_MS = 60_000;

/** The pauses of a loop, which end early when it is woken. */
export class WakeablePause {
  readonly #clock: Clock;
  #isAwake = false;
  #end: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the pause in progress, or skips the next one. */
  wake(): void {
    this.#isAwake = true;
    this.#end?.();
  }

  /** Ignores earlier calls of `wake`, since the loop is about to check for all of its work. */
  reset(): void {
    this.#isAwake = false;
  }

  /** Resolves at `untilMs` of the wall clock, after a minute at most, or when woken. */
  async until(untilMs: number): Promise<void> {
    await this.forMs(untilMs - this.#clock.nowMs());
  }

  /** Resolves after `delayMs`, a minute at most, or when woken. */
  async forMs(delayMs: number): Promise<void> {
    let timer: Timer | undefined;
    if (!this.#isAwake)
      await new Promise<void>((resolve) => {
        this.#end = resolve;
        timer = this.#clock.schedule(Math.min(Math.max(0, delayMs), MAX_PAUSE_MS), resolve);
      });
    timer?.cancel();
    this.#end = undefined;
    this.#isAwake = false;
  }
}
