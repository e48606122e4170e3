import type { Log } from '../core/log.js';
import type { Store, StoreChange } from '../store/store.js';
import { readRecord, type WatchRecord } from './watch-record.js';

/** Jobs that have ended lately and must not be taken for new ones when a list of the hub lags behind. */
const MAX_REMEMBERED = 2000;

/**
 * The watched jobs of one hub, in memory and in the store. Changes are written in the order they were made, many at
 * once when they come fast.
 */
export class WatchList {
  readonly #records = new Map<string, WatchRecord>();
  readonly #ended = new Set<string>();
  readonly #store: Store;
  readonly #prefix: string;
  readonly #log: Log;
  #dirty = new Set<string>();
  #writing: Promise<void> | undefined;

  /** @param hubName the name of the hub in the configuration. */
  constructor(store: Store, hubName: string, log: Log) {
    this.#store = store;
    this.#prefix = `watch/${encodeURIComponent(hubName)}/`;
    this.#log = log;
  }

  /** Takes up what an earlier process was watching. */
  async load(): Promise<void> {
    for await (const [, value] of this.#store.entries({ prefix: this.#prefix })) {
      const record = readRecord(value);
      if (record) this.#records.set(record.jobId, record);
    }
  }

  get size(): number {
    return this.#records.size;
  }

  get(jobId: string): WatchRecord | undefined {
    return this.#records.get(jobId);
  }

  all(): readonly WatchRecord[] {
    return [...this.#records.values()];
  }

  /** Whether the job has ended and been told lately. */
  hasEnded(jobId: string): boolean {
    return this.#ended.has(jobId);
  }

  /** Resolves when the record is in the store. A store that fails is logged: watching goes on in memory. */
  async put(record: WatchRecord): Promise<void> {
    if (this.#records.get(record.jobId) === record) return;
    this.#records.set(record.jobId, record);
    await this.#write(record.jobId);
  }

  /** @param asEnded whether to remember it as one that has ended. */
  async remove(jobId: string, asEnded: boolean): Promise<void> {
    if (asEnded) this.#remember(jobId);
    if (this.#records.delete(jobId)) await this.#write(jobId);
  }

  /** Resolves when everything is in the store. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(jobId: string): Promise<void> {
    this.#dirty.add(jobId);
    // What is being written now may hold an older state; the write after it holds this one.
    if (this.#writing) await this.#writing;
    if (this.#dirty.has(jobId)) await (this.#writing ??= this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    const jobIds = [...this.#dirty];
    this.#dirty = new Set();
    try {
      await this.#store.batch(jobIds.map((jobId) => this.#changeOf(jobId)));
    } catch (error) {
      this.#log.warn(
        { err: error, jobs: jobIds.length },
        'watched jobs could not be stored; a restart may miss changes',
      );
    } finally {
      this.#writing = undefined;
    }
  }

  #changeOf(jobId: string): StoreChange {
    const key = `${this.#prefix}${jobId}`;
    const record = this.#records.get(jobId);
    return record ? { type: 'put', key, value: record } : { type: 'delete', key };
  }

  #remember(jobId: string): void {
    this.#ended.delete(jobId);
    this.#ended.add(jobId);
    if (this.#ended.size > MAX_REMEMBERED) this.#ended.delete(this.#ended.values().next().value as string);
  }
}
