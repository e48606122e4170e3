import { wireTime } from '../answers/wire-values.js';
import type { JobCounts } from './job-rows.js';

type Json = Readonly<Record<string, unknown>>;

export type JobType = 'scheduleDeviceMethod' | 'scheduleUpdateTwin';

/**
 * `scheduled`: its start time is in the future. `queued`: its devices have not been looked up yet, or the tier allows no
 * more running jobs. Microsoft's documentation calls this status `pending`, but the published SDKs for Java and C# do not
 * know that name and fail to parse it.
 */
export type JobStatus = 'scheduled' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';

export type JobTask =
  | {
      readonly kind: 'method';
      readonly methodName: string;
      readonly payload: unknown;
      readonly responseTimeoutMs: number;
      /** Infinity waits until the maximum execution time of the job is over. */
      readonly connectTimeoutMs: number;
    }
  | { readonly kind: 'twin'; readonly tags: Json | null | undefined; readonly desired: Json | null | undefined };

/** The content of a PUT request. */
export interface JobDefinition {
  readonly jobId: string;
  readonly type: JobType;
  readonly queryCondition: string;
  /** Undefined starts the job at once. */
  readonly startMs: number | undefined;
  readonly maxExecutionSeconds: number;
  /** `cloudToDeviceMethod` or `updateTwin`, unchanged from the PUT request. */
  readonly body: Json;
}

/** A job as it is stored; every change replaces the record. */
export interface JobRecord extends JobDefinition {
  /** The position in the order of creation. */
  readonly sequence: number;
  readonly createdMs: number;
  readonly status: JobStatus;
  /** When the devices were looked up, and how many there were. */
  readonly runningSinceMs?: number;
  readonly deviceCount?: number;
  readonly endedMs?: number;
  readonly failureReason?: string;
}

export const hasEnded = ({ status }: JobRecord): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

/** A job as GET and the list return it. `counts` exist once it runs. */
export function jobDocument(record: JobRecord, counts: JobCounts | undefined): Record<string, unknown> {
  return {
    jobId: record.jobId,
    queryCondition: record.queryCondition,
    createdTime: wireTime(record.createdMs),
    startTime: wireTime(record.startMs ?? record.createdMs),
    ...(record.endedMs === undefined ? {} : { endTime: wireTime(record.endedMs) }),
    maxExecutionTimeInSeconds: record.maxExecutionSeconds,
    type: record.type,
    ...(record.type === 'scheduleDeviceMethod' ? { cloudToDeviceMethod: record.body } : { updateTwin: record.body }),
    status: record.status,
    ...(record.failureReason === undefined
      ? {}
      : { failureReason: record.failureReason, statusMessage: record.failureReason }),
    ...(counts ? { deviceJobStatistics: counts } : {}),
  };
}
