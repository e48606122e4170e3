import { parseJson } from '../../core/exact-json.js';
import type { HubDocument, JobRequest } from '../../iothub/ports.js';
import { METHOD_JOB, TWIN_JOB } from '../../jobs/outcome.js';
import { idCondition } from '../id-lists.js';
import type { DeviceRecord, PartRecord } from '../records.js';
import type { RolloutWork } from '../work.js';
import { DEFAULT_RESPONSE_SECONDS } from './room.js';

/** The request for a hub job; the same for the same note, so that it can be repeated. */
export function requestOf(work: RolloutWork, part: PartRecord, devices: readonly DeviceRecord[]): JobRequest {
  const { definition } = work.record;
  const common = {
    jobId: part.jobId,
    queryCondition: idCondition(devices.map(({ deviceId }) => deviceId)),
    maxExecutionTimeInSeconds: part.maxExecutionTimeInSeconds,
  };
  if (definition.methodName === undefined)
    return { ...common, type: TWIN_JOB, patch: parseJson(definition.patchText ?? '{}') as HubDocument };
  return {
    ...common,
    type: METHOD_JOB,
    methodName: definition.methodName,
    payload: undefined,
    ...(definition.payloadText === undefined ? {} : { payloadText: definition.payloadText }),
    responseTimeoutInSeconds: definition.responseTimeoutInSeconds ?? DEFAULT_RESPONSE_SECONDS,
    connectTimeoutInSeconds: definition.connectTimeoutInSeconds ?? 0,
  };
}
