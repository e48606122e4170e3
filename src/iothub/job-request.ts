import type { JobRequest } from './ports.js';

/**
 * The body of `PUT /jobs/v2/{id}`. Start and maximum time are always there and nothing is `null`: the service refuses
 * nulls, and what is left out it takes from defaults that nobody chose. A payload of `undefined` leaves no trace.
 */
export function jobRequestBody(job: JobRequest): string {
  const common = {
    jobId: job.jobId,
    type: job.type,
    startTime: job.startTime.toISOString(),
    maxExecutionTimeInSeconds: job.maxExecutionTimeInSeconds,
    queryCondition: job.queryCondition,
  };
  if (job.type === 'scheduleUpdateTwin') return JSON.stringify({ ...common, updateTwin: { ...job.patch, etag: '*' } });
  const { methodName, payload, responseTimeoutInSeconds, connectTimeoutInSeconds } = job;
  return JSON.stringify({
    ...common,
    cloudToDeviceMethod: { methodName, payload, responseTimeoutInSeconds, connectTimeoutInSeconds },
  });
}
