import { type CallContext, startCall } from '../../core/call-context.js';
import type { Clock, Timer } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import type { Instruments } from '../../core/instruments.js';
import type { Log } from '../../core/log.js';

export interface TimedWorkOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

/** The work of the watcher that nobody waits for: runs it at its time, logs its failures and ends it. */
export class TimedWork {
  readonly #options: TimedWorkOptions;
  readonly #stopping = new AbortController();
  readonly #timers = new Map<string, Timer>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: TimedWorkOptions) {
    this.#options = options;
  }

  /** Starts `run` after `delayMs`, unless stopped before. `name` identifies one loop, which has one timer. */
  schedule(name: string, delayMs: number, run: () => Promise<void>): void {
    if (this.#stopping.signal.aborted) return;
    this.#timers.set(
      name,
      this.#options.clock.schedule(delayMs, () => this.track(run())),
    );
  }

  /**
   * Runs `run` in a call of its own, which ends after `timeoutMs` or when the work is stopped. Never rejects.
   * @param problem the message of the log line for a failure.
   */
  async inCall(timeoutMs: number, problem: string, run: (context: CallContext) => Promise<void>): Promise<void> {
    const { log } = this.#options;
    const context = startCall({ ...this.#options, timeoutMs, signal: this.#stopping.signal });
    try {
      await run(context);
    } catch (error) {
      if (isAgentError(error) || context.signal.aborted) log.debug({ err: error }, problem);
      else log.error({ err: error }, problem);
    } finally {
      context.dispose();
    }
  }

  /** Lets `work` run until it ends, or until `settled` has waited for it. */
  track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'the watcher failed'))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** Cancels what is scheduled and aborts the calls in progress. Idempotent. */
  stop(): void {
    this.#stopping.abort(new Error('the agent is stopping'));
    for (const timer of this.#timers.values()) timer.cancel();
  }

  /** Resolves when no tracked work is running. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
