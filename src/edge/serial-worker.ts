import type { Clock, Timer } from '../core/clock.js';

export interface SerialWorkerOptions {
  /** Does one piece of work; true if there may be more. When it throws it is tried again after a pause. */
  readonly work: () => Promise<boolean>;
  readonly retryMs: number;
  readonly clock: Clock;
}

/** Does one piece of work after the other, never two at once, whenever it is woken. */
export class SerialWorker {
  readonly #options: SerialWorkerOptions;
  #isRunning = false;
  #isWoken = false;
  #retry: Timer | undefined;

  constructor(options: SerialWorkerOptions) {
    this.#options = options;
  }

  /** There may be work. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isRunning) void this.#run();
  }

  /** Forgets the pending repetition; what runs goes on to its end. */
  rest(): void {
    this.#isWoken = false;
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isWoken) {
      this.rest();
      try {
        if (await this.#options.work()) this.#isWoken = true;
      } catch {
        this.#retry = this.#options.clock.schedule(this.#options.retryMs, () => this.wake());
      }
    }
    this.#isRunning = false;
  }
}
