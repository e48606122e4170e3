import type { Job } from '../iothub/documents.js';

/** The result of a job. The hub's own `completed` does not distinguish success from failure on devices. */
export type JobOutcome =
  'inProgress' | 'succeeded' | 'completedWithErrors' | 'noTargets' | 'completed' | 'failed' | 'cancelled' | 'unknown';

const ACTIVE: ReadonlySet<string> = new Set(['queued', 'enqueued', 'scheduled', 'pending', 'running']);
const CANCELLED: ReadonlySet<string> = new Set(['cancelled', 'canceled']);

export const METHOD_JOB = 'scheduleDeviceMethod' as const;
export const TWIN_JOB = 'scheduleUpdateTwin' as const;

const lower = (text: string | undefined): string => (text ?? '').toLowerCase();

export const isActive = (job: Job): boolean => ACTIVE.has(lower(job.status));
export const isCompleted = (job: Job): boolean => lower(job.status) === 'completed';
export const isCancelled = (job: Job): boolean => CANCELLED.has(lower(job.status));
export const isMethodJob = (job: Job): boolean =>
  lower(job.type) === METHOD_JOB.toLowerCase() || (job.type === undefined && job.methodName !== undefined);

/** Whether a document says that the hub does not know the id; the hub returns it with status 200. */
export const isNotFound = (job: Job): boolean =>
  lower(job.status) === 'unknown' && (job.type === undefined || lower(job.type) === 'unknown');

/** Whether the job has reached a final status. */
export const hasEnded = (job: Job): boolean => isCompleted(job) || isCancelled(job) || lower(job.status) === 'failed';

/** @param refusedCount devices that responded with a status of 400 or above; undefined if the responses were not read. */
export function outcomeOf(job: Job, refusedCount: number | undefined): JobOutcome {
  if (isActive(job)) return 'inProgress';
  if (isCancelled(job)) return 'cancelled';
  if (lower(job.status) === 'failed') return 'failed';
  return isCompleted(job) ? completedOutcome(job, refusedCount) : 'unknown';
}

function completedOutcome(job: Job, refusedCount: number | undefined): JobOutcome {
  const { deviceCount, failedCount } = job.counts;
  if ((failedCount ?? 0) > 0 || (refusedCount ?? 0) > 0) return 'completedWithErrors';
  if (deviceCount === 0) return 'noTargets';
  if (failedCount === undefined) return 'completed';
  if (isMethodJob(job)) return refusedCount === undefined ? 'completed' : 'succeeded';
  return 'succeeded';
}
