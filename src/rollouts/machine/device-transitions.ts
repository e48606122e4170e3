/** How a device moves from state to state. Pure. */
import type { DeviceOutcome } from './device-outcome.js';
import type { DeviceIndex, DeviceRecord, RetryClass, RolloutDefinition } from '../records/records.js';

/** Seconds that a device is left alone when it says that it is connected and fails as offline again. */
const OFFLINE_AGAIN_SECONDS = { first: 60, most: 3600 };
const MAX_RETRY_DELAY_SECONDS = 86_400;

/** When a device takes its step. */
export interface StepTime {
  /** Epoch milliseconds by the wall clock, for what is shown. */
  readonly nowMs: number;
  /** The clock that due times are kept by. */
  readonly pauseMs: number;
  /** Nothing begins any more: no retry is left for any device. */
  readonly isLast?: boolean;
}

/** The list that a device stands in because of its state. Those of a batch whose turn has not come stand in none. */
export function listOf({ state, isLate, isAgain }: DeviceRecord): DeviceIndex | undefined {
  if (state === 'retrying') return isLate === true ? 'lateRetry' : 'retry';
  if (state === 'waiting' || state === 'verifying') return state;
  return state === 'pending' && isAgain === true ? 'again' : undefined;
}

/** The delay before the attempt after `attempt`; it doubles with each. */
export function retryDelayMs(firstSeconds: number, attempt: number): number {
  return Math.min(firstSeconds * 2 ** (attempt - 1), MAX_RETRY_DELAY_SECONDS) * 1000;
}

/** A device that becomes part of a hub job. */
export function begun(device: DeviceRecord, jobId: string, nowMs: number): DeviceRecord {
  const { deviceId, attempts, tries, isLate, offlineAgain } = device;
  return {
    deviceId,
    state: 'running',
    attempts: attempts + 1,
    tries: tries + 1,
    jobId,
    startMs: nowMs,
    ...(isLate === undefined ? {} : { isLate }),
    ...(offlineAgain === undefined ? {} : { offlineAgain }),
  };
}

/** A device whose hub job will not come: as if it had not begun. */
export function notBegun(device: DeviceRecord): DeviceRecord {
  const { jobId: _jobId, startMs: _startMs, ...rest } = device;
  const back = { ...rest, attempts: device.attempts - 1, tries: device.tries - 1 };
  return device.isLate === true ? { ...back, state: 'waiting' } : { ...back, state: 'pending', isAgain: true };
}

/** A device that has to wait for its turn because it is in a hub job of another roll-out. */
export function passedOver(device: DeviceRecord): DeviceRecord {
  return device.state === 'pending' ? { ...device, isAgain: true } : device;
}

/**
 * A device of which the hub knows how its part of the job ended.
 * @param attempt the current attempt of its batch.
 */
export function ended(
  definition: RolloutDefinition,
  device: DeviceRecord,
  outcome: DeviceOutcome,
  time: StepTime & { readonly attempt: number },
): DeviceRecord {
  const next: DeviceRecord = { ...device, ...outcome, endMs: time.nowMs };
  if (outcome.state === 'succeeded') return succeeded(definition, next, time.pauseMs);
  if (outcome.state === 'offline' && definition.offlineDevices === 'wait') return waitingAgain(next, time.pauseMs);
  return retriedOrEnded(definition, next, time);
}

/** A device that waits to be connected instead of becoming part of a hub job. */
export function waiting(device: DeviceRecord): DeviceRecord {
  const { isAgain: _isAgain, due: _due, ...rest } = device;
  return { ...rest, state: 'waiting', isLate: true };
}

/** A waiting device after a check of its connection. @param maxUnknownChecks checks that may not find it in the hub. */
export function checked(device: DeviceRecord, isKnown: boolean, maxUnknownChecks: number, nowMs: number): DeviceRecord {
  const { unknownChecks = 0, ...rest } = device;
  if (isKnown) return rest;
  if (unknownChecks + 1 < maxUnknownChecks) return { ...rest, unknownChecks: unknownChecks + 1 };
  return { ...rest, state: 'notFound', errorCode: 'NotInHub', endMs: nowMs };
}

/** A device whose reported state matched. */
export function verified(device: DeviceRecord, nowMs: number): DeviceRecord {
  const { verifyUntilMs: _verifyUntilMs, ...rest } = device;
  return { ...rest, state: 'succeeded', endMs: nowMs };
}

/** A device whose reported state did not match in time. @param attempt the current attempt of its batch. */
export function notVerified(
  definition: RolloutDefinition,
  device: DeviceRecord,
  time: StepTime & { readonly attempt: number },
): DeviceRecord {
  const { verifyUntilMs: _verifyUntilMs, ...rest } = device;
  const next: DeviceRecord = { ...rest, state: 'unverified', errorCode: 'NotVerified', endMs: time.nowMs };
  return retriedOrEnded(definition, next, time);
}

/** A device that the roll-out did not reach. */
export function notReached(device: DeviceRecord, state: 'cancelled' | 'expired', nowMs: number): DeviceRecord {
  const { verifyUntilMs: _verifyUntilMs, isAgain: _isAgain, due: _due, ...rest } = device;
  return { ...rest, state, endMs: nowMs };
}

function succeeded(definition: RolloutDefinition, device: DeviceRecord, pauseMs: number): DeviceRecord {
  if (definition.verifyCondition === undefined) return device;
  return { ...device, state: 'verifying', verifyUntilMs: pauseMs + definition.verifyTimeoutInSeconds * 1000 };
}

/** It uses up no retry. The first time it may have left in that very moment; after that, its hub is wrong about it. */
function waitingAgain(device: DeviceRecord, pauseMs: number): DeviceRecord {
  const count = (device.offlineAgain?.count ?? 0) + 1;
  const seconds =
    count === 1 ? 0 : Math.min(OFFLINE_AGAIN_SECONDS.first * 2 ** (count - 2), OFFLINE_AGAIN_SECONDS.most);
  return {
    ...device,
    state: 'waiting',
    isLate: true,
    tries: device.tries - 1,
    offlineAgain: { count, untilMs: pauseMs + seconds * 1000 },
  };
}

function retriedOrEnded(
  definition: RolloutDefinition,
  device: DeviceRecord,
  { pauseMs, attempt, isLast = false }: StepTime & { readonly attempt: number },
): DeviceRecord {
  if (isLast || !isRetried(definition, device)) return device;
  const due = device.isLate === true ? pauseMs + retryDelayMs(definition.retryDelaySeconds, device.tries) : attempt + 1;
  return { ...device, state: 'retrying', due };
}

function isRetried(definition: RolloutDefinition, { state, tries, methodStatus }: DeviceRecord): boolean {
  const { retries, retryOn, retryStatuses } = definition;
  if (tries > retries || !retryOn.includes(state as RetryClass)) return false;
  return state !== 'refused' || retryStatuses === undefined || retryStatuses.includes(methodStatus ?? 0);
}
