import { untilAborted } from '../../core/promises.js';
import { type CallContext, startPart } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { Job } from '../../iothub/documents.js';
import type { HubOperations } from '../../iothub/ports.js';
import { jobAskedFor } from '../job-document.js';
import { hasEnded, isNotFound } from '../outcome.js';
import type { RefusedCounts } from '../refused-counts.js';
import type { WatchChanges } from './changes.js';

export interface JobPollerOptions {
  readonly hub: HubOperations;
  readonly changes: WatchChanges;
  readonly refusedCounts: RefusedCounts;
  /** The pause after the first failed read of a job. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

const POLLS_AT_ONCE = 4;
const POLL_MS = 15_000;
/** A job whose last read failed is given less time, so that it delays the others less. */
const REPEATED_POLL_MS = 5000;
const MAX_ANSWERS = 10_000;
const READING_MS = 20_000;

/**
 * Reads watched jobs one by one. A job that the hub refuses, does not answer or returns in an unreadable form does not keep
 * the others from being read.
 */
export class JobPoller {
  readonly #options: JobPollerOptions;
  readonly #schedule: PollSchedule;

  constructor(options: JobPollerOptions) {
    this.#options = options;
    this.#schedule = new PollSchedule(options.pauseMs);
  }

  /** Reads each job that is due once. Resolves when all reads have ended; never rejects. */
  async poll(context: CallContext, jobIds: readonly string[]): Promise<void> {
    const queue = this.#schedule.due(jobIds, this.#options.clock.monotonicMs());
    const worker = async (): Promise<void> => {
      for (let jobId = queue.shift(); jobId !== undefined; jobId = queue.shift()) {
        if (context.signal.aborted) return;
        await this.#attempt(context, jobId);
      }
    };
    await Promise.all(Array.from({ length: POLLS_AT_ONCE }, worker));
  }

  async #attempt(context: CallContext, jobId: string): Promise<void> {
    this.#schedule.begin(jobId);
    try {
      await this.#pollJob(context, jobId);
      const failures = this.#schedule.succeed(jobId);
      if (failures > 0) this.#options.log.info({ jobId, failures }, 'a watched job can be read again');
    } catch (error) {
      // The end of the round or an exhausted budget says nothing about this job.
      if (context.signal.aborted || isOutOfBudget(error)) return;
      this.#logFailure(jobId, this.#schedule.fail(jobId, this.#options.clock.monotonicMs()), error);
    }
  }

  #logFailure(jobId: string, failures: number, error: unknown): void {
    const { log } = this.#options;
    const fields = { err: error, jobId, failures };
    if (failures === 1) log.warn(fields, 'a watched job cannot be read; the agent keeps trying');
    else log.debug(fields, 'a watched job still cannot be read');
  }

  async #pollJob(context: CallContext, jobId: string): Promise<void> {
    const job = await this.#read(context, jobId);
    const { changes } = this.#options;
    if (!job || isNotFound(job)) await changes.missed(jobId);
    else await changes.observed(jobId, job, hasEnded(job) ? await this.#refusedCount(context, job) : undefined);
  }

  async #read(context: CallContext, jobId: string): Promise<Job | undefined> {
    const part = startPart(context, { maxMs: this.#schedule.failures(jobId) > 0 ? REPEATED_POLL_MS : POLL_MS });
    try {
      return jobAskedFor(await untilAborted(part.signal, this.#options.hub.getJob(part, jobId)), jobId);
    } catch (error) {
      if (isAgentError(error, 'JobNotFound')) return undefined;
      throw error;
    } finally {
      part.dispose();
    }
  }

  /** Returns undefined if the responses cannot be read: the end of the job is notified without the count. */
  async #refusedCount(context: CallContext, job: Job): Promise<number | undefined> {
    const { hub, refusedCounts, log } = this.#options;
    const part = startPart(context, { maxMs: READING_MS });
    try {
      return await untilAborted(part.signal, refusedCounts.read(part, hub, job, MAX_ANSWERS));
    } catch (error) {
      log.debug({ err: error, jobId: job.jobId }, 'could not read the responses of an ended job');
      return undefined;
    } finally {
      part.dispose();
    }
  }
}

/** Whether the agent's own budget refused the request, not the hub. */
function isOutOfBudget(error: unknown): boolean {
  return isAgentError(error, 'HubThrottled') && error.context['httpStatus'] === undefined;
}

/** The state of a job whose reads fail. */
interface Failing {
  readonly failures: number;
  /** When it is read next, on the monotonic clock. */
  readonly dueAtMs: number;
}

const MAX_PAUSE_MS = 60_000;

/**
 * The order in which jobs are read one by one. The job that has waited longest comes first, so that a round that ends
 * early starves none. A job whose reads fail pauses longer each time, up to a minute. All times are of the monotonic
 * clock.
 */
export class PollSchedule {
  readonly #pauseMs: number;
  readonly #polledAt = new Map<string, number>();
  readonly #failing = new Map<string, Failing>();
  #polls = 0;

  /** @param pauseMs the pause after the first failure. */
  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** The jobs among `jobIds` that may be read now, in order. Forgets every other job. */
  due(jobIds: readonly string[], nowMs: number): string[] {
    const wanted = new Set(jobIds);
    for (const known of [this.#polledAt, this.#failing])
      for (const jobId of known.keys()) if (!wanted.has(jobId)) known.delete(jobId);
    const order = (jobId: string): number => this.#polledAt.get(jobId) ?? -1;
    return jobIds
      .filter((jobId) => (this.#failing.get(jobId)?.dueAtMs ?? -Infinity) <= nowMs)
      .sort((a, b) => order(a) - order(b));
  }

  /** Records that a read of the job starts. */
  begin(jobId: string): void {
    this.#polledAt.set(jobId, this.#polls);
    this.#polls += 1;
  }

  /** Records a success. Returns how many consecutive reads had failed before. */
  succeed(jobId: string): number {
    const failures = this.failures(jobId);
    this.#failing.delete(jobId);
    return failures;
  }

  /** Records a failure. Returns the number of consecutive failures. */
  fail(jobId: string, nowMs: number): number {
    const failures = this.failures(jobId) + 1;
    const pauseMs = Math.min(MAX_PAUSE_MS, this.#pauseMs * 2 ** Math.min(failures - 1, 20));
    this.#failing.set(jobId, { failures, dueAtMs: nowMs + pauseMs });
    return failures;
  }

  failures(jobId: string): number {
    return this.#failing.get(jobId)?.failures ?? 0;
  }
}
