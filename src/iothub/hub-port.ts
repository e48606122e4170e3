import { type CallContext, noteChange, remainingMs } from '../core/call-context.js';
import type { Clock } from '../core/clock.js';
import { traced } from '../core/instruments.js';
import type { ErrorCode } from '../core/error-codes.js';
import { isAgentError } from '../core/errors.js';
import { isTooLong } from './connection-errors.js';
import type { DeviceOperations } from './device-ports.js';
import { type Guard, guardedDevices, guardedOperations, type Operation, type Terms } from './guarded-operations.js';
import type { HubDocument, HubLane, HubOperations, HubPort, HubStatus, JobRequest, SeenJob } from './ports.js';
import { DEFAULT_RETRY, isUnprocessed, type RetryOptions, withRetries } from './retry.js';
import { HubThrottle } from './throttle.js';
import type { TierLimits } from './tier-limits.js';

export interface HubPortOptions {
  readonly hostName: string;
  /** The operations with one attempt each. */
  readonly operations: HubOperations;
  /** The same for one device. */
  readonly devices: DeviceOperations;
  readonly limits: TierLimits;
  readonly clock: Clock;
  readonly retry?: RetryOptions;
  readonly close: () => void;
}

/** A timeout after less than this shows nothing about the state of the hub. */
const CONCLUSIVE_ATTEMPT_MS = 3000;

/** Adds budgets, retries, page sizes and the status of the hub to plain operations. */
export function createHubPort(options: HubPortOptions): HubPort {
  const throttle = new HubThrottle(options.limits, options.clock);
  const listeners = new Set<(status: HubStatus) => void>();
  const report = (status: HubStatus): void => listeners.forEach((listener) => listener(status));
  const jobListeners = new Set<(seen: SeenJob) => void>();
  const show = (seen: SeenJob): void => jobListeners.forEach((listener) => listener(seen));
  const guard = guardOf(throttle, options.retry ?? DEFAULT_RETRY, report);
  const guards = { user: guard('user'), background: guard('background'), spare: guard('spare') };
  const lanes: Record<HubLane, HubOperations> = {
    user: withJobListener(guardedOperations(options.operations, guards.user), show),
    background: withJobListener(guardedOperations(options.operations, guards.background), show),
    spare: withJobListener(guardedOperations(options.operations, guards.spare), show),
  };
  return {
    hostName: options.hostName,
    deviceOperationsPerSecond: options.limits.deviceOperationsPerSecond,
    lane: (lane) => lanes[lane],
    devices: (lane) => guardedDevices(options.devices, guards[lane]),
    onStatus(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onJob(listener) {
      jobListeners.add(listener);
      return () => void jobListeners.delete(listener);
    },
    budgetUse: (budget) => throttle.use(budget),
    close: options.close,
  };
}

function guardOf(
  throttle: HubThrottle,
  retry: RetryOptions,
  report: (status: HubStatus) => void,
): (lane: HubLane) => Guard {
  return (lane) => (context, operation, terms, attempt) =>
    withRetries(
      context,
      async () => {
        await throttle.take(context, terms.budget, lane, terms.units);
        return await observed({ context, operation, terms, report }, attempt);
      },
      terms.onlyOnce === true ? { ...retry, isRepeatable: isUnprocessed } : retry,
    );
}

interface Attempt {
  readonly context: CallContext;
  readonly operation: Operation;
  readonly terms: Terms;
  readonly report: (status: HubStatus) => void;
}

/** Logs, measures and traces one request, and reports the status of the hub that it shows. */
async function observed<T>({ context, operation, terms, report }: Attempt, attempt: () => Promise<T>): Promise<T> {
  const startMs = context.clock.monotonicMs();
  const hadMs = remainingMs(context);
  let result = 'ok';
  if (terms.isChange === true) noteChange(context, terms.about ?? {});
  try {
    const attributes = { operation, 'correlation.id': context.correlationId };
    const answer = await traced(context.instruments, { name: `hub ${operation}`, attributes }, attempt);
    report('connected');
    return answer;
  } catch (error) {
    result = isAgentError(error) ? error.code : 'Internal';
    if (result === 'HubThrottled') context.instruments.count('hub_throttles_total', { by: 'hub' });
    const status = statusOf(error, hadMs);
    if (status) report(status);
    throw error;
  } finally {
    const seconds = (context.clock.monotonicMs() - startMs) / 1000;
    context.instruments.count('hub_requests_total', { operation, result });
    context.instruments.observe('hub_request_seconds', seconds, { operation });
    const level = terms.isChange === true ? 'info' : 'debug';
    context.log[level]({ operation, result, seconds, ...terms.about }, 'a request was sent to the hub');
  }
}

/** The status of the hub that a failure implies; a refusal for another reason shows that the hub is reachable. */
const STATUS_OF: Partial<Record<ErrorCode, HubStatus>> = {
  HubThrottled: 'throttled',
  HubUnauthorized: 'unauthorized',
  HubUnavailable: 'unreachable',
};

function statusOf(error: unknown, hadMs: number): HubStatus | undefined {
  if (!isAgentError(error) || error.code === 'ServiceUnavailable') return undefined;
  if (isTooLong(error)) return 'connected';
  if (error.code === 'HubTimeout') return hadMs >= CONCLUSIVE_ATTEMPT_MS ? 'unreachable' : undefined;
  return STATUS_OF[error.code] ?? 'connected';
}

/** Returns operations that pass each job that they return to `show`. */
function withJobListener(operations: HubOperations, show: (seen: SeenJob) => void): HubOperations {
  const shown = (document: HubDocument, request?: JobRequest): HubDocument => {
    show(request ? { document, request } : { document });
    return document;
  };
  return {
    scheduleJob: async (context, job) => shown(await operations.scheduleJob(context, job), job),
    getJob: async (context, jobId) => shown(await operations.getJob(context, jobId)),
    listJobs: async (context, request) => {
      const page = await operations.listJobs(context, request);
      for (const document of page.items) show({ document });
      return page;
    },
    cancelJob: async (context, jobId) => shown(await operations.cancelJob(context, jobId)),
    query: (context, request) => operations.query(context, request),
  };
}
