import { omitUndefined } from '../../core/objects.js';
import type { Job } from '../../iothub/documents.js';
import type { JobRequest } from '../../iothub/ports.js';
import { hasEnded } from '../outcome.js';

/** A job as it is kept: without payload and patch, which may be large. */
export interface IndexedJob {
  readonly jobId: string;
  readonly job: Job;
}

/**
 * What is known of a job after another document of it. Responses to a request that changes something are short, so what
 * they omit is kept. Returns undefined for a document that is older than what is known: answers to requests may overtake
 * each other.
 */
export function mergedJob(
  before: IndexedJob | undefined,
  { payload: _payload, patch: _patch, ...seen }: Job,
  request: JobRequest | undefined,
  nowMs: number,
): Job | undefined {
  if (!before) return { ...fieldsOf(request, nowMs), ...seen };
  const isSame = (before.job.createdTime?.getTime() ?? 0) === (seen.createdTime ?? before.job.createdTime)?.getTime();
  if (isSame && rankOf(seen) < rankOf(before.job)) return undefined;
  return { ...before.job, ...seen, counts: { ...before.job.counts, ...seen.counts } };
}

function fieldsOf(request: JobRequest | undefined, nowMs: number): Partial<Job> {
  if (!request) return {};
  const { jobId, type, queryCondition, startTime, maxExecutionTimeInSeconds } = request;
  const methodName = request.type === 'scheduleDeviceMethod' ? request.methodName : undefined;
  return omitUndefined({
    jobId,
    type,
    queryCondition,
    startTime,
    maxExecutionTimeInSeconds,
    methodName,
    createdTime: new Date(nowMs),
  });
}

/** How far a job has come. */
function rankOf(job: Job): number {
  if (hasEnded(job)) return 2;
  return job.status?.toLowerCase() === 'running' ? 1 : 0;
}

const FIELDS = [
  'type',
  'status',
  'queryCondition',
  'maxExecutionTimeInSeconds',
  'methodName',
  'failureReason',
  'statusMessage',
] as const satisfies readonly (keyof Job)[];
const TIMES = ['createdTime', 'startTime', 'endTime'] as const satisfies readonly (keyof Job)[];
const COUNTS = ['deviceCount', 'succeededCount', 'failedCount', 'runningCount', 'pendingCount'] as const;

/** Whether anything that is shown differs. */
export function isChanged(before: Job, after: Job): boolean {
  return (
    FIELDS.some((field) => before[field] !== after[field]) ||
    TIMES.some((field) => before[field]?.getTime() !== after[field]?.getTime()) ||
    COUNTS.some((field) => before.counts[field] !== after.counts[field])
  );
}
