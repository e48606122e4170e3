import { type CallContext, startPart } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import { isAgentError } from '../../core/errors.js';
import { type Job, type JobResult, readJob, readJobResult } from '../../iothub/documents.js';
import { literal } from '../../hub-query/literal.js';
import type { HubPort } from '../../iothub/ports.js';
import type { JobQueue } from '../environment.js';
import type { JobHistory } from '../history/job-history.js';
import type { PastJob } from '../history/past-job.js';
import { jobAskedFor } from '../job-document.js';
import { isActive, isNotFound } from '../outcome.js';
import type { RefusedCounts } from '../refused-counts.js';
import { jobNotFound, notFoundOr } from '../services/get-job.js';
import { withShownStatus } from '../shown-status.js';
import type { JobIndex } from './job-index.js';
import { listedJob, type ListedJob } from './job-list.js';
import type { ListedPastJob, PastOfHub } from './past-list.js';

export interface HubJobsOptions {
  readonly hub: HubPort;
  /** The hub's name in the configuration. */
  readonly hubName: string;
  readonly index: JobIndex;
  readonly refusedCounts: RefusedCounts;
  /** Absent where there is no place to keep it. */
  readonly queue?: JobQueue | undefined;
  /** Likewise. */
  readonly history?: JobHistory | undefined;
  readonly clock: Clock;
}

/** The states of a device in a job; the hub itself does not tell a device that refused from one that succeeded. */
export type JobDeviceState = 'pending' | 'running' | 'succeeded' | 'refused' | 'failed' | 'cancelled';

export interface JobDevice {
  readonly state: JobDeviceState;
  readonly result: JobResult;
}

/** Which results are read. */
export interface ResultsRequest {
  readonly jobId?: string;
  readonly deviceId?: string;
  readonly state?: JobDeviceState | undefined;
  readonly pageSize: number;
  readonly continuationToken?: string | undefined;
}

/** Which past jobs are read. */
export interface PastRequest {
  /** Position of the last job of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
  readonly matches: (listed: ListedJob) => boolean;
}

export interface JobDevicePage {
  readonly devices: readonly JobDevice[];
  readonly continuationToken?: string;
}

/** What the hub calls the states of a device. */
const HUB_STATUSES: Readonly<Record<JobDeviceState, readonly string[]>> = {
  pending: ['pending', 'scheduled'],
  running: ['running'],
  succeeded: ['completed'],
  refused: ['completed'],
  failed: ['failed'],
  cancelled: ['canceled'],
};

const MAX_ANSWERS = 1000;
const READING_MS = 5000;

/** The jobs of one hub and of the agent's queue, for viewers. All requests use the background lane. */
export class HubJobs {
  readonly #options: HubJobsOptions;

  constructor(options: HubJobsOptions) {
    this.#options = options;
  }

  get index(): JobIndex {
    return this.#options.index;
  }

  /** All jobs, in no order. @throws AgentError as `JobIndex.ready`. */
  async all(): Promise<ListedJob[]> {
    await this.index.ready();
    const queued = await this.#queued();
    const waiting = new Set(queued.map(({ jobId }) => jobId));
    const others = [...this.index.jobs].filter(({ jobId }) => !waiting.has(jobId));
    return [...queued, ...others.map(({ jobId, job }) => this.shown(jobId, job))];
  }

  /** A job as it is known without a request; undefined if it is not. */
  async known(jobId: string): Promise<ListedJob | undefined> {
    const queued = await this.#options.queue?.find(jobId);
    if (queued) return listedJob(this.#options.hubName, jobId, readJob(queued), undefined);
    const indexed = this.index.get(jobId);
    return indexed && this.shown(jobId, indexed.job);
  }

  /**
   * Reads a job with its payload or patch: of the queue, of the hub, or of the history.
   * @throws AgentError `JobNotFound`, and as hub port and store.
   */
  async read(context: CallContext, jobId: string): Promise<ListedJob> {
    const { hubName, queue, history } = this.#options;
    this.index.view();
    const queued = await queue?.find(jobId);
    if (queued) return listedJob(hubName, jobId, readJob(queued), undefined);
    try {
      return await this.#readAtHub(context, jobId);
    } catch (error) {
      const past = isAgentError(error, 'JobNotFound') ? await history?.find(jobId) : undefined;
      if (!past) throw error;
      return listedJob(hubName, jobId, past.job, past.refusedCount);
    }
  }

  async #readAtHub(context: CallContext, jobId: string): Promise<ListedJob> {
    const { hub, refusedCounts } = this.#options;
    const background = hub.lane('background');
    const job = jobAskedFor(await background.getJob(context, jobId).catch(notFoundOr(jobId)), jobId);
    if (isNotFound(job)) throw jobNotFound(jobId);
    const part = startPart(context, { maxMs: READING_MS });
    try {
      return this.shown(jobId, job, await refusedCounts.read(part, background, job, MAX_ANSWERS));
    } finally {
      part.dispose();
    }
  }

  /** Reads jobs of the history that are neither in the queue nor in the list of the hub. @throws AgentError as the store. */
  async past({ signal }: CallContext, { after, limit, matches }: PastRequest): Promise<PastOfHub> {
    const { hubName: hub, queue, history, index } = this.#options;
    if (!history) return { hub, jobs: [], hasMore: false };
    const waiting = new Set(queue?.jobIds);
    const listed = ({ job, refusedCount }: PastJob): ListedJob => listedJob(hub, job.jobId, job, refusedCount);
    const page = await history.page({
      size: limit,
      continuationToken: after,
      signal,
      isWanted: (past) => {
        const { jobId } = past.job;
        return !waiting.has(jobId) && index.get(jobId) === undefined && matches(listed(past));
      },
    });
    const jobs = page.jobs.map((past): ListedPastJob => ({ listed: listed(past), position: past.position }));
    return { hub, jobs, hasMore: page.continuationToken !== undefined };
  }

  /** Whether CancelJob may succeed. */
  canBeCancelled({ job }: ListedJob): boolean {
    return isActive(job) && job.status?.toLowerCase() !== 'running';
  }

  /** Reads results page by page; a page may be empty although more follow. @throws AgentError as the hub port. */
  async results(context: CallContext, request: ResultsRequest): Promise<JobDevicePage> {
    const { state, pageSize, continuationToken } = request;
    const page = await this.#options.hub.lane('background').query(context, {
      query: queryOf(request),
      pageSize,
      ...(continuationToken === undefined ? {} : { continuationToken }),
    });
    const devices = page.items.map(readJobResult).map((result) => ({ state: stateOf(result), result }));
    return {
      devices: devices.filter((device) => state === undefined || device.state === state),
      ...(page.continuationToken === undefined ? {} : { continuationToken: page.continuationToken }),
    };
  }

  /** A job of the index with what is shown of it. */
  shown(jobId: string, job: Job, refusedCount = this.#options.refusedCounts.known(job)): ListedJob {
    const { hubName, clock } = this.#options;
    return listedJob(hubName, jobId, withShownStatus(job, clock.nowMs()), refusedCount);
  }

  async #queued(): Promise<ListedJob[]> {
    const { queue, hubName } = this.#options;
    const listed: ListedJob[] = [];
    for (const jobId of queue?.jobIds ?? []) {
      const document = await queue?.find(jobId);
      if (document) listed.push(listedJob(hubName, jobId, readJob(document), undefined));
    }
    return listed;
  }
}

function queryOf({ jobId, deviceId, state }: ResultsRequest): string {
  const statuses = state === undefined ? [] : HUB_STATUSES[state];
  const conditions = [
    ...(jobId === undefined ? [] : [`devices.jobs.jobId = ${literal(jobId)}`]),
    ...(deviceId === undefined ? [] : [`devices.jobs.deviceId = ${literal(deviceId)}`]),
    ...(statuses.length === 0
      ? []
      : [`(${statuses.map((status) => `devices.jobs.status = '${status}'`).join(' OR ')})`]),
  ];
  return `SELECT * FROM devices.jobs WHERE ${conditions.join(' AND ')}`;
}

const STATES: Readonly<Record<string, JobDeviceState>> = {
  running: 'running',
  failed: 'failed',
  canceled: 'cancelled',
  cancelled: 'cancelled',
};

function stateOf({ status = '', methodStatus = 0 }: JobResult): JobDeviceState {
  const word = status.toLowerCase();
  if (word === 'completed') return methodStatus >= 400 ? 'refused' : 'succeeded';
  return STATES[word] ?? 'pending';
}
