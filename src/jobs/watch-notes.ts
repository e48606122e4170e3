import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { type Job, readJob } from '../iothub/documents.js';
import type { HubDocument } from '../iothub/ports.js';
import type { ActiveJobs } from './active-jobs.js';
import type { ChangeTeller } from './change-teller.js';
import type { ScheduledJob } from './job-port.js';
import { hasEnded, isNotFound } from './outcome.js';
import type { WatchList } from './watch-list.js';
import { miss, newRecord, observe, type WatchRecord, withThing } from './watch-record.js';

/** More jobs than these are not taken up from others; those of this agent always are. */
const MAX_WATCHED = 10_000;

export interface WatchNotesOptions {
  readonly list: WatchList;
  readonly teller: ChangeTeller;
  readonly thingNames: readonly string[];
  readonly watchAll: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** What happens to the list of watched jobs: each change is on record before it is told. */
export class WatchNotes {
  readonly #options: WatchNotesOptions;

  constructor(options: WatchNotesOptions) {
    this.#options = options;
  }

  /** A Thing is about to schedule a job; resolves when that is on record. */
  async scheduling(thing: string, job: ScheduledJob): Promise<void> {
    const { list } = this.#options;
    if (!list.hasEnded(job.jobId)) await list.put(this.#recordFor(thing, job, false));
  }

  /** The hub said yes to it. */
  async scheduled(thing: string, job: ScheduledJob, document: HubDocument): Promise<void> {
    const { list } = this.#options;
    if (list.hasEnded(job.jobId)) return;
    const record = this.#recordFor(thing, job, true);
    await list.put({ ...record, isConfirmed: true });
    const seen = readJob(document);
    // A job that exists already may have ended: then its answers have to be read before that is told.
    const isTelling = seen.status !== undefined && !hasEnded(seen) && !isNotFound(seen);
    if (record.seen === undefined && isTelling) await this.observed(job.jobId, { ...seen, type: job.type }, undefined);
  }

  /** The hub said no: there is no such job. */
  async refused(job: ScheduledJob): Promise<void> {
    const { list } = this.#options;
    const record = list.get(job.jobId);
    if (record && !record.isConfirmed) await list.remove(job.jobId, false);
  }

  /** The hub shows the job as `job`. */
  async observed(jobId: string, job: Job, refusedCount: number | undefined): Promise<void> {
    const { list, teller, clock, thingNames } = this.#options;
    const record = list.get(jobId);
    // An end is final, whatever a list that lags behind still shows.
    if (!record || record.hasEnded) return;
    const next = observe(record, { job, refusedCount, atMs: clock.nowMs() }, thingNames);
    const isChanged = next.pending !== record.pending || !record.isConfirmed || next.hasEnded;
    if (isChanged) await list.put(next);
    teller.tell(jobId);
  }

  /** The hub does not know the job. */
  async missed(jobId: string): Promise<void> {
    const { list, teller, clock, thingNames, log } = this.#options;
    const record = list.get(jobId);
    if (!record) return;
    const next = miss(record, clock.nowMs(), thingNames);
    if (!next) {
      log.info({ jobId }, 'the hub does not know this job; it is not watched any more');
      await list.remove(jobId, false);
      return;
    }
    await list.put(next);
    teller.tell(jobId);
  }

  /** Takes up the jobs of others. */
  async takeUp(active: ActiveJobs): Promise<void> {
    const { list, clock } = this.#options;
    for (const { jobId, type } of active.states()) {
      if (jobId === undefined || list.get(jobId) || list.hasEnded(jobId)) continue;
      if (list.size >= MAX_WATCHED) return;
      await list.put(newRecord(jobId, type ?? 'unknown', '*', { atMs: clock.nowMs(), isConfirmed: true }));
    }
  }

  #recordFor(thing: string, job: ScheduledJob, isConfirmed: boolean): WatchRecord {
    const { list, clock, watchAll } = this.#options;
    const record = list.get(job.jobId);
    if (record) return withThing(record, thing);
    return newRecord(job.jobId, job.type, watchAll ? '*' : [thing], { atMs: clock.nowMs(), isConfirmed });
  }
}
