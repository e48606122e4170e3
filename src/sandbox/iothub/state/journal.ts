import { messageOf } from '../../../core/errors.js';
import type { Log } from '../../../core/log.js';
import type { Store, StoreChange } from '../../../store/store.js';
import { ServiceError } from '../answers/service-error.js';

const MAX_BATCH = 2_000;

/**
 * Writes changes of the state in memory to the store. Pending changes are written in batches, so that a hundred thousand
 * changes need only a few dozen writes. `flush` resolves when all earlier changes are stored. Changes that could not be
 * written stay pending until a later write succeeds.
 */
export class Journal {
  readonly #store: Store | undefined;
  readonly #log: Log;
  readonly #pending = new Map<string, unknown>();
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #isFailing = false;

  /** @param store if undefined, nothing outlives the process and `flush` never waits. */
  constructor(store: Store | undefined, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Whether the last write failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Whether any change is not stored yet; otherwise `flush` need not be awaited. */
  get isDirty(): boolean {
    return this.#pending.size > 0 || this.#writing !== undefined;
  }

  /** Adds a change: the new value of a key, which must not be modified later. `undefined` removes the key. */
  record(key: string, value: unknown): void {
    if (this.#store) this.#pending.set(key, value);
  }

  /**
   * Resolves once all pending changes are stored.
   * @throws ServiceError ServiceUnavailable if the store cannot be written
   */
  async flush(): Promise<void> {
    if (!this.isDirty) return;
    this.#next ??= this.#writeAfter(this.#writing);
    await this.#next;
  }

  /**
   * Lets a caller reject a change before anything changes in memory: retries the pending writes if the last one failed.
   * @throws ServiceError ServiceUnavailable
   */
  async checkWritable(): Promise<void> {
    if (this.#isFailing) await this.flush();
  }

  async #writeAfter(current: Promise<void> | undefined): Promise<void> {
    // The callers that wait for the current write handle its failure; here only its end matters.
    await current?.catch(() => undefined);
    this.#next = undefined;
    this.#writing = this.#write();
    try {
      await this.#writing;
    } finally {
      this.#writing = undefined;
    }
  }

  async #write(): Promise<void> {
    while (this.#pending.size > 0) {
      const taken = this.#take();
      try {
        await this.#store?.batch(taken.map(([key, value]) => changeOf(key, value)));
        this.#setFailing(undefined);
      } catch (error) {
        for (const [key, value] of taken) if (!this.#pending.has(key)) this.#pending.set(key, value);
        this.#setFailing(error);
        throw new ServiceError(
          'ServiceUnavailable',
          'The state of the hub cannot be written; no acknowledged change is lost. Free disk space and retry.',
        );
      }
    }
  }

  #take(): [string, unknown][] {
    const taken: [string, unknown][] = [];
    for (const entry of this.#pending) {
      taken.push(entry);
      this.#pending.delete(entry[0]);
      if (taken.length >= MAX_BATCH) break;
    }
    return taken;
  }

  #setFailing(error: unknown): void {
    if (error !== undefined && !this.#isFailing) {
      this.#log.error({ code: 'StateUnwritable', err: messageOf(error) }, 'the state cannot be written');
    }
    if (error === undefined && this.#isFailing) this.#log.info({}, 'the state can be written again');
    this.#isFailing = error !== undefined;
  }
}

const changeOf = (key: string, value: unknown): StoreChange =>
  value === undefined ? { type: 'delete', key } : { type: 'put', key, value };
