import { EXIT } from './exit-codes.js';

type EndSignal = 'SIGTERM' | 'SIGINT';

const STATUS: Readonly<Record<EndSignal, number>> = { SIGTERM: EXIT.terminated, SIGINT: EXIT.interrupted };

/**
 * Signals that would end the process or, in the case of SIGUSR1, open Node's debugger to every user of the machine.
 * Service managers and scripts send them routinely, for example to reopen log files.
 */
const IGNORED: readonly NodeJS.Signals[] = process.platform === 'win32' ? [] : ['SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/** Maximum number of signals kept until there is a log. */
const MAX_EARLY = 10;

/**
 * The signals of a command that runs until it is stopped. The first SIGTERM or SIGINT resolves `first`;
 * one that arrives earlier (during the start), and any second one, ends the process at once with status 143 or 130. SIGHUP,
 * SIGUSR1 and SIGUSR2 are reported and have no other effect, from construction to the end of the process.
 */
export class ProcessSignals {
  #waiting: ((signal: EndSignal) => void) | undefined;
  #report: ((signal: NodeJS.Signals) => void) | undefined;
  readonly #early: NodeJS.Signals[] = [];
  readonly #onEnd = (signal: NodeJS.Signals): void => this.#end(signal as EndSignal);
  readonly #onIgnored = (signal: NodeJS.Signals): void => this.#ignore(signal);

  constructor() {
    for (const signal of Object.keys(STATUS)) process.on(signal, this.#onEnd);
    for (const signal of IGNORED) process.on(signal, this.#onIgnored);
  }

  /** Calls `report` for each ignored signal, including those that have already arrived. */
  reportIgnored(report: (signal: NodeJS.Signals) => void): void {
    this.#report = report;
    for (const signal of this.#early.splice(0)) report(signal);
  }

  /** Resolves with the first signal from now on. */
  first(): Promise<EndSignal> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Returns SIGTERM and SIGINT to Node.js; to be called once all work has ended. */
  release(): void {
    for (const signal of Object.keys(STATUS)) process.off(signal, this.#onEnd);
  }

  /** Returns all signals to Node.js; for tests, whose process continues. */
  dispose(): void {
    this.release();
    for (const signal of IGNORED) process.off(signal, this.#onIgnored);
  }

  #end(signal: EndSignal): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(signal);
    else process.exit(STATUS[signal]);
  }

  #ignore(signal: NodeJS.Signals): void {
    if (this.#report) this.#report(signal);
    else if (this.#early.length < MAX_EARLY) this.#early.push(signal);
  }
}

/** Logs each ignored signal. */
export function logIgnoredSignals(
  signals: ProcessSignals,
  log: { warn(fields: Readonly<Record<string, unknown>>, message: string): void },
): void {
  signals.reportIgnored((signal) =>
    log.warn({ signal }, 'signal ignored; send SIGTERM to shut this process down gracefully'),
  );
}
