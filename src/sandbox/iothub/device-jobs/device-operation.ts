import { ServiceError } from '../answers/service-error.js';
import type { DeviceGateway, EndpointId, MethodOutcome } from '../ports.js';
import type { Twins } from '../twins/twins.js';
import type { JobTask } from './job.js';
import type { RowOutcome } from './job-rows.js';

const failure = (code: string, description: string): RowOutcome => ({ error: { code, description } });

export const DELETED = failure('DeviceNotFound', 'The device was deleted before it completed the operation.');
export const NOT_ONLINE = failure('DeviceNotOnline', 'Timed out waiting for device to connect.');
export const TIMED_OUT = failure(
  'JobTimedOut',
  'The maximum execution time of the job elapsed before the device completed the operation.',
);
export const INTERRUPTED = failure(
  'JobInterrupted',
  'The hub was stopped during the operation; whether the device completed it is unknown.',
);

/** Updates one twin for a job. The etag of a twin job is always `*`. */
export async function updateTwin(
  twins: Twins,
  id: EndpointId,
  task: Extract<JobTask, { kind: 'twin' }>,
): Promise<RowOutcome> {
  try {
    await twins.patch(twins.find(id), task, { kind: 'any' });
    return { response: null };
  } catch (error) {
    if (error instanceof ServiceError) return failure(error.code, error.message);
    throw error;
  }
}

/** Invokes a method on one device for a job. Any response counts as completed, whatever its status. */
export async function invokeMethod(
  gateway: DeviceGateway,
  id: EndpointId,
  task: Extract<JobTask, { kind: 'method' }>,
  connectTimeoutMs: number,
): Promise<RowOutcome> {
  const { methodName, payload, responseTimeoutMs } = task;
  return rowOutcome(await gateway.invokeMethod(id, { methodName, payload, responseTimeoutMs, connectTimeoutMs }));
}

function rowOutcome(outcome: MethodOutcome): RowOutcome {
  switch (outcome.kind) {
    case 'answered':
      return { response: { status: outcome.status, payload: outcome.payload ?? null } };
    case 'notOnline':
      return NOT_ONLINE;
    case 'noAnswer':
      return failure('GatewayTimeout', 'Timed out waiting for the response from device.');
    case 'disconnected':
      return failure('DeviceConnectionClosedRemotely', 'The device closed its connection before it responded.');
    case 'badAnswer':
      return failure('BadDeviceResponse', `The response of the device was rejected: ${outcome.reason}`);
  }
}
