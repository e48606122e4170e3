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

/** Beyond, the oldest jobs are left out. */
const MAX_JOBS = 10_000;
const PAGE_SIZE = 250;
const LIST_MS = 60_000;
/** The whole list is read again after this time, for jobs that the hub has forgotten. */
const LIST_AGAIN_MS = 60_000;
/** While a list fails, it is read again after this time. */
const RETRY_MS = 10_000;
/** Whoever has looked is taken to look for this time: the hub is polled for changes meanwhile. */
const VIEWED_MS = 60_000;
/** Without anybody who looks, what is known is forgotten after this time. */
const KEPT_MS = 600_000;
/** Jobs that have left the lists of active jobs are read one by one, so many in a round. */
const MAX_READS = 10;

/**
 * All jobs of one hub, in memory, for those who look at them: one list for everybody, kept up to date by whatever the hub
 * returns to the agent for any reason. Nothing is kept, and the hub is asked for nothing, while nobody looks.
 */
export class JobIndex {
  readonly #options: JobIndexOptions;
  readonly #jobs = new Map<string, IndexedJob>();
  readonly #listeners = new Set<(jobId: string) => void>();
  readonly #viewListeners = new Set<() => void>();
  #viewedAtMs = -Infinity;
  #generation = 0;
  /** When the last whole list was begun; undefined before the first that could be read. */
  #listedAtMs: number | undefined;
  /** Of the last list, if it could not be read. */
  #failure: unknown;
  #failedAtMs = -Infinity;
  #listing: Promise<void> | undefined;
  readonly #stop = new AbortController();

  constructor(options: JobIndexOptions) {
    this.#options = options;
    const unsubscribe = options.hub.onJob((seen) => this.#see(seen));
    this.#stop.signal.addEventListener('abort', unsubscribe, { once: true });
  }

  /** Whether somebody has looked lately. */
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
   * Resolves once the whole list of the hub has been read, at once if it was read before; it is then read again in the
   * background now and then.
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

  /** A refused count has become known, on which the outcome of a job depends. */
  touch(jobId: string): void {
    if (this.#jobs.has(jobId)) this.announce(jobId);
  }

  /** A job has changed elsewhere: in the agent's queue. */
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

  /** A tenth at once, because finding the oldest takes a look at all. */
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
      // A list that was cut says nothing about the jobs that it does not contain.
      if (continuationToken === undefined) for (const jobId of known) this.#remove(jobId);
      this.#listedAtMs = startMs;
    } catch (error) {
      this.#failure = error;
      this.#failedAtMs = this.#nowMs();
      log.debug({ err: error }, 'could not list the jobs of the hub for those who look at them');
      throw error;
    } finally {
      this.#listing = undefined;
      context.dispose();
    }
  }
}

/** When a job was created, for sorting; 0 if that is not known. */
export const createdMs = (job: Job): number => (job.createdTime ?? job.startTime)?.getTime() ?? 0;
