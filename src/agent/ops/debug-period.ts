import type { Clock, Timer } from '../../core/clock.js';
import type { LogLevel } from '../config/schema.js';
import type { Logger } from './logger.js';

/** How long the log stays at level debug after it was requested. */
const DEBUG_PERIOD_MS = 10 * 60_000;

/** Raises the level of a log to debug for ten minutes; the configured level may change meanwhile. */
export class DebugPeriod {
  readonly #log: Logger;
  readonly #clock: Clock;
  #configured: LogLevel;
  #timer: Timer | undefined;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#configured = log.level;
  }

  /** Starts ten minutes at level debug, or restarts them. The level trace is kept. */
  begin(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(DEBUG_PERIOD_MS, () => this.#end());
    if (this.#configured !== 'trace') this.#log.level = 'debug';
    this.#log.info({ minutes: DEBUG_PERIOD_MS / 60_000 }, 'set the log level to debug for a limited time');
  }

  /** Sets the level that applies outside such a period. */
  configure(level: LogLevel): void {
    this.#configured = level;
    if (!this.#timer || level === 'trace') this.#log.level = level;
  }

  /** Cancels the timer. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #end(): void {
    this.#timer = undefined;
    this.#log.info({ level: this.#configured }, 'reset the log level to the configured one');
    this.#log.level = this.#configured;
  }
}
