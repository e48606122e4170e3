import type { Job } from '../../iothub/documents.js';
import { shownStatus } from '../shown-status.js';

/** The statuses that FindJobs filters by. */
export const STATUS_FILTERS = [
  'scheduled',
  'pending',
  'running',
  'completed',
  'failed',
  'cancelled',
  'canceled',
  'queued',
  'enqueued',
  'unknown',
] as const;

export type StatusFilter = (typeof STATUS_FILTERS)[number];

/** How the jobs of one status are found: the hub knows other statuses than users do. */
export interface StatusSearch {
  /** The status that the jobs show. */
  readonly status: string;
  /**
   * What the hub is asked for, one list call each. Only values that published clients of the service know: a hub may
   * refuse any other (`pending` among them).
   */
  readonly hubStatuses: readonly string[];
  /** Whether a job that was listed belongs to the result. */
  matches(job: Job, nowMs: number): boolean;
}

/** In the order of a job's life, so that a job that moves on between two calls is found by the later one. */
const HUB_STATUSES: Partial<Record<StatusFilter, readonly string[]>> = {
  scheduled: ['scheduled', 'enqueued', 'queued'],
  pending: ['enqueued', 'queued'],
};

const SYNONYMS: Partial<Record<StatusFilter, StatusFilter>> = { enqueued: 'pending', canceled: 'cancelled' };

/** A job is found by the status that it shows; `queued` finds what the hub calls queued. */
export function searchFor(filter: StatusFilter): StatusSearch {
  if (filter === 'queued')
    return { status: filter, hubStatuses: ['queued'], matches: ({ status }) => isSame(status, 'queued') };
  const shown = SYNONYMS[filter] ?? filter;
  return {
    status: shown,
    hubStatuses: HUB_STATUSES[shown] ?? [shown],
    matches: (job, nowMs) => isSame(shownStatus(job, nowMs), shown),
  };
}

/** A job without a status is one of those that the hub was asked for. */
function isSame(status: string | undefined, wanted: string): boolean {
  const lower = status?.toLowerCase();
  return lower === undefined || lower === wanted || (lower === 'canceled' && wanted === 'cancelled');
}
