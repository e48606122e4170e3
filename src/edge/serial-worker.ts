import type { Clock, Timer } from '../core/clock.js';

export interface SerialWorkerOptions {
  /** Does one piece of work and returns whether there may be more. If it throws, it is retried after a pause. */
  readonly work: () => Promise<boolean>;
  readonly retryMs: number;
  readonly clock: Clock;
}

/** Does one piece of work after the other, never two at once, after each wake-up. */
export class SerialWorker {
  readonly #options: SerialWorkerOptions;
  #isRunning = false;
  #isWoken = false;
  #isResting = false;
  #retry: Timer | undefined;

  constructor(options: SerialWorkerOptions) {
    this.#options = options;
  }

  /** Starts working if there may be work. */
  wake(): void {
    this.#isResting = false;
    this.#isWoken = true;
    if (!this.#isRunning) void this.#run();
  }

  /** Stops until the next wake-up; a piece of work in progress is completed. */
  rest(): void {
    this.#isResting = true;
    this.#isWoken = false;
    this.#retry?.cancel();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isWoken) {
      this.#isWoken = false;
      this.#retry?.cancel();
      try {
        if ((await this.#options.work()) && !this.#isResting) this.#isWoken = true;
      } catch {
        const { clock, retryMs } = this.#options;
        if (!this.#isResting) this.#retry = clock.schedule(retryMs, () => this.wake());
      }
    }
    this.#isRunning = false;
  }
}
