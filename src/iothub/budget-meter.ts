import type { Clock } from '../core/clock.js';
import type { BudgetUse, HubLane } from './ports.js';

const STEP_MS = 15_000;
const STEPS = 60;

/** Counts the requests of one budget in steps of 15 s over 15 minutes, in memory of a fixed size. */
export class BudgetMeter {
  readonly #perMinute: number;
  readonly #clock: Clock;
  /** By step modulo `STEPS`; on the monotonic clock, so that setting the wall clock leaves no gap. */
  readonly #steps: { step: number; users: number; background: number }[] = [];

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** Counts one request of a lane. */
  count(lane: HubLane): void {
    const step = this.#stepNow();
    const at = step % STEPS;
    const entry = this.#steps[at];
    const current = entry?.step === step ? entry : { step, users: 0, background: 0 };
    this.#steps[at] = current;
    if (lane === 'background') current.background += 1;
    else current.users += 1;
  }

  /** Returns the requests of each step, the oldest first. */
  use(): BudgetUse {
    const last = this.#stepNow();
    const bootMs = this.#clock.nowMs() - this.#clock.monotonicMs();
    const points = Array.from({ length: STEPS }, (_, index) => {
      const step = last - STEPS + 1 + index;
      const entry = this.#steps[((step % STEPS) + STEPS) % STEPS];
      const { users = 0, background = 0 } = entry?.step === step ? entry : {};
      return { startMs: Math.round(bootMs + step * STEP_MS), users, background };
    });
    return { perMinute: this.#perMinute, stepMs: STEP_MS, points };
  }

  #stepNow(): number {
    return Math.floor(this.#clock.monotonicMs() / STEP_MS);
  }
}
