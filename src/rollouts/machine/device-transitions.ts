/** How a device moves from state to state. Pure: each function returns the record of the device after a transition. */
import { doublingDelayMs } from '../../core/backoff.js';
import type { DeviceOutcome } from './device-outcome.js';
import type { DeviceIndex, DeviceRecord, RetryClass, RolloutDefinition } from '../records/records.js';

/** Pause before the next hub job of a device that is reported as connected and repeatedly fails as offline. */
const OFFLINE_AGAIN_PAUSE = { baseMs: 60_000, capMs: 3_600_000 };
const MAX_RETRY_DELAY_MS = 86_400_000;

/** The time of a transition. */
export interface TransitionTime {
  /** Epoch milliseconds by the wall clock, for times that users see. */
  readonly nowMs: number;
  /** Epoch milliseconds by the clock that due times are measured by. */
  readonly pauseMs: number;
  /** Whether the roll-out begins nothing any more, so that no device is retried; default false. */
  readonly isLast?: boolean;
}

/** The index that lists a device because of its state. Devices that have not been reached yet are in none. */
export function indexOf({ state, isDeferred, isPostponed }: DeviceRecord): DeviceIndex | undefined {
  if (state === 'retrying') return isDeferred === true ? 'deferredRetry' : 'retry';
  if (state === 'waiting' || state === 'verifying') return state;
  return state === 'pending' && isPostponed === true ? 'postponed' : undefined;
}

/** Delay between `attempt` and the next; it doubles with each attempt. */
export function retryDelayMs(firstSeconds: number, attempt: number): number {
  return doublingDelayMs(attempt - 1, { baseMs: firstSeconds * 1000, capMs: MAX_RETRY_DELAY_MS });
}

/** A device that becomes part of a hub job. */
export function started(device: DeviceRecord, jobId: string, nowMs: number): DeviceRecord {
  const { deviceId, attempts, tries, isDeferred, offlineAgain } = device;
  return {
    deviceId,
    state: 'running',
    attempts: attempts + 1,
    tries: tries + 1,
    jobId,
    startMs: nowMs,
    ...(isDeferred === undefined ? {} : { isDeferred }),
    ...(offlineAgain === undefined ? {} : { offlineAgain }),
  };
}

/** A device whose hub job is withdrawn, as if the device had not begun. */
export function withdrawn(device: DeviceRecord): DeviceRecord {
  const { jobId: _jobId, startMs: _startMs, ...rest } = device;
  const back = { ...rest, attempts: device.attempts - 1, tries: device.tries - 1 };
  return device.isDeferred === true ? { ...back, state: 'waiting' } : { ...back, state: 'pending', isPostponed: true };
}

/** A device that a hub job skips because it is in a hub job of another roll-out. */
export function postponed(device: DeviceRecord): DeviceRecord {
  return device.state === 'pending' ? { ...device, isPostponed: true } : device;
}

/**
 * A device with an outcome of its hub job.
 * @param attempt the current attempt of its batch.
 */
export function ended(
  definition: RolloutDefinition,
  device: DeviceRecord,
  outcome: DeviceOutcome,
  time: TransitionTime & { readonly attempt: number },
): DeviceRecord {
  const next: DeviceRecord = { ...device, ...outcome, endMs: time.nowMs };
  if (outcome.state === 'succeeded') return succeeded(definition, next, time.pauseMs);
  if (outcome.state === 'offline' && definition.offlineDevices === 'wait') return waitingAgain(next, time.pauseMs);
  return retriedOrEnded(definition, next, time);
}

/** A device that is deferred until it is connected. */
export function waiting(device: DeviceRecord): DeviceRecord {
  const { isPostponed: _isPostponed, due: _due, ...rest } = device;
  return { ...rest, state: 'waiting', isDeferred: true };
}

/**
 * A waiting device after a check of its connection.
 * @param maxUnknownChecks checks in a row without the device in the hub, after which it is `notFound`.
 */
export function checked(device: DeviceRecord, isKnown: boolean, maxUnknownChecks: number, nowMs: number): DeviceRecord {
  const { unknownChecks = 0, ...rest } = device;
  if (isKnown) return rest;
  if (unknownChecks + 1 < maxUnknownChecks) return { ...rest, unknownChecks: unknownChecks + 1 };
  return { ...rest, state: 'notFound', errorCode: 'NotInHub', endMs: nowMs };
}

/** A device that matched `verifyCondition`. */
export function verified(device: DeviceRecord, nowMs: number): DeviceRecord {
  const { verifyUntilMs: _verifyUntilMs, ...rest } = device;
  return { ...rest, state: 'succeeded', endMs: nowMs };
}

/** A device that did not match `verifyCondition` in time. @param attempt the current attempt of its batch. */
export function notVerified(
  definition: RolloutDefinition,
  device: DeviceRecord,
  time: TransitionTime & { readonly attempt: number },
): DeviceRecord {
  const { verifyUntilMs: _verifyUntilMs, ...rest } = device;
  const next: DeviceRecord = { ...rest, state: 'unverified', errorCode: 'NotVerified', endMs: time.nowMs };
  return retriedOrEnded(definition, next, time);
}

/** A device that was not final when the roll-out was cancelled or expired. */
export function notReached(device: DeviceRecord, state: 'cancelled' | 'expired', nowMs: number): DeviceRecord {
  const { verifyUntilMs: _verifyUntilMs, isPostponed: _isPostponed, due: _due, ...rest } = device;
  return { ...rest, state, endMs: nowMs };
}

function succeeded(definition: RolloutDefinition, device: DeviceRecord, pauseMs: number): DeviceRecord {
  if (definition.verifyCondition === undefined) return device;
  return { ...device, state: 'verifying', verifyUntilMs: pauseMs + definition.verifyTimeoutInSeconds * 1000 };
}

/**
 * An offline device waits without using up a retry. The first time, it may have disconnected after the check; if it fails
 * again although it is reported as connected, the connection state of the hub is wrong, and it pauses.
 */
function waitingAgain(device: DeviceRecord, pauseMs: number): DeviceRecord {
  const count = (device.offlineAgain?.count ?? 0) + 1;
  const lengthMs = count === 1 ? 0 : doublingDelayMs(count - 2, OFFLINE_AGAIN_PAUSE);
  return {
    ...device,
    state: 'waiting',
    isDeferred: true,
    tries: device.tries - 1,
    offlineAgain: { count, untilMs: pauseMs + lengthMs },
  };
}

function retriedOrEnded(
  definition: RolloutDefinition,
  device: DeviceRecord,
  { pauseMs, attempt, isLast = false }: TransitionTime & { readonly attempt: number },
): DeviceRecord {
  if (isLast || !isRetried(definition, device)) return device;
  const due =
    device.isDeferred === true ? pauseMs + retryDelayMs(definition.retryDelaySeconds, device.tries) : attempt + 1;
  return { ...device, state: 'retrying', due };
}

function isRetried(definition: RolloutDefinition, { state, tries, methodStatus }: DeviceRecord): boolean {
  const { retries, retryOn, retryStatuses } = definition;
  if (tries > retries || !retryOn.includes(state as RetryClass)) return false;
  return state !== 'refused' || retryStatuses === undefined || retryStatuses.includes(methodStatus ?? 0);
}
