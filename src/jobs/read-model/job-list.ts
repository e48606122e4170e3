/** Jobs of several hubs as one list, newest first, in pages. */
import type { Job } from '../../iothub/documents.js';
import { type JobOutcome, outcomeOf } from '../outcome.js';
import { createdMs } from './job-index.js';

/** A job with what is shown of it. */
export interface ListedJob {
  /** The hub's name in the configuration. */
  readonly hub: string;
  readonly jobId: string;
  /** With the status that is shown. */
  readonly job: Job;
  readonly refusedCount: number | undefined;
  readonly outcome: JobOutcome;
}

export function listedJob(hub: string, jobId: string, job: Job, refusedCount: number | undefined): ListedJob {
  return { hub, jobId, job, refusedCount, outcome: outcomeOf(job, refusedCount) };
}

/** All that are given must hold. */
export interface JobFilters {
  readonly type?: string | undefined;
  readonly status?: string | undefined;
  readonly outcome?: string | undefined;
  /** Part of the id, the method name or the condition, in any case. */
  readonly text?: string | undefined;
}

/** The place of a job in the order of the list. */
export interface JobPosition {
  readonly createdMs: number;
  readonly hub: string;
  readonly jobId: string;
}

export interface JobPage {
  readonly jobs: readonly ListedJob[];
  /** Of the last job; undefined if no more follow. */
  readonly next: JobPosition | undefined;
}

/** The jobs after `position` that match, at most `limit`. */
export function pageOfJobs(
  jobs: Iterable<ListedJob>,
  filters: JobFilters,
  { position, limit }: { readonly position: JobPosition | undefined; readonly limit: number },
): JobPage {
  const matches = jobMatcher(filters);
  const found: { readonly listed: ListedJob; readonly at: JobPosition }[] = [];
  for (const listed of jobs) {
    const at = { createdMs: createdMs(listed.job), hub: listed.hub, jobId: listed.jobId };
    if ((position === undefined || compare(position, at) < 0) && matches(listed)) found.push({ listed, at });
  }
  found.sort((a, b) => compare(a.at, b.at));
  const page = found.slice(0, limit);
  return { jobs: page.map(({ listed }) => listed), next: found.length > limit ? page.at(-1)?.at : undefined };
}

/** Newest first, then by hub and id. */
function compare(a: JobPosition, b: JobPosition): number {
  return b.createdMs - a.createdMs || compareText(a.hub, b.hub) || compareText(a.jobId, b.jobId);
}

const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** Whether a job is one of those that the filters select. */
export function jobMatcher({ type, status, outcome, text }: JobFilters): (listed: ListedJob) => boolean {
  const wanted = text?.toLowerCase();
  return ({ jobId, job, outcome: its }) =>
    (type === undefined || job.type === type) &&
    (status === undefined || spelled(job.status) === status) &&
    (outcome === undefined || its === outcome) &&
    (wanted === undefined ||
      [jobId, job.methodName, job.queryCondition].some((field) => field?.toLowerCase().includes(wanted) === true));
}

/** One spelling for the two of the hub. */
const spelled = (status = 'unknown'): string => (status === 'canceled' ? 'cancelled' : status);
