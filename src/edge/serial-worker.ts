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
  #isResting = false;
  #retry: Timer | undefined;

  constructor(options: SerialWorkerOptions) {
    this.#options = options;
  }

  /** There may be work. */
  wake(): void {
    this.#isResting = false;
    this.#isWoken = true;
    if (!this.#isRunning) void this.#run();
  }

  /** Nothing more until it is woken; the piece of work that is under way goes on to its end. */
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
