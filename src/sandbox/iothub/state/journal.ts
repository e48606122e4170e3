import { messageOf } from '../../../core/errors.js';
import type { Log } from '../../../core/log.js';
import type { Store, StoreChange } from '../../../store/store.js';
import { ServiceError } from '../answers/service-error.js';

const MAX_BATCH = 2_000;

/**
 * Brings changes of the state in memory to the store: whatever was noted since the last write goes out as one batch, so
 * that a hundred thousand changes cost a few dozen writes. `flush` resolves when all that was noted before is safe.
 * What could not be written stays noted, and goes with the next write that succeeds.
 */
export class Journal {
  readonly #store: Store | undefined;
  readonly #log: Log;
  readonly #noted = new Map<string, unknown>();
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #isFailing = false;

  /** @param store none: nothing outlives the process, and nothing needs to be waited for. */
  constructor(store: Store | undefined, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Whether the last write failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Whether anything is not on disk yet; otherwise `flush` need not be awaited. */
  get isDirty(): boolean {
    return this.#noted.size > 0 || this.#writing !== undefined;
  }

  /** Notes the new value of a key; the value must not change any more. `undefined` removes the key. */
  note(key: string, value: unknown): void {
    if (this.#store) this.#noted.set(key, value);
  }

  /**
   * Resolves once everything noted is on disk.
   * @throws ServiceError ServiceUnavailable while the store cannot be written.
   */
  async flush(): Promise<void> {
    if (!this.isDirty) return;
    this.#next ??= this.#writeAfter(this.#writing);
    await this.#next;
  }

  /**
   * Refuses a change early while the store cannot be written, before anything has changed in memory.
   * @throws ServiceError ServiceUnavailable
   */
  async checkWritable(): Promise<void> {
    if (this.#isFailing) await this.flush();
  }

  async #writeAfter(current: Promise<void> | undefined): Promise<void> {
    // Whoever waits for the current write learns of its failure; here only its end counts.
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
    while (this.#noted.size > 0) {
      const taken = this.#take();
      try {
        await this.#store?.batch(taken.map(([key, value]) => changeOf(key, value)));
        this.#setFailing(undefined);
      } catch (error) {
        for (const [key, value] of taken) if (!this.#noted.has(key)) this.#noted.set(key, value);
        this.#setFailing(error);
        throw new ServiceError(
          'ServiceUnavailable',
          'The state of the hub cannot be written; nothing that was acknowledged is lost. Free some space and retry.',
        );
      }
    }
  }

  #take(): [string, unknown][] {
    const taken: [string, unknown][] = [];
    for (const entry of this.#noted) {
      taken.push(entry);
      this.#noted.delete(entry[0]);
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
