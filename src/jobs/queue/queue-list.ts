import type { Log } from '../../core/log.js';
import type { Store } from '../../store/store.js';
import {
  inOrder,
  isWaiting,
  type QueueEnd,
  type QueueHead,
  type QueuePlace,
  readQueueHead,
  type StoredRequest,
} from './queue-records.js';

/** How long a job is kept that ended in the queue. */
const SHOWN_MS = 30 * 86_400_000;
/** Maximum number of jobs that ended in the queue; the oldest are removed first. */
const MAX_ENDED = 10_000;

/** The jobs of one hub's queue: heads in memory and in the store, requests only in the store. */
export class QueueList {
  readonly #heads = new Map<string, QueueHead>();
  readonly #store: Store;
  readonly #root: string;
  readonly #log: Log;
  #lastSequence = 0;
  /** The waiting jobs in order; undefined after a change, until it is needed again. */
  #waiting: readonly QueueHead[] | undefined;

  /** @param hubName the name of the hub in the configuration. */
  constructor(store: Store, hubName: string, log: Log) {
    this.#store = store;
    this.#root = `queue/${encodeURIComponent(hubName)}/`;
    this.#log = log;
  }

  /** Loads the jobs of an earlier process. A record that cannot be read is skipped with a warning. */
  async load(): Promise<void> {
    for await (const [key, value] of this.#store.entries({ prefix: `${this.#root}job/` })) {
      const head = readQueueHead(value);
      if (!head) {
        this.#log.warn({ key }, 'a record of a queued job cannot be read; it is skipped');
        continue;
      }
      this.#lastSequence = Math.max(this.#lastSequence, head.sequence);
      this.#heads.set(head.jobId, head);
    }
    this.#waiting = undefined;
  }

  get(jobId: string): QueueHead | undefined {
    return this.#heads.get(jobId);
  }

  all(): Iterable<QueueHead> {
    return this.#heads.values();
  }

  /** The waiting jobs in the order in which they are created. */
  get waiting(): readonly QueueHead[] {
    this.#waiting ??= [...this.#heads.values()].filter(isWaiting).sort(inOrder);
    return this.#waiting;
  }

  placeOf(jobId: string): QueuePlace | undefined {
    const index = this.waiting.findIndex((head) => head.jobId === jobId);
    return index === -1 ? undefined : { place: index + 1, of: this.waiting.length };
  }

  /** Adds a job; resolves when it is in the store. @param request absent for a job that does not wait. */
  async add(fields: Omit<QueueHead, 'version' | 'sequence'>, request?: StoredRequest): Promise<QueueHead> {
    this.#lastSequence += 1;
    const head: QueueHead = { version: 1, sequence: this.#lastSequence, ...fields };
    const replaced = this.#heads.get(head.jobId);
    await this.#store.batch([
      ...(replaced ? this.#deletions(replaced) : []),
      { type: 'put', key: this.#headKey(head), value: head },
      ...(request ? [{ type: 'put' as const, key: this.#requestKey(head), value: request }] : []),
    ]);
    this.#set(head);
    return head;
  }

  /** Stores the new state of a job, without the request once the hub has the job. */
  async put(head: QueueHead): Promise<QueueHead> {
    await this.#store.batch([
      { type: 'put', key: this.#headKey(head), value: head },
      ...(head.state === 'open' ? [{ type: 'delete' as const, key: this.#requestKey(head) }] : []),
    ]);
    this.#set(head);
    return head;
  }

  /** Ends a job in the queue, and removes those that ended too long ago. */
  async end(head: QueueHead, end: QueueEnd): Promise<QueueHead> {
    const ended = await this.put({ ...head, state: 'ended', end });
    await this.clean(end.atMs);
    return ended;
  }

  async remove(head: QueueHead): Promise<void> {
    await this.#store.batch(this.#deletions(head));
    this.#heads.delete(head.jobId);
    this.#waiting = undefined;
  }

  async request(head: QueueHead): Promise<StoredRequest> {
    return (await this.#store.get(this.#requestKey(head))) as StoredRequest;
  }

  /** Removes jobs that ended in the queue more than 30 days ago, and the oldest if there are too many. */
  async clean(nowMs: number): Promise<void> {
    const ended = [...this.#heads.values()].filter(({ state }) => state === 'ended');
    const excess = ended.length - MAX_ENDED;
    const old = ended
      .sort((a, b) => endMsOf(a) - endMsOf(b))
      .filter((head, index) => index < excess || nowMs - endMsOf(head) > SHOWN_MS);
    for (const head of old) await this.remove(head);
  }

  #set(head: QueueHead): void {
    this.#heads.set(head.jobId, head);
    this.#waiting = undefined;
  }

  #deletions(head: QueueHead): { readonly type: 'delete'; readonly key: string }[] {
    return [this.#headKey(head), this.#requestKey(head)].map((key) => ({ type: 'delete', key }));
  }

  #headKey({ sequence }: QueueHead): string {
    return `${this.#root}job/${String(sequence).padStart(12, '0')}`;
  }

  #requestKey({ sequence }: QueueHead): string {
    return `${this.#root}request/${String(sequence).padStart(12, '0')}`;
  }
}

const endMsOf = ({ end }: QueueHead): number => end?.atMs ?? 0;
