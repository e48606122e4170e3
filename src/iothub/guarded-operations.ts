import type { CallContext } from '../core/call-context.js';
import type { LogFields } from '../core/log.js';
import { omitUndefined } from '../core/objects.js';
import type { DeviceAddress, DeviceOperations } from './device-ports.js';
import { methodText } from './job-request.js';
import type { HubOperations, ListJobsRequest } from './ports.js';
import { readPage } from './shrinking-pages.js';
import { type Budget, METHOD_METER_BYTES } from './tier-limits.js';

export type Operation = keyof HubOperations | keyof DeviceOperations;

/** The share of a budget that a request uses, whether it may be repeated, and how it is logged. */
export interface Terms {
  readonly budget: Budget;
  /** Units of the budget; default 1. */
  readonly units?: number;
  /** Whether a second attempt could have a second effect, so that it is retried only if the hub has not processed the first. */
  readonly onlyOnce?: boolean;
  /** Whether it changes something on the hub, and is therefore logged at info. */
  readonly isChange?: boolean;
  /** Added to the log line of the request. */
  readonly about?: LogFields;
}

/** Runs an operation within the budgets and retries failed attempts. */
export type Guard = <T>(
  context: CallContext,
  operation: Operation,
  terms: Terms,
  attempt: () => Promise<T>,
) => Promise<T>;

/** Adds budgets and retries to the operations on jobs and queries, and requests a page that is too long with fewer rows. */
export function guardedOperations(operations: HubOperations, guard: Guard): HubOperations {
  const jobs: Terms = { budget: 'jobOperations' };
  const queries: Terms = { budget: 'queries' };
  const change = (jobId: string): Terms => ({ ...jobs, isChange: true, about: { jobId } });
  return {
    scheduleJob: (context, job) =>
      guard(context, 'scheduleJob', change(job.jobId), () => operations.scheduleJob(context, job)),
    getJob: (context, jobId) => guard(context, 'getJob', jobs, () => operations.getJob(context, jobId)),
    listJobs: (context, request) =>
      readPage(
        (page) =>
          guard(context, 'listJobs', jobs, () => operations.listJobs(context, { ...filtersOf(request), ...page })),
        request,
      ),
    cancelJob: (context, jobId) =>
      guard(context, 'cancelJob', change(jobId), () => operations.cancelJob(context, jobId)),
    query: (context, request) =>
      readPage(
        (page) => guard(context, 'query', queries, () => operations.query(context, { query: request.query, ...page })),
        request,
      ),
  };
}

function filtersOf({ type, status }: ListJobsRequest): Pick<ListJobsRequest, 'type' | 'status'> {
  return omitUndefined({ type, status });
}

/** Adds budgets and retries to the operations on one device. */
export function guardedDevices(devices: DeviceOperations, guard: Guard): DeviceOperations {
  const reads: Terms = { budget: 'twinReads' };
  const identities: Terms = { budget: 'identityOperations' };
  const change = (target: DeviceAddress): Pick<Terms, 'isChange' | 'about'> => ({
    isChange: true,
    about: omitUndefined({ deviceId: target.deviceId, moduleId: target.moduleId }),
  });
  return {
    invokeMethod: (context, target, call) => {
      const units = Math.max(1, Math.ceil(Buffer.byteLength(methodText(call)) / METHOD_METER_BYTES));
      const terms = { budget: 'methodCalls', units, onlyOnce: true, ...change(target) } as const;
      return guard(context, 'invokeMethod', terms, () => devices.invokeMethod(context, target, call));
    },
    getTwin: (context, target) => guard(context, 'getTwin', reads, () => devices.getTwin(context, target)),
    updateTwin: (context, target, update) => {
      // Without an etag, a second attempt sets the same values; with one, it would fail because of the first attempt.
      const terms = { budget: 'twinUpdates', onlyOnce: update.etag !== '*', ...change(target) } as const;
      return guard(context, 'updateTwin', terms, () => devices.updateTwin(context, target, update));
    },
    getIdentity: (context, deviceId) =>
      guard(context, 'getIdentity', identities, () => devices.getIdentity(context, deviceId)),
    putIdentity: (context, deviceId, write) =>
      guard(context, 'putIdentity', { ...identities, ...change({ deviceId }) }, () =>
        devices.putIdentity(context, deviceId, write),
      ),
    deleteIdentity: (context, deviceId, etag) =>
      guard(context, 'deleteIdentity', { ...identities, ...change({ deviceId }) }, () =>
        devices.deleteIdentity(context, deviceId, etag),
      ),
  };
}
