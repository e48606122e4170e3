import type { Clock } from '../../core/clock.js';
import { AgentError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { Job } from '../../iothub/documents.js';
import type { Store, StoreChange } from '../../store/store.js';
import { JobHistoryCleaner } from './history-cleaner.js';
import { HistoryKeys } from './history-keys.js';
import { type PastJob, pastRecord, readPastRecord } from './past-job.js';

export interface JobHistoryOptions {
  readonly store: Store;
  /** The hub's name in the configuration: part of the keys in the store. */
  readonly hubName: string;
  /** `history.jobDays`: how many days a job is kept after its end. */
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface PastJobsRequest {
  /** Maximum number of jobs; the page may have fewer, and more may follow nevertheless. */
  readonly size: number;
  /** The position after which the page begins; the newest jobs if absent, or for a text that is no position. */
  readonly continuationToken?: string | undefined;
  /** Selects jobs; all if absent. */
  readonly isWanted?: (past: PastJob) => boolean;
  /** Stops reading when it aborts. */
  readonly signal: AbortSignal;
}

/** A job with its place in the order of ends, which is the same for all hubs: a later end is a greater text. */
export type ListedPast = PastJob & { readonly position: string };

export interface PastJobsPage {
  /** The one that ended last comes first. */
  readonly jobs: readonly ListedPast[];
  /** The position of the last job; absent from the last page. */
  readonly continuationToken?: string;
}

/** A page ends once its records have this many characters in total, since each can be as long as a payload. */
const MAX_PAGE_CHARACTERS = 1_048_576;

/** The jobs of one hub that were watched and have ended, kept for `history.jobDays`. One agent at a time writes them. */
export class JobHistory {
  readonly #options: JobHistoryOptions;
  readonly #keys: HistoryKeys;
  readonly #cleaner: JobHistoryCleaner;

  constructor(options: JobHistoryOptions) {
    this.#options = options;
    this.#keys = new HistoryKeys(options.hubName);
    this.#cleaner = new JobHistoryCleaner({ ...options, keys: this.#keys });
  }

  /** Starts to delete jobs that have been kept for `days`. */
  start(): void {
    this.#cleaner.start();
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    await this.#cleaner.stop();
  }

  /**
   * Returns the changes that add a job, in place of an earlier one with its id.
   * @param job its last state, with the status that is shown.
   * @throws AgentError as the store.
   */
  async changesFor(job: Job & { readonly jobId: string }, refusedCount: number | undefined): Promise<StoreChange[]> {
    const { jobId, endTime } = job;
    const nowMs = this.#options.clock.nowMs();
    // With a hub whose clock is ahead, jobs would be kept for longer than configured.
    const endMs = Math.min(endTime?.getTime() ?? nowMs, nowMs);
    const [key, idKey] = [this.#keys.record(jobId, endMs), this.#keys.id(jobId, endMs)];
    const earlier = (await this.#idKeys(jobId)).filter((other) => other !== idKey);
    return [
      ...earlier.flatMap((other) => [other, this.#keys.recordOfId(other)]).map((other) => deletion(other)),
      { type: 'put', key, value: pastRecord(job, refusedCount) },
      { type: 'put', key: idKey, value: 1 },
    ];
  }

  /** Returns the job with this id; undefined if the history does not have it. @throws AgentError as the store. */
  async find(jobId: string): Promise<PastJob | undefined> {
    const idKey = (await this.#idKeys(jobId)).at(-1);
    return idKey === undefined
      ? undefined
      : readPastRecord(await this.#options.store.get(this.#keys.recordOfId(idKey)));
  }

  /**
   * Returns one page of jobs, the one that ended last first.
   * @throws AgentError `ServiceTimeout` when the signal aborts, and as the store.
   */
  async page({ size, continuationToken, isWanted, signal }: PastJobsRequest): Promise<PastJobsPage> {
    const { first: from, end } = this.#keys;
    // Without a filter, every record that can be read is returned.
    const limit = isWanted ? Infinity : size;
    const jobs: ListedPast[] = [];
    let [characters, records, position] = [0, 0, ''];
    const to = (continuationToken === undefined ? undefined : this.#keys.at(continuationToken)) ?? end;
    const range = { from, to, reverse: true, ...(isWanted ? {} : { limit }) };
    for await (const [key, value] of this.#options.store.entries(range)) {
      if (signal.aborted) throw readTooLong();
      records += 1;
      position = this.#keys.positionOf(key);
      const past = readPastRecord(value);
      if (!past || isWanted?.(past) === false) continue;
      jobs.push({ ...past, position });
      characters += past.size;
      if (jobs.length >= size || characters >= MAX_PAGE_CHARACTERS) return { jobs, continuationToken: position };
    }
    // A record that cannot be read shortens the page; more records may follow.
    return records < limit ? { jobs } : { jobs, continuationToken: position };
  }

  /** Returns the keys that lead to the records of this id: at most one, since a later end replaces an earlier one. */
  async #idKeys(jobId: string): Promise<string[]> {
    const found: string[] = [];
    for await (const [key] of this.#options.store.entries({ prefix: this.#keys.ids(jobId) })) found.push(key);
    return found;
  }
}

const deletion = (key: string): StoreChange => ({ type: 'delete', key });

function readTooLong(): AgentError {
  return new AgentError(
    'ServiceTimeout',
    'The call timed out while it read the history of jobs; set maxItems, or request one type or status.',
  );
}
