import type { Log } from '../../core/log.js';
import type { Store, StoreChange } from '../../store/store.js';
import { readRecord, type WatchRecord } from './record.js';

/** Maximum number of ended jobs that are remembered, so that an outdated list of the hub does not make them look new. */
const MAX_REMEMBERED = 2000;

/** Returns further changes to write together with a record. @throws AgentError as the store; the write is then retried. */
export type ChangesBeside = () => Promise<readonly StoreChange[]>;

/**
 * The watched jobs of one hub, in memory and in the store. Changes are written in order, and in batches when they
 * arrive quickly.
 */
export class WatchList {
  readonly #records = new Map<string, WatchRecord>();
  readonly #ended = new Set<string>();
  readonly #store: Store;
  readonly #prefix: string;
  readonly #log: Log;
  /** Jobs whose record has changed since the last write began. */
  #dirty = new Set<string>();
  /** Jobs whose last write failed. */
  #unwritten = new Set<string>();
  /** Changes to be written with a record, by job, until they have been; the record itself may have been removed meanwhile. */
  readonly #beside = new Map<string, { readonly record: WatchRecord; readonly changes: ChangesBeside }>();
  /** Jobs that are being written. */
  #inFlight: ReadonlySet<string> = new Set();
  #writing: Promise<void> | undefined;

  /** @param hubName the name of the hub in the configuration. */
  constructor(store: Store, hubName: string, log: Log) {
    this.#store = store;
    this.#prefix = `watch/${encodeURIComponent(hubName)}/`;
    this.#log = log;
  }

  /** Loads the records of an earlier process. A record that cannot be parsed is skipped with a warning. */
  async load(): Promise<void> {
    for await (const [key, value] of this.#store.entries({ prefix: this.#prefix })) {
      const record = readRecord(value);
      if (record) this.#records.set(record.jobId, record);
      else this.#log.warn({ key }, 'skipped a record of a watched job that cannot be parsed');
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

  /** Whether the job ended recently and its end has been notified. */
  hasEnded(jobId: string): boolean {
    return this.#ended.has(jobId);
  }

  /**
   * Resolves when the record is in the store, or when the write has failed and been logged; the job is then watched in memory only.
   * @param beside further changes, which are in the store as soon as the record is.
   */
  async put(record: WatchRecord, beside?: ChangesBeside): Promise<void> {
    const isNew = this.#records.get(record.jobId) !== record;
    this.#records.set(record.jobId, record);
    if (beside) this.#beside.set(record.jobId, { record, changes: beside });
    if (isNew || beside) this.#dirty.add(record.jobId);
    await this.#settled(record.jobId);
  }

  /** @param asEnded whether to remember that the job has ended. */
  async remove(jobId: string, asEnded: boolean): Promise<void> {
    if (asEnded) this.#remember(jobId);
    if (this.#records.delete(jobId)) this.#dirty.add(jobId);
    await this.#settled(jobId);
  }

  /** Whether a write has failed and has not succeeded since. */
  get hasUnwritten(): boolean {
    return this.#unwritten.size > 0;
  }

  /** Retries failed writes. */
  async retry(): Promise<void> {
    if (!this.hasUnwritten) return;
    for (const jobId of this.#unwritten) this.#dirty.add(jobId);
    await (this.#writing ??= this.#writeAll());
  }

  /** Records that only this process knows in their present state, since their last write failed. */
  unwritten(): WatchRecord[] {
    return [...this.#unwritten].flatMap((jobId) => this.#records.get(jobId) ?? this.#endedRecord(jobId) ?? []);
  }

  /** The record of a job whose end has been notified, while what belongs to it has not been written. */
  #endedRecord(jobId: string): WatchRecord | undefined {
    const beside = this.#beside.get(jobId);
    return beside && { ...beside.record, pending: [] };
  }

  /** Resolves when every record has been written or its write has failed. */
  async flush(): Promise<void> {
    if (this.hasUnwritten) await this.retry();
    while (this.#dirty.size > 0 || this.#writing) await (this.#writing ??= this.#writeAll());
  }

  /** Resolves when the current state of a record has been written. */
  async #settled(jobId: string): Promise<void> {
    while (this.#dirty.has(jobId) || this.#inFlight.has(jobId)) await (this.#writing ??= this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    const jobIds = [...this.#dirty];
    this.#inFlight = this.#dirty;
    this.#dirty = new Set();
    const beside = new Map([...this.#beside].filter(([jobId]) => this.#inFlight.has(jobId)));
    try {
      const more = beside.size === 0 ? [] : await Promise.all([...beside.values()].map(({ changes }) => changes()));
      await this.#store.batch([...jobIds.map((jobId) => this.#changeOf(jobId)), ...more.flat()]);
      for (const [jobId, written] of beside) if (this.#beside.get(jobId) === written) this.#beside.delete(jobId);
      this.#onWritten(jobIds);
    } catch (error) {
      this.#onUnwritten(jobIds, error);
    } finally {
      this.#inFlight = new Set();
      this.#writing = undefined;
    }
  }

  #onWritten(jobIds: readonly string[]): void {
    if (!this.hasUnwritten) return;
    for (const jobId of jobIds) this.#unwritten.delete(jobId);
    if (!this.hasUnwritten) this.#log.info({}, 'watched jobs can be stored again');
  }

  #onUnwritten(jobIds: readonly string[], error: unknown): void {
    const isFirst = !this.hasUnwritten;
    for (const jobId of jobIds) this.#unwritten.add(jobId);
    const fields = { err: error, jobs: this.#unwritten.size };
    if (isFirst) this.#log.warn(fields, 'watched jobs cannot be stored; until they are, a restart may miss changes');
    else this.#log.debug(fields, 'watched jobs still cannot be stored');
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

/**
 * The prefix of records of watched jobs that an agent hands over to the one that serves the hub now. An agent that is cut off from its
 * database continues to schedule and watch jobs; when it has lost the hub, these jobs are recorded only in its memory.
 */
const handedOverPrefix = (hubName: string): string => `watch-handed-over/${encodeURIComponent(hubName)}/`;

/** Returns the changes that hand over records to another agent. They are written without a lease. */
export function handOver(hubName: string, records: readonly WatchRecord[]): StoreChange[] {
  return records.map((record) => ({ type: 'put', key: `${handedOverPrefix(hubName)}${record.jobId}`, value: record }));
}

export interface HandedOver {
  readonly records: readonly WatchRecord[];
  /** The changes that delete all that was found, records that cannot be parsed included. */
  readonly removal: readonly StoreChange[];
}

/** Reads the records that other agents have handed over. @throws AgentError as the store. */
export async function findHandedOver(store: Store, hubName: string): Promise<HandedOver> {
  const records: WatchRecord[] = [];
  const removal: StoreChange[] = [];
  for await (const [key, value] of store.entries({ prefix: handedOverPrefix(hubName) })) {
    const record = readRecord(value);
    if (record) records.push(record);
    removal.push({ type: 'delete', key });
  }
  return { records, removal };
}
