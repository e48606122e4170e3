import { type CallContext, startCall } from '../core/call-context.js';
import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';

export interface ReadCacheOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

interface CachedRead {
  readonly answer: Promise<unknown>;
  readonly startedMs: number;
}

const READ_MS = 25_000;
/** Beyond, the answer that is oldest is forgotten. */
const MAX_READS = 200;

/** One answer for all who ask for the same at about the same time: the hub is asked once, however many pages are open. */
export class ReadCache {
  readonly #options: ReadCacheOptions;
  readonly #reads = new Map<string, CachedRead>();

  constructor(options: ReadCacheOptions) {
    this.#options = options;
  }

  /**
   * Returns the answer of a read that was started within the last `maxAgeMs`, or starts one. A failure is shared with
   * those who wait for it, and not kept.
   */
  async read<T>(key: string, maxAgeMs: number, run: (context: CallContext) => Promise<T>): Promise<T> {
    const nowMs = this.#options.clock.monotonicMs();
    const found = this.#reads.get(key);
    if (found && nowMs - found.startedMs < maxAgeMs) return (await found.answer) as T;
    const answer = this.#run(run);
    const read = { answer, startedMs: nowMs };
    this.#reads.delete(key);
    this.#reads.set(key, read);
    if (this.#reads.size > MAX_READS) this.#reads.delete(this.#reads.keys().next().value as string);
    try {
      return await answer;
    } catch (error) {
      if (this.#reads.get(key) === read) this.#reads.delete(key);
      throw error;
    }
  }

  async #run<T>(run: (context: CallContext) => Promise<T>): Promise<T> {
    const { clock, log, instruments } = this.#options;
    const context = startCall({ timeoutMs: READ_MS, clock, log, instruments });
    try {
      return await run(context);
    } finally {
      context.dispose();
    }
  }
}
