import { untilAborted } from '../../core/abortable.js';
import type { CallContext } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { Job } from '../../iothub/documents.js';
import type { HubOperations } from '../../iothub/ports.js';
import { jobAskedFor } from '../job-document.js';
import { LookSchedule } from './look-schedule.js';
import { hasEnded, isNotFound } from '../outcome.js';
import type { RefusedCounts } from '../refused-counts.js';
import { startPart } from '../../core/call-context.js';
import type { WatchChanges } from './changes.js';

export interface JobLooksOptions {
  readonly hub: HubOperations;
  readonly changes: WatchChanges;
  readonly refusedCounts: RefusedCounts;
  /** The pause after the first failed look at a job. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOKS_AT_ONCE = 4;
const LOOK_MS = 15_000;
/** A job whose last look failed takes less of the round from the others. */
const REPEATED_LOOK_MS = 5000;
const MAX_ANSWERS = 10_000;
const READING_MS = 20_000;

/**
 * Looks at watched jobs one by one, with GetJob. Whatever happens at one of them, refused, unreadable or never answered,
 * the others are looked at all the same.
 */
export class JobLooks {
  readonly #options: JobLooksOptions;
  readonly #schedule: LookSchedule;

  constructor(options: JobLooksOptions) {
    this.#options = options;
    this.#schedule = new LookSchedule(options.pauseMs);
  }

  /** Looks once at each of the jobs that are due. Resolves when no look runs any more; never rejects. */
  async lookAt(context: CallContext, jobIds: readonly string[]): Promise<void> {
    const queue = this.#schedule.due(jobIds, this.#options.clock.monotonicMs());
    const worker = async (): Promise<void> => {
      for (let jobId = queue.shift(); jobId !== undefined; jobId = queue.shift()) {
        if (context.signal.aborted) return;
        await this.#attempt(context, jobId);
      }
    };
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, worker));
  }

  async #attempt(context: CallContext, jobId: string): Promise<void> {
    this.#schedule.begin(jobId);
    try {
      await this.#look(context, jobId);
      const failures = this.#schedule.succeed(jobId);
      if (failures > 0) this.#options.log.info({ jobId, failures }, 'a watched job can be read again');
    } catch (error) {
      // The end of the round and a budget that is used up say nothing about this job.
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

  async #look(context: CallContext, jobId: string): Promise<void> {
    const job = await this.#read(context, jobId);
    const { changes } = this.#options;
    if (!job || isNotFound(job)) await changes.missed(jobId);
    else await changes.observed(jobId, job, hasEnded(job) ? await this.#refusedCount(context, job) : undefined);
  }

  async #read(context: CallContext, jobId: string): Promise<Job | undefined> {
    const part = startPart(context, { maxMs: this.#schedule.failures(jobId) > 0 ? REPEATED_LOOK_MS : LOOK_MS });
    try {
      return jobAskedFor(await untilAborted(part.signal, this.#options.hub.getJob(part, jobId)), jobId);
    } catch (error) {
      if (isAgentError(error, 'JobNotFound')) return undefined;
      throw error;
    } finally {
      part.dispose();
    }
  }

  /** The end of a job is notified in any case: without the count when the answers cannot be read. */
  async #refusedCount(context: CallContext, job: Job): Promise<number | undefined> {
    const { hub, refusedCounts, log } = this.#options;
    const part = startPart(context, { maxMs: READING_MS });
    try {
      return await untilAborted(part.signal, refusedCounts.read(part, hub, job, MAX_ANSWERS));
    } catch (error) {
      log.debug({ err: error, jobId: job.jobId }, 'the answers of an ended job could not be read');
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
