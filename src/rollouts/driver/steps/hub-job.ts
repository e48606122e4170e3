import type { PartRecord, DeviceRecord } from '../../records/records.js';
import type { RolloutEdit } from '../../records/transaction.js';
import type { RolloutWork } from '../open-rollout.js';
import { parseJson } from '../../../core/exact-json.js';
import type { HubDocument, JobRequest } from '../../../iothub/ports.js';
import { METHOD_JOB, TWIN_JOB } from '../../../jobs/outcome.js';
import { idCondition } from '../../plan/id-conditions.js';

export const DEFAULT_RESPONSE_SECONDS = 30;
/** Between the end of a job by the estimate and the end of its window. */
const WINDOW_RESERVE_SECONDS = 5;
const EXECUTION_SECONDS = { least: 120, most: 3600, reserve: 60 };

/** Which hub job of a roll-out it is, each from 1; the batch is 0 for devices that were waited for. */
export type JobNumbers = Pick<PartRecord, 'batch' | 'attempt' | 'part'>;

/** The id of a hub job: never over 64 characters, since its parts are bounded. */
export function jobIdOf({ record: { rolloutId, nonce } }: RolloutWork, { batch, attempt, part }: JobNumbers): string {
  return `${rolloutId}-${nonce}-b${batch}-a${attempt}-p${part}`;
}

/** Sets how many hub jobs the attempt of a job has, or those that were waited for. */
export function setParts(edit: RolloutEdit, { batch, attempt, part }: JobNumbers): void {
  const { batch: current } = edit.record;
  if (batch === 0) edit.update({ lateParts: part });
  else if (current?.batch === batch && current.attempt === attempt) edit.update({ batch: { ...current, parts: part } });
}

/** How large the next hub job may be. */
export interface Room {
  readonly maxDevices: number;
  readonly windowEndMs?: number;
}

/** How many devices a job may have to be done before the window closes. */
export function roomUntilWindowEnds(work: RolloutWork): Room {
  const { guards, deviceOperationsPerSecond, clock } = work.env;
  const maxDevices = Math.max(1, guards.maxDevicesPerJob ?? Infinity);
  const opening = work.windows.openAt(clock.nowMs());
  if (!opening) return { maxDevices: work.windows.isAlwaysOpen ? maxDevices : 0 };
  const seconds = (opening.endMs - clock.nowMs()) / 1000 - answerSeconds(work) - WINDOW_RESERVE_SECONDS;
  const fitting = seconds <= 0 ? 0 : Math.floor(seconds * deviceOperationsPerSecond);
  return { maxDevices: Math.min(maxDevices, fitting), windowEndMs: opening.endMs };
}

/** How long the slowest device of a job may take. */
function answerSeconds({ record: { definition } }: RolloutWork): number {
  if (definition.methodName === undefined) return 0;
  return (definition.connectTimeoutInSeconds ?? 0) + (definition.responseTimeoutInSeconds ?? DEFAULT_RESPONSE_SECONDS);
}

/** How long a job is expected to take, and after which time the hub is to end it. */
export function timesOf(
  work: RolloutWork,
  deviceCount: number,
  { windowEndMs = Infinity }: Room,
  nowMs: number,
): Pick<PartRecord, 'maxExecutionTimeInSeconds' | 'estimateMs'> {
  const workSeconds = deviceCount / work.env.deviceOperationsPerSecond;
  const wanted = Math.ceil(workSeconds * 2 + answerSeconds(work) + EXECUTION_SECONDS.reserve);
  const bounded = Math.min(Math.max(wanted, EXECUTION_SECONDS.least), EXECUTION_SECONDS.most);
  const untilWindowEnds = Math.floor((windowEndMs - nowMs) / 1000);
  return {
    maxExecutionTimeInSeconds: Math.max(1, Math.min(bounded, untilWindowEnds)),
    estimateMs: Math.round(workSeconds * 1000),
  };
}

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
