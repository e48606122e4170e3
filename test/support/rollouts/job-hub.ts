import type { CallContext } from '../../../src/core/call-context.js';
import { type Clock, sleep } from '../../../src/core/clock.js';
import { AgentError } from '../../../src/core/errors.js';
import type { DeviceOperations, MethodResponse } from '../../../src/iothub/device-ports.js';
import { jobRequestBody } from '../../../src/iothub/job-request.js';
import type { HubDocument, HubOperations, HubPage, PageRequest, QueryRequest } from '../../../src/iothub/ports.js';

import { NO_DEVICES } from '../iothub/no-devices.js';

/** Decides how a device responds in a hub job, by its id and the number of earlier calls. */
export type DeviceScript = (deviceId: string, calls: number) => DeviceAnswer;

/** A status of a method, an error code of the hub, or no row at all. */
export type DeviceAnswer =
  { readonly status: number; readonly payload?: unknown } | { readonly error: string } | 'missing';

export interface HubJob {
  readonly jobId: string;
  readonly type: string;
  readonly queryCondition: string;
  readonly methodName?: string;
  readonly deviceIds: readonly string[];
  readonly madeMs: number;
  status: string;
  endedMs?: number;
  rows: HubDocument[];
}

/**
 * A hub in memory that runs jobs for lists of devices and counts the calls of every device, so that tests compare what a
 * roll-out reports with what the devices received.
 */
export class JobHub {
  readonly jobs = new Map<string, HubJob>();
  /** Number of calls of each device in all jobs. */
  readonly calls = new Map<string, number>();
  readonly devices: Set<string>;
  /** Devices that are not connected. */
  readonly offline = new Set<string>();
  /** Devices that match a verifyCondition, or a canaryCondition on `tags.canary`. */
  readonly matching = new Set<string>();
  readonly operations: HubOperations;
  /** Calls devices one by one, by the same script. */
  readonly deviceOperations: DeviceOperations;
  /** How long a direct call takes. */
  callMs = 0;
  /** Most direct calls that were open at once. */
  mostCalls = 0;
  #openCalls = 0;
  script: DeviceScript = () => ({ status: 200 });
  /** How long a job takes. */
  durationMs: (job: HubJob) => number = () => this.jobMs;
  /** Devices that are reported as connected and fail as offline. */
  readonly asleep = new Set<string>();
  /** How long a job is queued, and how long it then runs. */
  queueMs = 0;
  jobMs = 1000;
  /** Time between the end of a job and its results. */
  rowsAfterMs = 0;
  maxJobs = Infinity;
  /** How long a response takes, once the request has taken effect. */
  answerAfterMs: (operation: keyof HubOperations) => number = () => 0;
  /** Throws instead of responding; with `after`, once the request has taken effect. */
  fail: (operation: keyof HubOperations, request: unknown, when: 'before' | 'after') => Error | undefined = () =>
    undefined;
  /** Throws in place of a direct call. */
  failCall: (deviceId: string) => Error | undefined = () => undefined;
  /** Longest condition or query seen. */
  longest = 0;
  /** Most jobs that were open at once. */
  mostOpen = 0;
  /** Devices that were in two open jobs at once. */
  readonly overlaps: string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock, devices: readonly string[]) {
    this.#clock = clock;
    this.devices = new Set(devices);
    this.deviceOperations = {
      ...NO_DEVICES,
      invokeMethod: (context, { deviceId }) => this.#call(context, deviceId),
    };
    this.operations = {
      scheduleJob: (context, job) =>
        this.#do('scheduleJob', context, job, () => {
          this.#settle();
          const body = JSON.parse(jobRequestBody(job)) as Record<string, unknown>;
          if (this.jobs.has(job.jobId)) throw new AgentError('JobAlreadyExists', 'exists');
          if (this.#open().length >= this.maxJobs) throw new AgentError('HubJobQuotaExceeded', 'no place');
          this.#make(body);
          return { jobId: job.jobId, type: job.type, status: 'queued' };
        }),
      getJob: (context, jobId) => this.#do('getJob', context, jobId, () => this.#document(jobId)),
      listJobs: (context, request) => this.#do('listJobs', context, request, () => ({ items: [] })),
      cancelJob: (context, jobId) =>
        this.#do('cancelJob', context, jobId, () => {
          this.#settle();
          const job = this.jobs.get(jobId);
          if (job?.status !== 'queued') throw new AgentError('JobNotCancellable', `${jobId} runs`);
          job.status = 'cancelled';
          return this.#document(jobId);
        }),
      query: (context, request) => this.#do('query', context, request, () => this.#query(request)),
    };
  }

  async #call(context: CallContext, deviceId: string): Promise<MethodResponse> {
    const refusal = this.failCall(deviceId);
    if (refusal) throw refusal;
    if (!this.devices.has(deviceId)) throw new AgentError('DeviceNotFound', 'unknown');
    if (this.offline.has(deviceId) || this.asleep.has(deviceId)) throw new AgentError('DeviceOffline', 'away');
    const calls = this.callsOf(deviceId);
    this.calls.set(deviceId, calls + 1);
    this.#openCalls += 1;
    this.mostCalls = Math.max(this.mostCalls, this.#openCalls);
    if (this.callMs > 0)
      await sleep(this.#clock, this.callMs, context.signal).catch(() => {
        throw new AgentError('HubTimeout', 'given up', { context: { answerLost: true } });
      });
    this.#openCalls -= 1;
    const answer = this.script(deviceId, calls);
    if (answer === 'missing' || 'error' in answer) throw new AgentError('DeviceTimeout', 'no answer');
    return { status: answer.status, payload: answer.payload ?? null };
  }

  callsOf(deviceId: string): number {
    return this.calls.get(deviceId) ?? 0;
  }

  #make(body: Record<string, unknown>): void {
    const condition = String(body['queryCondition']);
    this.longest = Math.max(this.longest, condition.length);
    const method = body['cloudToDeviceMethod'] as { readonly methodName: string } | undefined;
    const deviceIds = idsIn(condition);
    const busy = new Set(this.#open().flatMap((job) => job.deviceIds));
    this.overlaps.push(...deviceIds.filter((deviceId) => busy.has(deviceId)));
    const job: HubJob = {
      jobId: String(body['jobId']),
      type: String(body['type']),
      queryCondition: condition,
      ...(method ? { methodName: method.methodName } : {}),
      deviceIds,
      madeMs: this.#clock.monotonicMs(),
      status: this.queueMs > 0 ? 'queued' : 'running',
      rows: [],
    };
    this.jobs.set(job.jobId, job);
    this.mostOpen = Math.max(this.mostOpen, this.#open().length);
  }

  #open(): HubJob[] {
    return [...this.jobs.values()].filter(({ status }) => status === 'running' || status === 'queued');
  }

  /** Ends the jobs that have run for long enough. */
  #settle(): void {
    for (const job of this.#open()) {
      const ageMs = this.#clock.monotonicMs() - job.madeMs;
      if (ageMs >= this.queueMs) job.status = 'running';
      if (ageMs < this.queueMs + this.durationMs(job)) continue;
      job.status = 'completed';
      job.endedMs = this.#clock.monotonicMs();
      job.rows = job.deviceIds.flatMap((deviceId) => this.#run(job, deviceId));
    }
  }

  #run(job: HubJob, deviceId: string): HubDocument[] {
    if (!this.devices.has(deviceId)) return [];
    const base = { deviceId, jobId: job.jobId, jobType: job.type };
    if (this.offline.has(deviceId) || this.asleep.has(deviceId))
      return [{ ...base, status: 'failed', error: { code: 'DeviceNotOnline' } }];
    const calls = this.callsOf(deviceId);
    this.calls.set(deviceId, calls + 1);
    const answer = this.script(deviceId, calls);
    if (answer === 'missing') return [];
    if ('error' in answer) return [{ ...base, status: 'failed', error: { code: answer.error } }];
    return [{ ...base, status: 'completed', outcome: { deviceMethodResponse: answer } }];
  }

  #document(jobId: string): HubDocument {
    this.#settle();
    const job = this.jobs.get(jobId);
    if (!job) return { jobId, type: 'unknown', status: 'unknown' };
    const { type, status, queryCondition, methodName, deviceIds } = job;
    return {
      jobId,
      type,
      status,
      queryCondition,
      ...(methodName === undefined ? {} : { cloudToDeviceMethod: { methodName } }),
      deviceJobStatistics: { deviceCount: deviceIds.filter((deviceId) => this.devices.has(deviceId)).length },
    };
  }

  #query({ query, ...page }: QueryRequest): HubPage {
    this.#settle();
    this.longest = Math.max(this.longest, query.length);
    const jobId = /jobId = '([^']+)'/.exec(query)?.[1];
    if (jobId !== undefined) return pageOf(this.#rowsOf(jobId), page);
    const listed = query.includes(' IN [') ? idsIn(query).filter((id) => this.devices.has(id)) : [...this.devices];
    const matching = /\] AND \(|tags\.canary/.test(query) ? listed.filter((id) => this.matching.has(id)) : listed;
    if (/COUNT\(\)/.test(query)) return { items: [{ numberOfTargets: matching.length }] };
    return pageOf(
      matching.map((deviceId) => ({
        deviceId,
        connectionState: this.offline.has(deviceId) ? 'Disconnected' : 'Connected',
      })),
      page,
    );
  }

  #rowsOf(jobId: string): readonly HubDocument[] {
    const job = this.jobs.get(jobId);
    const shownMs = (job?.endedMs ?? 0) + this.rowsAfterMs;
    return job && this.#clock.monotonicMs() >= shownMs ? job.rows : [];
  }

  async #do<T>(operation: keyof HubOperations, context: CallContext, request: unknown, run: () => T): Promise<T> {
    await Promise.resolve();
    const refusal = this.fail(operation, request, 'before');
    if (refusal) throw refusal;
    const answer = run();
    const delayMs = this.answerAfterMs(operation);
    if (delayMs > 0)
      await sleep(this.#clock, delayMs, context.signal).catch(() => {
        throw new AgentError('HubTimeout', 'no answer', { context: { answerLost: true } });
      });
    const lost = this.fail(operation, request, 'after');
    if (lost) throw lost;
    return answer;
  }
}

function idsIn(condition: string): string[] {
  const list = /deviceId IN \[([^\]]*)\]/.exec(condition)?.[1] ?? '';
  return [...list.matchAll(/'((?:[^'\\]|\\.)*)'/g)].map(([, id]) => (id ?? '').replaceAll(/\\(.)/g, '$1'));
}

function pageOf(rows: readonly HubDocument[], { pageSize = 100, continuationToken }: PageRequest): HubPage {
  const start = Number(continuationToken ?? 0);
  const items = rows.slice(start, start + pageSize);
  const next = start + items.length;
  return next < rows.length ? { items, continuationToken: String(next) } : { items };
}
