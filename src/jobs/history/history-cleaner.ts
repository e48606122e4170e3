import { type Clock, sleep, type Timer } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import type { Store } from '../../store/store.js';
import type { HistoryKeys } from './history-keys.js';

export interface HistoryCleanerOptions {
  readonly store: Store;
  readonly keys: HistoryKeys;
  /** `history.jobDays`: how many days a job is kept after its end. */
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
}

const CLEAN_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Maximum number of jobs that one step deletes; between two steps, other work can run. */
const JOBS_OF_STEP = 100;
const PAUSE_MS = 10;

/** Deletes the jobs that have been in the history for `days`, oldest first: at the start and every hour. */
export class JobHistoryCleaner {
  readonly #options: HistoryCleanerOptions;
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;

  constructor(options: HistoryCleanerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#clean().finally(() => {
      if (!this.#stopping.signal.aborted)
        this.#timer = this.#options.clock.schedule(CLEAN_EVERY_MS, () => this.start());
    });
  }

  /** Idempotent. Resolves when the current step has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the agent is stopping'));
    this.#timer?.cancel();
    await this.#running;
  }

  async #clean(): Promise<void> {
    const { keys, days, clock, log } = this.#options;
    const { signal } = this.#stopping;
    const to = keys.before(clock.nowMs() - days * DAY_MS);
    let jobs = 0;
    try {
      // Each step begins where the last one ended, since skipping the keys that were deleted before takes time.
      for (let from: string | undefined = keys.first; from !== undefined;) {
        const found = await this.#deleteSome(from, to);
        jobs += found.length;
        from = found.length < JOBS_OF_STEP ? undefined : found.at(-1);
        if (from !== undefined) await sleep(clock, PAUSE_MS, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, 'could not delete old jobs from the history; the agent retries in an hour');
    } finally {
      if (jobs > 0) log.info({ jobs }, 'deleted old jobs from the history');
    }
  }

  /** Returns the keys of the records that were deleted. */
  async #deleteSome(from: string, to: string): Promise<string[]> {
    const { store, keys } = this.#options;
    const found: string[] = [];
    for await (const [key] of store.entries({ from, to, limit: JOBS_OF_STEP })) found.push(key);
    if (found.length === 0) return found;
    await store.batch(found.flatMap((key) => [key, keys.idOfRecord(key)]).map((key) => ({ type: 'delete', key })));
    return found;
  }
}
