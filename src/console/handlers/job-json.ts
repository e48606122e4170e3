import { omitUndefined } from '../../core/objects.js';
import type { JobDevice as ReadDevice } from '../../jobs/read-model/hub-jobs.js';
import type { ListedJob } from '../../jobs/read-model/job-list.js';
import { rolloutOfJob } from '../../rollouts/driver/steps/hub-job.js';
import type { Job, JobDetails, JobDevice } from '../api/types.js';

export function jobJson({ hub, jobId, job, outcome, refusedCount }: ListedJob): Job {
  const { counts, createdTime, startTime, endTime } = job;
  return omitUndefined({
    hub,
    jobId,
    type: job.type ?? 'unknown',
    status: job.status ?? 'unknown',
    outcome,
    rolloutId: rolloutOfJob(jobId),
    queryCondition: job.queryCondition,
    createdTime: isoOf(createdTime),
    startTime: isoOf(startTime),
    endTime: isoOf(endTime),
    maxExecutionTimeInSeconds: job.maxExecutionTimeInSeconds,
    ...counts,
    refusedCount,
    methodName: job.methodName,
    failureReason: job.failureReason,
    statusMessage: job.statusMessage,
  });
}

export function jobDetailsJson(listed: ListedJob, canBeCancelled: boolean): JobDetails {
  const { payload, patch } = listed.job;
  return { ...jobJson(listed), ...omitUndefined({ payload, patch }), canBeCancelled };
}

export function jobDeviceJson(hub: string, { state, result }: ReadDevice): JobDevice {
  const jobId = result.jobId ?? '';
  return omitUndefined({
    hub,
    jobId,
    rolloutId: rolloutOfJob(jobId),
    deviceId: result.deviceId ?? '',
    moduleId: result.moduleId,
    type: result.type,
    state,
    status: result.status ?? 'unknown',
    createdTime: isoOf(result.createdTime),
    startTime: isoOf(result.startTime),
    endTime: isoOf(result.endTime),
    lastUpdatedTime: isoOf(result.lastUpdatedTime),
    methodStatus: result.methodStatus,
    methodPayload: result.methodPayload,
    errorCode: result.errorCode,
    errorDescription: result.errorDescription,
  });
}

export const isoOf = (date: Date | undefined): string | undefined => date?.toISOString();
