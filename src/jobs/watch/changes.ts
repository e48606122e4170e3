import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import { type Job, readJob } from '../../iothub/documents.js';
import type { HubDocument } from '../../iothub/ports.js';
import type { ActiveJobs } from './active-jobs.js';
import type { ChangeNotifier } from './change-notifier.js';
import type { ScheduledJob } from '../environment.js';
import { hasEnded, isNotFound } from '../outcome.js';
import { withShownStatus } from '../shown-status.js';
import type { WatchList } from './watch-list.js';
import { endAsUnknown, newRecord, observe, type WatchRecord, withThing } from './record.js';

/** More jobs than these are not taken up from others; those of this agent always are. */
const MAX_WATCHED = 10_000;
/** A job that the hub does not know is looked for at least so often, and for so long. */
const MAX_MISSES = 3;
const MISSING_GRACE_MS = 60_000;

export interface WatchChangesOptions {
  readonly list: WatchList;
  readonly notifier: ChangeNotifier;
  readonly thingNames: readonly string[];
  readonly watchAll: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Looks at a job that the hub did not know. */
interface Misses {
  readonly count: number;
  /** On the monotonic clock: the wall clock may be set, and must not end the watch over a job. */
  readonly sinceMs: number;
}

/** What happens to the watched jobs: each change is in the store before it is notified. */
export class WatchChanges {
  readonly #options: WatchChangesOptions;
  readonly #misses = new Map<string, Misses>();

  constructor(options: WatchChangesOptions) {
    this.#options = options;
  }

  /** A Thing is about to schedule a job; resolves when that is in the store. */
  async scheduling(thing: string, job: ScheduledJob): Promise<void> {
    const { list } = this.#options;
    if (!list.hasEnded(job.jobId)) await list.put(this.#recordFor(thing, job, false));
  }

  /** The hub accepted it. */
  async scheduled(thing: string, job: ScheduledJob, document: HubDocument): Promise<void> {
    const { list } = this.#options;
    if (list.hasEnded(job.jobId)) return;
    const record = this.#recordFor(thing, job, true);
    await list.put({ ...record, isConfirmed: true });
    const { startTime } = job;
    const seen = { ...(startTime === undefined ? {} : { startTime }), ...readJob(document), type: job.type };
    // A job that exists already may have ended: then its answers have to be read before that is notified.
    const isKnown = seen.status !== undefined && !hasEnded(seen) && !isNotFound(readJob(document));
    if (record.seen === undefined && isKnown) await this.observed(job.jobId, seen, undefined);
  }

  /** The hub refused it: there is no such job. */
  async refused(job: ScheduledJob): Promise<void> {
    const { list } = this.#options;
    const record = list.get(job.jobId);
    this.#misses.delete(job.jobId);
    if (record && !record.isConfirmed) await list.remove(job.jobId, false);
  }

  /** The hub has the job as `job`. */
  async observed(jobId: string, job: Job, refusedCount: number | undefined): Promise<void> {
    const { list, notifier, clock, thingNames } = this.#options;
    this.#misses.delete(jobId);
    const record = list.get(jobId);
    // An end is final, whatever a list that lags behind still shows.
    if (!record || record.hasEnded) return;
    const nowMs = clock.nowMs();
    const observation = { job: withShownStatus(job, nowMs), refusedCount, atMs: nowMs };
    const next = observe(record, observation, thingNames);
    const isChanged = next.pending !== record.pending || !record.isConfirmed || next.hasEnded;
    if (isChanged) await list.put(next);
    notifier.notify(jobId);
  }

  /**
   * The hub does not know the job (yet, or any more). After a while a job that was seen before ends as `unknown`; one
   * that never was is not watched any longer, since it was never created.
   */
  async missed(jobId: string): Promise<void> {
    const { list, notifier, clock, thingNames, log } = this.#options;
    const record = list.get(jobId);
    if (!record || record.hasEnded || !this.#isGone(jobId)) return;
    this.#misses.delete(jobId);
    log.info({ jobId }, 'the hub does not know this job any more; the agent stops watching it');
    if (record.seen === undefined) return await list.remove(jobId, false);
    await list.put(endAsUnknown(record, clock.nowMs(), thingNames));
    notifier.notify(jobId);
  }

  /** Takes up the jobs of others. */
  async takeUp(active: ActiveJobs): Promise<void> {
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
