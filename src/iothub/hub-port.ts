import { type CallContext, remainingMs } from '../core/call-context.js';
import type { Clock } from '../core/clock.js';
import { traced } from '../core/instruments.js';
import type { LogFields } from '../core/log.js';
import type { ErrorCode } from '../core/error-codes.js';
import { isAgentError } from '../core/errors.js';
import { omitUndefined } from '../core/objects.js';
import { isTooLong } from './connection-errors.js';
import type { HubLane, HubOperations, HubPort, HubStatus, ListJobsRequest } from './ports.js';
import { DEFAULT_RETRY, type RetryOptions, withRetries } from './retry.js';
import { readPage } from './shrinking-pages.js';
import { type Budget, HubThrottle } from './throttle.js';
import type { TierLimits } from './tier-limits.js';

export interface HubPortOptions {
  readonly hostName: string;
  /** The operations with one attempt each. */
  readonly operations: HubOperations;
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
  const guard = guardOf(throttle, options.retry ?? DEFAULT_RETRY, report);
  const lanes: Record<HubLane, HubOperations> = {
    user: withGuard(options.operations, guard('user')),
    background: withGuard(options.operations, guard('background')),
    spare: withGuard(options.operations, guard('spare')),
  };
  return {
    hostName: options.hostName,
    deviceOperationsPerSecond: options.limits.deviceOperationsPerSecond,
    lane: (lane) => lanes[lane],
    onStatus(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: options.close,
  };
}

type Guard = <T>(
  context: CallContext,
  operation: keyof HubOperations,
  attempt: () => Promise<T>,
  /** Added to the log line of an operation that changes something. */
  about?: LogFields,
) => Promise<T>;

/** The other operations only read. */
const CHANGES: ReadonlySet<keyof HubOperations> = new Set(['scheduleJob', 'cancelJob']);

function guardOf(
  throttle: HubThrottle,
  retry: RetryOptions,
  report: (status: HubStatus) => void,
): (lane: HubLane) => Guard {
  return (lane) => (context, operation, attempt, about) => {
    const budget: Budget = operation === 'query' ? 'queries' : 'jobOperations';
    return withRetries(
      context,
      async () => {
        await throttle.take(context, budget, lane);
        return await observed({ context, operation, about, report }, attempt);
      },
      retry,
    );
  };
}

function withGuard(operations: HubOperations, guard: Guard): HubOperations {
  return {
    scheduleJob: (context, job) =>
      guard(context, 'scheduleJob', () => operations.scheduleJob(context, job), { jobId: job.jobId }),
    getJob: (context, jobId) => guard(context, 'getJob', () => operations.getJob(context, jobId)),
    listJobs: (context, request) =>
      readPage(
        (page) => guard(context, 'listJobs', () => operations.listJobs(context, { ...filtersOf(request), ...page })),
        request,
      ),
    cancelJob: (context, jobId) => guard(context, 'cancelJob', () => operations.cancelJob(context, jobId), { jobId }),
    query: (context, request) =>
      readPage(
        (page) => guard(context, 'query', () => operations.query(context, { query: request.query, ...page })),
        request,
      ),
  };
}

function filtersOf({ type, status }: ListJobsRequest): Pick<ListJobsRequest, 'type' | 'status'> {
  return omitUndefined({ type, status });
}

interface Attempt {
  readonly context: CallContext;
  readonly operation: keyof HubOperations;
  readonly about: LogFields | undefined;
  readonly report: (status: HubStatus) => void;
}

/** Logs, measures and traces one request, and reports the status of the hub that it shows. */
async function observed<T>({ context, operation, about, report }: Attempt, attempt: () => Promise<T>): Promise<T> {
  const startMs = context.clock.monotonicMs();
  const hadMs = remainingMs(context);
  let result = 'ok';
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
    const level = CHANGES.has(operation) ? 'info' : 'debug';
    context.log[level]({ operation, result, seconds, ...about }, 'a request was sent to the hub');
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
