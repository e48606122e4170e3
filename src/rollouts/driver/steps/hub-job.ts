import type { PartRecord, DeviceRecord } from '../../records/records.js';
import type { RolloutTransaction } from '../../records/transaction.js';
import type { OpenRollout } from '../open-rollout.js';
import { parseJson } from '../../../core/exact-json.js';
import type { HubDocument, JobRequest } from '../../../iothub/ports.js';
import { methodAddress } from '../../../jobs/module-methods.js';
import { METHOD_JOB, TWIN_JOB } from '../../../jobs/outcome.js';
import { idCondition } from '../../plan/id-conditions.js';

/** The hub job of a part: its numbers and id, its size, its times and its request. */
export const DEFAULT_RESPONSE_SECONDS = 30;
/** Time between the estimated end of a hub job and the end of its window. */
const WINDOW_RESERVE_SECONDS = 5;
const EXECUTION_SECONDS = { least: 120, most: 3600, reserve: 60 };

/** The numbers that identify a hub job of a roll-out, from 1; the batch is 0 for deferred devices. */
export type JobNumbers = Pick<PartRecord, 'batch' | 'attempt' | 'part'>;

/** Returns the id of a hub job: at most 64 characters, because each part of it is bounded. */
export function jobIdOf({ record: { rolloutId, nonce } }: OpenRollout, { batch, attempt, part }: JobNumbers): string {
  return `${rolloutId}-${nonce}-b${batch}-a${attempt}-p${part}`;
}

const JOB_ID = /^([A-Za-z0-9-]{1,40})-[a-z0-9]{4}-b\d+-a\d+-p\d+$/;

/** Returns the id of the roll-out whose hub jobs have ids like this one; undefined for any other id. */
export function rolloutOfJob(jobId: string): string | undefined {
  return JOB_ID.exec(jobId)?.[1];
}

/** Sets the number of hub jobs of an attempt, or of those for deferred devices, to that of its last job. */
export function setParts(transaction: RolloutTransaction, { batch, attempt, part }: JobNumbers): void {
  const { batch: current } = transaction.record;
  if (batch === 0) transaction.update({ deferredParts: part });
  else if (current?.batch === batch && current.attempt === attempt)
    transaction.update({ batch: { ...current, parts: part } });
}

/** How large the next hub job may be. */
export interface JobCapacity {
  readonly maxDevices: number;
  readonly windowEndMs?: number;
}

/** Returns how many devices a hub job may have so that it ends before its window; 0 while no window is open. */
export function jobCapacity(rollout: OpenRollout): JobCapacity {
  const { guards, deviceOperationsPerSecond, clock } = rollout.env;
  const limit = Math.max(1, guards.maxDevicesPerJob ?? Infinity);
  const maxDevices = rollout.record.definition.via === 'direct' ? Math.min(limit, rollout.calls.free) : limit;
  const opening = rollout.windows.openAt(clock.nowMs());
  if (!opening) return { maxDevices: rollout.windows.isAlwaysOpen ? maxDevices : 0 };
  const seconds = (opening.endMs - clock.nowMs()) / 1000 - callSeconds(rollout) - WINDOW_RESERVE_SECONDS;
  const fitting = seconds <= 0 ? 0 : Math.floor(seconds * deviceOperationsPerSecond);
  return { maxDevices: Math.min(maxDevices, fitting), windowEndMs: opening.endMs };
}

/** Maximum time for the response of one device. */
export function callSeconds({ record: { definition } }: OpenRollout): number {
  if (definition.methodName === undefined) return 0;
  return (definition.connectTimeoutInSeconds ?? 0) + (definition.responseTimeoutInSeconds ?? DEFAULT_RESPONSE_SECONDS);
}

/** Returns the estimated duration of a hub job, and the time after which the hub ends it. */
export function jobTimes(
  rollout: OpenRollout,
  deviceCount: number,
  { windowEndMs = Infinity }: JobCapacity,
  nowMs: number,
): Pick<PartRecord, 'maxExecutionTimeInSeconds' | 'estimateMs'> {
  const workSeconds = deviceCount / rollout.env.deviceOperationsPerSecond;
  const wanted = Math.ceil(workSeconds * 2 + callSeconds(rollout) + EXECUTION_SECONDS.reserve);
  const bounded = Math.min(Math.max(wanted, EXECUTION_SECONDS.least), EXECUTION_SECONDS.most);
  const untilWindowEnds = Math.floor((windowEndMs - nowMs) / 1000);
  return {
    maxExecutionTimeInSeconds: Math.max(1, Math.min(bounded, untilWindowEnds)),
    estimateMs: Math.round(workSeconds * 1000),
  };
}

/** Returns the request that creates a hub job; always the same for the same record, so that it can be repeated. */
export function requestOf(rollout: OpenRollout, part: PartRecord, devices: readonly DeviceRecord[]): JobRequest {
  const { definition } = rollout.record;
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
    methodName: methodAddress(definition.methodName).methodName,
    payload: undefined,
    ...(definition.payloadText === undefined ? {} : { payloadText: definition.payloadText }),
    responseTimeoutInSeconds: definition.responseTimeoutInSeconds ?? DEFAULT_RESPONSE_SECONDS,
    connectTimeoutInSeconds: definition.connectTimeoutInSeconds ?? 0,
  };
}
