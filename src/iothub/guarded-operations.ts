import type { CallContext } from '../core/call-context.js';
import type { LogFields } from '../core/log.js';
import { omitUndefined } from '../core/objects.js';
import type { DeviceAddress, DeviceOperations } from './device-ports.js';
import { methodText } from './job-request.js';
import type { HubOperations, ListJobsRequest } from './ports.js';
import { readPage } from './shrinking-pages.js';
import { type Budget, METHOD_METER_BYTES } from './tier-limits.js';

export type Operation = keyof HubOperations | keyof DeviceOperations;

/** What a request takes of the budgets, how it may be repeated, and how it is logged. */
export interface Terms {
  readonly budget: Budget;
  /** 1 if absent. */
  readonly units?: number;
  /** Whether another attempt could have a second effect, so that it is repeated only if the hub has not seen it. */
  readonly onlyOnce?: boolean;
  /** Whether it changes something. */
  readonly isChange?: boolean;
  /** Added to the log line of the request. */
  readonly about?: LogFields;
}

/** Runs attempts of an operation within the budgets, and repeats them. */
export type Guard = <T>(
  context: CallContext,
  operation: Operation,
  terms: Terms,
  attempt: () => Promise<T>,
) => Promise<T>;

/** The operations about jobs and queries, each within its budget, with pages that shrink as needed. */
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

/** The operations on one device, each within its budget. */
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
      // The patch sets the same values again; under an etag, a second attempt would be refused because of the first.
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
