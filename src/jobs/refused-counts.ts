import type { CallContext } from '../core/call-context.js';
import { isAgentError } from '../core/errors.js';
import { type Job, readJobResult } from '../iothub/documents.js';
import type { HubOperations } from '../iothub/ports.js';
import { EmptyPageCounter } from './empty-pages.js';
import { isCompleted, isMethodJob } from './outcome.js';

export interface RefusedCountsOptions {
  /** How many jobs are remembered; the oldest are forgotten first. */
  readonly capacity?: number;
  /** Called when the count of a job has been read. */
  readonly onRead?: (jobId: string) => void;
}

const DEFAULT_CAPACITY = 10_000;
const PAGE_SIZE = 1000;
const FIRST_REFUSED_STATUS = 400;

/**
 * Counts the devices that refused each completed method job of one hub. For the hub, a device that responds with status
 * 500 has succeeded, so the responses must be read; they never change, so reading them once is enough.
 */
export class RefusedCounts {
  readonly #known = new Map<string, number>();
  /** Reads in flight; a second caller waits for the first. */
  readonly #reading = new Map<string, Promise<number | undefined>>();
  readonly #capacity: number;
  readonly #onRead: (jobId: string) => void;

  constructor(options: RefusedCountsOptions = {}) {
    this.#capacity = options.capacity ?? DEFAULT_CAPACITY;
    this.#onRead = options.onRead ?? (() => undefined);
  }

  /** The count, if it is known without a request: remembered, or 0 because no device has responded. */
  known(job: Job): number | undefined {
    if (!isMethodJob(job) || !isCompleted(job)) return undefined;
    const { succeededCount, deviceCount } = job.counts;
    if (succeededCount === 0 || deviceCount === 0) return 0;
    return job.jobId === undefined ? undefined : this.#known.get(job.jobId);
  }

  /**
   * Returns the count, reading the job's results if necessary. Returns undefined if there are more than `maxRows` results
   * or they cannot be read: a missing count never fails the call.
   */
  async read(context: CallContext, hub: HubOperations, job: Job, maxRows: number): Promise<number | undefined> {
    const known = this.known(job);
    if (known !== undefined || !isMethodJob(job) || !isCompleted(job) || job.jobId === undefined) return known;
    if ((job.counts.deviceCount ?? 0) > maxRows) return undefined;
    const { jobId } = job;
    const started = this.#reading.get(jobId);
    if (started) return await beforeAbort(started, context.signal);
    const reading = countRefused(context, hub, jobId, maxRows).finally(() => this.#reading.delete(jobId));
    this.#reading.set(jobId, reading);
    const count = await reading;
    if (count !== undefined) this.#remember(jobId, count);
    return count;
  }

  #remember(jobId: string, count: number): void {
    this.#known.delete(jobId);
    this.#known.set(jobId, count);
    if (this.#known.size > this.#capacity) this.#known.delete(this.#known.keys().next().value as string);
    this.#onRead(jobId);
  }
}

function beforeAbort(reading: Promise<number | undefined>, signal: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    reading.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

async function countRefused(
  context: CallContext,
  hub: HubOperations,
  jobId: string,
  maxRows: number,
): Promise<number | undefined> {
  const query = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'`;
  let continuationToken: string | undefined;
  const emptyPages = new EmptyPageCounter();
  let rows = 0;
  let refused = 0;
  try {
    do {
      const token = continuationToken === undefined ? {} : { continuationToken };
      const page = await hub.query(context, { query, pageSize: Math.min(PAGE_SIZE, maxRows), ...token });
      emptyPages.count(page);
      rows += page.items.length;
      refused += page.items.filter((item) => (readJobResult(item).methodStatus ?? 0) >= FIRST_REFUSED_STATUS).length;
      continuationToken = page.continuationToken;
    } while (continuationToken !== undefined && rows <= maxRows);
  } catch (error) {
    context.log.debug({ err: error, jobId }, 'could not read the responses of a job');
    if (!isAgentError(error)) throw error;
    return undefined;
  }
  return rows > maxRows ? undefined : refused;
}
