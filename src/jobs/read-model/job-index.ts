import { type CallContext, startCall } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import type { Instruments } from '../../core/instruments.js';
import type { Log } from '../../core/log.js';
import { type Job, readJob } from '../../iothub/documents.js';
import type { HubPort, SeenJob } from '../../iothub/ports.js';
import { hasEnded, isNotFound } from '../outcome.js';
import type { ActiveJobs } from '../watch/active-jobs.js';
import { type IndexedJob, isChanged, mergedJob } from './indexed-job.js';

export interface JobIndexOptions {
  readonly hub: HubPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

/** Maximum number of jobs; the oldest ones are dropped. */
const MAX_JOBS = 10_000;
const PAGE_SIZE = 250;
const LIST_MS = 60_000;
/** The whole list is read again after this time, for jobs that the hub has forgotten. */
const LIST_AGAIN_MS = 60_000;
/** While a list fails, it is read again after this time. */
const RETRY_MS = 10_000;
/** How long the hub is polled for changes after the last view. */
const VIEWED_MS = 60_000;
/** How long the index is kept after the last view. */
const KEPT_MS = 600_000;
/** Maximum number of jobs that one round reads after they have left the lists of active jobs. */
const MAX_READS = 10;

/**
 * All jobs of one hub in memory, one index for all viewers. Every response about a job that the hub sends to the agent updates
 * it. While nobody views the jobs, it is empty and sends no requests.
 */
export class JobIndex {
  readonly #options: JobIndexOptions;
  readonly #jobs = new Map<string, IndexedJob>();
  readonly #listeners = new Set<(jobId: string) => void>();
  readonly #viewListeners = new Set<() => void>();
  #viewedAtMs = -Infinity;
  #generation = 0;
  /** When the last complete list was started; undefined before the first one. */
  #listedAtMs: number | undefined;
  /** The error of the last list that could not be read. */
  #failure: unknown;
  #failedAtMs = -Infinity;
  #listing: Promise<void> | undefined;
  readonly #stop = new AbortController();

  constructor(options: JobIndexOptions) {
    this.#options = options;
    const unsubscribe = options.hub.onJob((seen) => this.#see(seen));
    this.#stop.signal.addEventListener('abort', unsubscribe, { once: true });
  }

  /** Whether somebody has viewed the jobs within the last minute. */
  get isViewed(): boolean {
    return this.#nowMs() - this.#viewedAtMs < VIEWED_MS;
  }

  /** Increases when the index is cleared, since changes may have been missed. */
  get generation(): number {
    return this.#generation;
  }

  /** Records that somebody views the jobs, or continues to. */
  view(): void {
    if (this.#nowMs() - this.#viewedAtMs >= KEPT_MS) this.#forget();
    const wasViewed = this.isViewed;
    this.#viewedAtMs = this.#nowMs();
    if (!wasViewed) for (const listener of this.#viewListeners) listener();
  }

  /** Calls `listener` when viewing starts after a time without viewers. Returns a function that unsubscribes. */
  onViewed(listener: () => void): () => void {
    this.#viewListeners.add(listener);
    return () => void this.#viewListeners.delete(listener);
  }

  /** Calls `listener` for each job that is new or has changed, or is gone. Returns a function that unsubscribes. */
  onChange(listener: (jobId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get(jobId: string): IndexedJob | undefined {
    return this.#jobs.get(jobId);
  }

  /** The jobs that are known now. */
  get jobs(): Iterable<IndexedJob> {
    return this.#jobs.values();
  }

  /**
   * Resolves once the complete list of the hub has been read; at once if it was read before, in which case it is refreshed in
   * the background after a minute.
   * @throws AgentError as the hub port if the list has never been read.
   */
  async ready(): Promise<void> {
    this.view();
    if (!this.#listing && this.#isListDue()) {
      this.#listing = this.#list();
      this.#listing.catch(() => undefined);
    }
    if (this.#listedAtMs !== undefined) return;
    if (!this.#listing) throw this.#failure;
    await this.#listing;
  }

  /** Announces a job whose refused count, and therefore outcome, has changed. */
  touch(jobId: string): void {
    if (this.#jobs.has(jobId)) this.announce(jobId);
  }

  /** Notifies listeners of a job that has changed elsewhere, such as in the agent's queue. */
  announce(jobId: string): void {
    for (const listener of this.#listeners) listener(jobId);
  }

  /** Reads jobs that the latest lists of active jobs no longer contain, to find out how they ended. */
  async settle(context: CallContext, active: ActiveJobs, isWaiting: (jobId: string) => boolean): Promise<void> {
    const gone = [...this.#jobs.values()].filter(
      ({ jobId, job }) => !hasEnded(job) && job.status !== 'unknown' && !active.get(jobId) && !isWaiting(jobId),
    );
    const hub = this.#options.hub.lane('background');
    for (const { jobId } of gone.slice(0, MAX_READS)) {
      try {
        await hub.getJob(context, jobId);
      } catch (error) {
        if (isAgentError(error, 'JobNotFound')) this.#remove(jobId);
        else if (context.signal.aborted) return;
      }
    }
  }

  /** Ends the subscription to the hub. */
  close(): void {
    this.#stop.abort(new Error('the index is closed'));
    this.#listeners.clear();
    this.#viewListeners.clear();
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #isListDue(): boolean {
    const nowMs = this.#nowMs();
    const isOld = this.#listedAtMs === undefined || nowMs - this.#listedAtMs >= LIST_AGAIN_MS;
    return isOld && nowMs - this.#failedAtMs >= RETRY_MS;
  }

  #forget(): void {
    this.#generation += 1;
    this.#jobs.clear();
    this.#listedAtMs = undefined;
  }

  #see({ document, request }: SeenJob): void {
    if (this.#nowMs() - this.#viewedAtMs >= KEPT_MS) return;
    const seen = readJob(document);
    const jobId = seen.jobId ?? request?.jobId;
    if (jobId === undefined) return;
    if (isNotFound(seen)) return this.#remove(jobId);
    const before = this.#jobs.get(jobId);
    const job = mergedJob(before, seen, request, this.#options.clock.nowMs());
    if (!job || (before && !isChanged(before.job, job))) return;
    this.#jobs.set(jobId, { jobId, job });
    if (this.#jobs.size > MAX_JOBS) this.#dropOldest();
    this.announce(jobId);
  }

  #remove(jobId: string): void {
    if (this.#jobs.delete(jobId)) this.announce(jobId);
  }

  /** Drops a tenth at once, because finding the oldest jobs means sorting all of them. */
  #dropOldest(): void {
    const byAge = [...this.#jobs.values()].sort((a, b) => createdMs(a.job) - createdMs(b.job));
    for (const { jobId } of byAge.slice(0, MAX_JOBS / 10)) this.#jobs.delete(jobId);
  }

  async #list(): Promise<void> {
    const { clock, log, instruments, hub } = this.#options;
    const startMs = this.#nowMs();
    const context = startCall({ timeoutMs: LIST_MS, clock, log, instruments, signal: this.#stop.signal });
    const known = new Set(this.#jobs.keys());
    try {
      let continuationToken: string | undefined;
      let count = 0;
      do {
        const token = continuationToken === undefined ? {} : { continuationToken };
        const page = await hub.lane('background').listJobs(context, { pageSize: PAGE_SIZE, ...token });
        count += page.items.length;
        for (const document of page.items) known.delete(readJob(document).jobId ?? '');
        continuationToken = page.continuationToken;
      } while (continuationToken !== undefined && count < MAX_JOBS);
      // Jobs that are missing from a truncated list may still exist.
      if (continuationToken === undefined) for (const jobId of known) this.#remove(jobId);
      this.#listedAtMs = startMs;
    } catch (error) {
      this.#failure = error;
      this.#failedAtMs = this.#nowMs();
      log.debug({ err: error }, 'could not list the jobs of the hub for its viewers');
      throw error;
    } finally {
      this.#listing = undefined;
      context.dispose();
    }
  }
}

/** Returns when a job was created, in epoch milliseconds, for sorting; 0 if unknown. */
export const createdMs = (job: Job): number => (job.createdTime ?? job.startTime)?.getTime() ?? 0;
