import { type Clock, systemClock } from '../../../src/core/clock.js';
import { AgentError } from '../../../src/core/errors.js';
import { createHubPort } from '../../../src/iothub/hub-port.js';
import { jobRequestBody } from '../../../src/iothub/job-request.js';
import type { HubDocument, HubOperations, HubPage, HubPort, HubTier, PageRequest } from '../../../src/iothub/ports.js';
import { tierLimits } from '../../../src/iothub/tier-limits.js';
import { NO_DEVICES } from '../iothub/no-devices.js';

type Operation = keyof HubOperations;

/** A hub in memory: jobs as documents that a test moves on, results and devices as lists. */
export class FakeHub {
  readonly jobs = new Map<string, Record<string, unknown>>();
  results: HubDocument[] = [];
  /** Answers to queries over devices, by query; a function for all. */
  devices: (query: string) => readonly HubDocument[] = () => [];
  readonly calls: { readonly operation: Operation; readonly request: unknown }[] = [];
  /** Throws instead of answering. */
  fail: (operation: Operation, request: unknown) => Error | undefined = () => undefined;
  /** The most rows of a page, whatever size is requested. */
  maxPageSize = Infinity;
  readonly operations: HubOperations;

  constructor() {
    this.operations = {
      scheduleJob: (_context, job) =>
        this.#do('scheduleJob', job, () => {
          if (this.jobs.has(job.jobId)) throw new AgentError('JobAlreadyExists', 'exists');
          const body = JSON.parse(jobRequestBody(job)) as Record<string, unknown>;
          this.jobs.set(job.jobId, { ...body, status: 'scheduled', createdTime: new Date().toISOString() });
          return { jobId: job.jobId, type: job.type, status: 'queued' };
        }),
      getJob: (_context, jobId) =>
        this.#do(
          'getJob',
          jobId,
          () => structuredClone(this.jobs.get(jobId)) ?? { jobId, type: 'unknown', status: 'unknown' },
        ),
      listJobs: (_context, request) =>
        this.#do('listJobs', request, () =>
          this.#page(
            [...this.jobs.values()].filter(
              (job) =>
                (request.status === undefined || job['status'] === request.status) &&
                (request.type === undefined || job['type'] === request.type),
            ),
            request,
          ),
        ),
      cancelJob: (_context, jobId) =>
        this.#do('cancelJob', jobId, () => {
          const job = this.jobs.get(jobId);
          if (!job) throw new AgentError('JobNotFound', 'unknown');
          if (!['scheduled', 'queued', 'pending'].includes(String(job['status'])))
            throw new AgentError('JobNotCancellable', 'not now');
          job['status'] = 'cancelled';
          return { jobId, status: 'cancelled' };
        }),
      query: (_context, request) =>
        this.#do('query', request, () =>
          this.#page(/devices\.jobs/.test(request.query) ? this.results : this.devices(request.query), request),
        ),
    };
  }

  port(options: { readonly tier?: HubTier; readonly units?: number; readonly clock?: Clock } = {}): HubPort {
    return createHubPort({
      hostName: 'hub.test',
      operations: this.operations,
      devices: NO_DEVICES,
      limits: tierLimits(options.tier ?? 'unlimited', options.units ?? 1),
      clock: options.clock ?? systemClock,
      close: () => undefined,
    });
  }

  count(operation: Operation): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  /** The body of the request that created the last job. */
  get lastBody(): Record<string, unknown> {
    const call = this.calls.findLast(({ operation }) => operation === 'scheduleJob');
    return JSON.parse(jobRequestBody(call?.request as never)) as Record<string, unknown>;
  }

  #do<T>(operation: Operation, request: unknown, answer: () => T): Promise<T> {
    this.calls.push({ operation, request });
    const failure = this.fail(operation, request);
    return new Promise((resolve, reject) => {
      if (failure) reject(failure);
      else
        try {
          resolve(answer());
        } catch (error) {
          reject(error as Error);
        }
    });
  }

  #page(all: readonly HubDocument[], request: PageRequest): HubPage {
    const start = Number(request.continuationToken ?? 0);
    const next = start + Math.min(request.pageSize ?? 100, this.maxPageSize);
    return { items: all.slice(start, next), ...(next < all.length ? { continuationToken: String(next) } : {}) };
  }
}
