import { EXIT } from './exit-codes.js';

type EndSignal = 'SIGTERM' | 'SIGINT';

const STATUS: Readonly<Record<EndSignal, number>> = { SIGTERM: EXIT.terminated, SIGINT: EXIT.interrupted };

/**
 * Signals that would end the process or, in the case of SIGUSR1, open Node's debugger to every user of the machine.
 * Service managers and scripts send them routinely, for example to reopen log files.
 */
const OTHERS: readonly NodeJS.Signals[] = process.platform === 'win32' ? [] : ['SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/** Maximum number of signals kept until there is a handler. */
const MAX_EARLY = 10;

/**
 * The signals of a command that runs until it is stopped. The first SIGTERM or SIGINT resolves `first`;
 * one that arrives earlier (during the start), and any second one, ends the process at once with status 143 or 130. SIGHUP,
 * SIGUSR1 and SIGUSR2 only reach the handler of the command, from construction to the end of the process.
 */
export class ProcessSignals {
  #waiting: ((signal: EndSignal) => void) | undefined;
  #handle: ((signal: NodeJS.Signals) => void) | undefined;
  readonly #early: NodeJS.Signals[] = [];
  readonly #onEnd = (signal: NodeJS.Signals): void => this.#end(signal as EndSignal);
  readonly #onOther = (signal: NodeJS.Signals): void => this.#other(signal);

  constructor() {
    for (const signal of Object.keys(STATUS)) process.on(signal, this.#onEnd);
    for (const signal of OTHERS) process.on(signal, this.#onOther);
  }

  /** Calls `handle` for each signal that does not end the process, including those that have already arrived. */
  onOther(handle: (signal: NodeJS.Signals) => void): void {
    this.#handle = handle;
    for (const signal of this.#early.splice(0)) handle(signal);
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
    for (const signal of OTHERS) process.off(signal, this.#onOther);
  }

  #end(signal: EndSignal): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(signal);
    else process.exit(STATUS[signal]);
  }

  #other(signal: NodeJS.Signals): void {
    if (this.#handle) this.#handle(signal);
    else if (this.#early.length < MAX_EARLY) this.#early.push(signal);
  }
}

/** The part of a log that is needed here. */
interface WarningLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Logs a signal that has no effect. */
export const logIgnoredSignal = (log: WarningLog, signal: NodeJS.Signals): void =>
  log.warn({ signal }, 'signal ignored; send SIGTERM to shut this process down gracefully');
