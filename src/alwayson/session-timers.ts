import { fullJitterMs, spreadDelayMs } from '../core/backoff.js';
import type { Timer } from '../core/clock.js';
import type { ConnectionOptions } from './connection-options.js';
import type { Delay, TimerName } from './session-types.js';

/** The timers of the session machine, each armed at most once. */
export class SessionTimers {
  readonly #options: ConnectionOptions;
  readonly #onFire: (timer: TimerName) => void;
  readonly #armed = new Map<TimerName, Timer>();

  constructor(options: ConnectionOptions, onFire: (timer: TimerName) => void) {
    this.#options = options;
    this.#onFire = onFire;
  }

  arm(name: TimerName, delayMs: number): void {
    this.disarm(name);
    const timer = this.#options.clock.schedule(delayMs, () => {
      this.#armed.delete(name);
      this.#onFire(name);
    });
    this.#armed.set(name, timer);
  }

  disarm(name: TimerName): void {
    this.#armed.get(name)?.cancel();
    this.#armed.delete(name);
  }

  disarmAll(except?: TimerName): void {
    for (const name of this.#armed.keys()) if (name !== except) this.disarm(name);
  }

  /** Returns how long to pause. */
  pauseMs(delay: Delay): number {
    const { reconnect, random } = this.#options;
    switch (delay.kind) {
      case 'jitter': {
        const { baseMs, capMs, recentCapMs } = reconnect;
        const longestMs = delay.isRecentlyBound ? Math.min(capMs, recentCapMs) : capMs;
        return fullJitterMs(delay.attempt, { baseMs, capMs: longestMs }, random);
      }
      case 'spread':
        return random() * Math.min(reconnect.spreadMs, reconnect.capMs);
      case 'refusal': {
        const { refusalBaseMs: baseMs, refusalCapMs: capMs } = reconnect;
        return spreadDelayMs(delay.attempt, { baseMs, capMs, spread: 0.2 }, random);
      }
      case 'rebind': {
        const { rebindBaseMs: baseMs, rebindCapMs: capMs } = reconnect;
        return spreadDelayMs(delay.attempt, { baseMs, capMs, spread: 0.2 }, random);
      }
    }
  }
}
