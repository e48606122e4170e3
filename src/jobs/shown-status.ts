import type { Job } from '../iothub/documents.js';

/** Statuses of the hub for a job that it has accepted and not begun; users of device jobs know neither. */
const ACCEPTED: ReadonlySet<string> = new Set(['queued', 'enqueued']);

/**
 * The status of a job as rows, events, properties and error sentences show it. The hub's `queued` and `enqueued` are
 * `scheduled` while the start time is ahead and `pending` from then on; any other status is passed on as it is.
 * @param nowMs the wall clock, in milliseconds since 1970.
 */
export function shownStatus(job: Pick<Job, 'status' | 'startTime'>, nowMs: number): string | undefined {
  const { status, startTime } = job;
  if (status === undefined || !ACCEPTED.has(status.toLowerCase())) return status;
  return startTime !== undefined && startTime.getTime() > nowMs ? 'scheduled' : 'pending';
}

/** The same job with the status that is shown. */
export function withShownStatus<T extends Pick<Job, 'status' | 'startTime'>>(job: T, nowMs: number): T {
  const status = shownStatus(job, nowMs);
  return status === job.status ? job : { ...job, status };
}
