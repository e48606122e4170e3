import type { JobDetails } from '../../api/types.js';

/** What a job was made with, as parameters of the service that makes jobs of its type; without its id and start time. */
export function parametersOfJob(job: JobDetails): Record<string, unknown> {
  const { methodName, payload, patch, queryCondition } = job;
  const { maxExecutionTimeInSeconds, responseTimeoutInSeconds, connectTimeoutInSeconds } = job;
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  return {
    methodName,
    queryCondition,
    maxExecutionTimeInSeconds,
    responseTimeoutInSeconds,
    connectTimeoutInSeconds,
    patch,
    // The parameter payload takes objects; payloadText takes every JSON value.
    ...(isObject ? { payload } : payload !== undefined && { payloadText: JSON.stringify(payload) }),
  };
}
