import { stringifyJson } from '../core/exact-json.js';
import type { MethodCall } from './device-ports.js';
import type { JobRequest } from './ports.js';

/**
 * Returns the body of `PUT /jobs/v2/{id}`. Start and maximum time are always present, since the service would apply
 * defaults of its own. Nothing is `null` unless the caller specified it, since the service refuses nulls. A payload of
 * `undefined` is omitted.
 */
export function jobRequestBody(job: JobRequest): string {
  const common = {
    jobId: job.jobId,
    type: job.type,
    ...(job.startTime && { startTime: job.startTime.toISOString() }),
    maxExecutionTimeInSeconds: job.maxExecutionTimeInSeconds,
    queryCondition: job.queryCondition,
  };
  const [name, content] =
    job.type === 'scheduleUpdateTwin'
      ? ['updateTwin', stringifyJson({ ...job.patch, etag: '*' })]
      : ['cloudToDeviceMethod', methodText(job)];
  return `${JSON.stringify(common).slice(0, -1)},"${name}":${content}}`;
}

/**
 * A call of a method as the service reads it. Assembled as text, so that a payload that is given as text keeps its digits,
 * key order and white space.
 */
export function methodText({
  methodName,
  payload,
  payloadText = stringifyJson(payload),
  responseTimeoutInSeconds,
  connectTimeoutInSeconds,
}: MethodCall): string {
  const member = payloadText === undefined ? '' : `"payload":${payloadText},`;
  const times = JSON.stringify({ responseTimeoutInSeconds, connectTimeoutInSeconds }).slice(1);
  return `{"methodName":${JSON.stringify(methodName)},${member}${times}`;
}
