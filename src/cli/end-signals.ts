import { EXIT } from './exit-codes.js';

type EndSignal = 'SIGTERM' | 'SIGINT';

const STATUS: Readonly<Record<EndSignal, number>> = { SIGTERM: EXIT.terminated, SIGINT: EXIT.interrupted };

/**
 * SIGTERM and SIGINT for a command that ends in good order. The first one is handed to whoever waits for it; one that
 * comes before that (during the start), and any second one, ends the process at once with 143 or 130.
 */
export class EndSignals {
  #waiting: ((signal: EndSignal) => void) | undefined;
  readonly #listener = (signal: NodeJS.Signals): void => this.#on(signal as EndSignal);

  constructor() {
    process.on('SIGTERM', this.#listener);
    process.on('SIGINT', this.#listener);
  }

  /** Resolves with the first signal from now on. */
  first(): Promise<EndSignal> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Gives the signals back to the process. */
  dispose(): void {
    process.off('SIGTERM', this.#listener);
    process.off('SIGINT', this.#listener);
  }

  #on(signal: EndSignal): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(signal);
    else process.exit(STATUS[signal]);
  }
}
