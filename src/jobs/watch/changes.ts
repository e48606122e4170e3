import type { Clock } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import { type Job, readJob } from '../../iothub/documents.js';
import type { HubDocument } from '../../iothub/ports.js';
import type { ActiveJobs } from './active-jobs.js';
import type { ChangeNotifier } from './change-notifier.js';
import type { ScheduledJob } from '../environment.js';
import type { JobHistory } from '../history/job-history.js';
import { hasEnded, isNotFound, type JobOutcome, outcomeOf } from '../outcome.js';
import { withShownStatus } from '../shown-status.js';
import type { ChangesBeside, WatchList } from './watch-list.js';
import { endAsUnknown, newRecord, observe, type WatchRecord, withThing } from './record.js';

/** With more jobs than this, jobs of other clients are no longer watched; jobs of this agent always are. */
const MAX_WATCHED = 10_000;
/** A job is considered gone after this many unsuccessful reads over at least this time. */
const MAX_MISSES = 3;
const MISSING_GRACE_MS = 60_000;

export interface WatchChangesOptions {
  readonly list: WatchList;
  readonly notifier: ChangeNotifier;
  readonly thingNames: readonly string[];
  readonly watchAll: boolean;
  /** Called for each job of the hub that is seen to have ended. */
  readonly onEnded?: ((jobId: string) => void) | undefined;
  /** Keeps the jobs that have ended; absent without persistent state. */
  readonly history?: JobHistory | undefined;
  /** Reads a job that ended in the agent's queue, which the hub never had. */
  readonly findQueued?: ((jobId: string) => Promise<HubDocument | undefined>) | undefined;
  /** Called once for each watched job that has ended. */
  readonly onOutcome?: (outcome: JobOutcome) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Consecutive reads of a job for which the hub did not know it. */
interface Misses {
  readonly count: number;
  /** On the monotonic clock, because setting the wall clock must not stop the watch of a job. */
  readonly sinceMs: number;
}

/** Applies what happens to watched jobs. Each change is stored before the platform is notified of it. */
export class WatchChanges {
  readonly #options: WatchChangesOptions;
  readonly #misses = new Map<string, Misses>();

  constructor(options: WatchChangesOptions) {
    this.#options = options;
  }

  /** To be called before a Thing schedules a job; resolves when the record is in the store. */
  async scheduling(thing: string, job: ScheduledJob): Promise<void> {
    const { list } = this.#options;
    if (!list.hasEnded(job.jobId)) await list.put(this.#recordFor(thing, job, false));
  }

  /** To be called when the hub has accepted the job. */
  async scheduled(thing: string, job: ScheduledJob, document: HubDocument): Promise<void> {
    const { list, clock } = this.#options;
    if (list.hasEnded(job.jobId)) return;
    const record = this.#recordFor(thing, job, true);
    const { startTime } = job;
    const seen = { ...(startTime === undefined ? {} : { startTime }), ...readJob(document), type: job.type };
    // A job that already exists may have ended; its responses must then be read before its end is notified.
    const isKnown = seen.status !== undefined && !hasEnded(seen) && !isNotFound(readJob(document));
    const isFirst = record.seen === undefined || record.seen.status === 'queued';
    // One write for both facts: the store is written four times for each scheduled job otherwise, and not three.
    if (isFirst && isKnown) await this.#shown(record, withShownStatus(seen, clock.nowMs()), undefined);
    else await list.put({ ...record, isConfirmed: true });
  }

  /** To be called when the hub has refused the job, which therefore does not exist. */
  async refused(job: ScheduledJob): Promise<void> {
    const { list } = this.#options;
    const record = list.get(job.jobId);
    this.#misses.delete(job.jobId);
    if (record && !record.isConfirmed) await list.remove(job.jobId, false);
  }

  /** Applies the state of a job in the agent's queue, with the status that is shown. A job that is not watched is ignored. */
  async queued(thing: string, job: Job & ScheduledJob): Promise<void> {
    const { list } = this.#options;
    const record = list.get(job.jobId);
    if (record) await this.#shown(withThing(record, thing), job, undefined);
  }

  /** Applies the state of a job as the hub returned it. */
  async observed(jobId: string, job: Job, refusedCount: number | undefined): Promise<void> {
    const { list, clock, onEnded } = this.#options;
    if (hasEnded(job)) onEnded?.(jobId);
    this.#misses.delete(jobId);
    const record = list.get(jobId);
    // An end is final, even if an outdated list still shows the job as active.
    if (record && !record.hasEnded) await this.#shown(record, withShownStatus(job, clock.nowMs()), refusedCount);
  }

  async #shown(record: WatchRecord, job: Job, refusedCount: number | undefined): Promise<void> {
    const { list, notifier, clock, thingNames } = this.#options;
    const { jobId } = record;
    this.#misses.delete(jobId);
    if (record.hasEnded) return;
    const next = observe(record, { job, refusedCount, atMs: clock.nowMs() }, thingNames);
    const isChanged = next.pending !== record.pending || !record.isConfirmed || next.hasEnded;
    if (next.hasEnded) this.#options.onOutcome?.(outcomeOf(job, refusedCount));
    if (isChanged) await list.put(next, next.hasEnded ? this.#historyOf({ ...job, jobId }, refusedCount) : undefined);
    notifier.notify(jobId);
  }

  /** The changes that add the last row of a job to the history, together with its end. */
  #historyOf(job: Job & { readonly jobId: string }, refusedCount: number | undefined): ChangesBeside | undefined {
    const { history, findQueued, log } = this.#options;
    return (
      history &&
      (async () => {
        try {
          const queued = await findQueued?.(job.jobId);
          return await history.changesFor(queued ? { ...readJob(queued), jobId: job.jobId } : job, refusedCount);
        } catch (error) {
          if (isAgentError(error)) throw error;
          // A row that cannot be written must not keep the end of the job from being notified.
          log.error({ err: error, jobId: job.jobId }, 'could not add a job to the history');
          return [];
        }
      })
    );
  }

  /**
   * Records that the hub does not know the job. After a while a job that was seen before ends as `unknown`; one that was
   * never seen is no longer watched, because it was not created.
   */
  async missed(jobId: string): Promise<void> {
    const { list, notifier, clock, thingNames, log } = this.#options;
    const record = list.get(jobId);
    if (!record || record.hasEnded || !this.#isGone(jobId)) return;
    this.#misses.delete(jobId);
    log.info({ jobId }, 'the hub no longer knows this job; the agent stops watching it');
    if (record.seen === undefined) return await list.remove(jobId, false);
    this.#options.onOutcome?.('unknown');
    const lost: Job & { readonly jobId: string } = { jobId, type: record.type, status: 'unknown', counts: {} };
    await list.put(endAsUnknown(record, clock.nowMs(), thingNames), this.#historyOf(lost, undefined));
    notifier.notify(jobId);
  }

  /** Starts to watch the jobs of other clients. */
  async watchOthers(active: ActiveJobs): Promise<void> {
    const { list, clock } = this.#options;
    const records: WatchRecord[] = [];
    for (const { jobId, type } of active.states()) {
      if (jobId === undefined || list.get(jobId) || list.hasEnded(jobId)) continue;
      if (list.size + records.length >= MAX_WATCHED) break;
      records.push(newRecord(jobId, type ?? 'unknown', '*', { atMs: clock.nowMs(), isConfirmed: true }));
    }
    await Promise.all(records.map((record) => list.put(record)));
  }

  #isGone(jobId: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const { count, sinceMs } = this.#misses.get(jobId) ?? { count: 0, sinceMs: nowMs };
    this.#misses.set(jobId, { count: count + 1, sinceMs });
    return count + 1 >= MAX_MISSES && nowMs - sinceMs >= MISSING_GRACE_MS;
  }

  #recordFor(thing: string, job: ScheduledJob, isConfirmed: boolean): WatchRecord {
    const { list, clock, watchAll } = this.#options;
    const record = list.get(job.jobId);
    if (record) return withThing(record, thing);
    return newRecord(job.jobId, job.type, watchAll ? '*' : [thing], { atMs: clock.nowMs(), isConfirmed });
  }
}
