/** Decides what a roll-out does next. Pure: everything that the decision depends on is in the facts. */
import type { Batch } from '../plan/batches.js';
import { countOf, OPEN_DEVICE_STATES } from './device-states.js';
import { retryDelayMs } from './device-transitions.js';
import { recurringAction } from './recurring-action.js';
import { wait, type Wait, WAITING_FOR, type Waiting } from './waiting.js';
import { isPauseOver } from './pause-clock.js';
import {
  type BatchRecord,
  type CurrentBatch,
  isFinal,
  type PartRecord,
  type RolloutRecord,
} from '../records/records.js';

/**
 * Where the devices of the next hub job come from: the first attempt of the current batch, a retry of it, or the devices
 * that were deferred until they are connected.
 */
export type JobSource = 'batch' | 'retry' | 'deferred';

export interface Facts {
  /** Epoch milliseconds by the wall clock, which start, windows and expiry depend on. */
  readonly nowMs: number;
  /** Epoch milliseconds by the clock that pauses are measured by. */
  readonly pauseMs: number;
  readonly record: RolloutRecord;
  /** Empty until the set is fixed. */
  readonly plan: readonly Batch[];
  /** The record of the current batch. */
  readonly batch?: BatchRecord | undefined;
  /** Hub jobs that are recorded and whose results have not all been read. */
  readonly parts: readonly OpenPart[];
  /** Whether devices of the current batch were skipped by an earlier hub job and are still to begin. */
  readonly hasPostponed: boolean;
  /** The earliest attempt that a device of the current batch waits for. */
  readonly retryAttempt?: number | undefined;
  /** When the first deferred device may begin, because it is connected or its retry is due. */
  readonly deferredMs?: number | undefined;
  /** Sources all of whose devices are in hub jobs of other roll-outs. */
  readonly blocked: ReadonlySet<JobSource>;
  /** Whether nothing may begin because the platform is away. */
  readonly isHeld: boolean;
  /** Whether a window is open for long enough for at least one device. */
  readonly isWindowOpen: boolean;
  readonly nextWindowMs?: number | undefined;
  /** Whether the roll-out is in line for a place of the hub. */
  readonly isInLine: boolean;
  /** When the `verifying` devices are checked next. */
  readonly verifyMs?: number | undefined;
  /** Whether more direct calls may begin, and when they may after the hub was away; present for roll-outs via `direct`. */
  readonly directCalls?: { readonly hasRoom: boolean; readonly resumeMs?: number | undefined } | undefined;
  /**
   * When devices that match a continuous roll-out by now may join it, by the clock that pauses are measured by, and
   * whether a walk over them is under way.
   */
  readonly join?: { readonly dueMs: number; readonly isUnderWay: boolean } | undefined;
  /** Whether the open run of a recurring roll-out has ended. */
  readonly isRunOver?: boolean | undefined;
  /** When the connections of the `waiting` devices are checked next. */
  readonly connectionsMs?: number | undefined;
}

/** A hub job with the time at which it is polled next. */
export interface OpenPart {
  readonly record: PartRecord;
  /** By the clock that pauses are measured by. */
  readonly pollMs: number;
  /** Whether the hub was asked to cancel the job, which has no effect on a running one. */
  readonly isCancelAsked?: boolean;
  /** Whether the hub had no place for it when it was asked last. */
  readonly isRefused?: boolean;
}

export type Action =
  | { readonly kind: 'expire' }
  | { readonly kind: 'prepare' }
  | { readonly kind: 'recur' }
  | { readonly kind: 'join' }
  | { readonly kind: 'callDevices'; readonly part: PartRecord }
  | { readonly kind: 'createJob'; readonly part: PartRecord }
  | { readonly kind: 'pollJob'; readonly part: PartRecord }
  | { readonly kind: 'cancelJob'; readonly part: PartRecord }
  | { readonly kind: 'readResults'; readonly part: PartRecord }
  | { readonly kind: 'beginBatch' }
  | { readonly kind: 'scheduleRetry' }
  | { readonly kind: 'beginAttempt' }
  | { readonly kind: 'recordJob'; readonly from: JobSource }
  | { readonly kind: 'settle' }
  | { readonly kind: 'verify' }
  | { readonly kind: 'checkConnections' }
  | { readonly kind: 'finish' }
  | Wait;

/** Actions that only write to the store and never ask the hub. */
export const LOCAL_ACTIONS: ReadonlySet<Action['kind']> = new Set([
  'expire',
  'beginBatch',
  'scheduleRetry',
  'beginAttempt',
  'settle',
  'finish',
  'recur',
  'callDevices',
]);

/** What a roll-out waits for during an action; undefined for those that change nothing about that. */
export function waitingDuring({ kind }: Action): Waiting | undefined {
  if (kind === 'prepare' || kind === 'readResults') return { waitingFor: 'answers' };
  const isForJob =
    kind === 'recordJob' ||
    kind === 'createJob' ||
    kind === 'pollJob' ||
    kind === 'cancelJob' ||
    kind === 'callDevices';
  return isForJob ? { waitingFor: 'job' } : undefined;
}

/** Whether no further device begins: open hub jobs are read, and the remaining devices become final. */
export function isClosing({ state, isExpired, cancelRequest }: RolloutRecord): boolean {
  return state === 'cancelling' || isExpired === true || cancelRequest !== undefined;
}

/** Whether its current batch is settled and soaks. @param pauseMs by the clock that pauses are measured by. */
export function isSoaking({ state, batch, definition }: RolloutRecord, pauseMs: number): boolean {
  const { isSettled = false, soakUntilMs = 0 } = batch ?? {};
  return isSettled && !isFinal({ state }) && !isPauseOver(soakUntilMs, definition.soakSeconds * 1000, pauseMs);
}

/** Returns the next action of a roll-out that is not final. A wait ends at its time, or when something changes. */
export function nextAction(facts: Facts): Action {
  const { record, nowMs } = facts;
  if (record.definition.recurrence !== undefined && record.state !== 'awaitingApproval') return recurringAction(facts);
  if (nowMs >= record.expiresMs && !isClosing(record)) return { kind: 'expire' };
  const job = jobAction(facts);
  if (job && job.kind !== 'wait') return job;
  if (isClosing(record)) return job ?? closing(record);
  if (record.state === 'paused') return paused(facts, job);
  return record.state === 'running' ? running(facts, job) : beforeBegin(facts);
}

/** The set of devices is not fixed yet. */
function beforeBegin({ record, nowMs, isHeld, isWindowOpen, nextWindowMs }: Facts): Action {
  if (record.state === 'awaitingApproval') return wait('approval', record.expiresMs);
  if (record.state === 'preparing') return { kind: 'prepare' };
  if (nowMs < record.startMs) return wait('startTime', Math.min(record.startMs, record.expiresMs));
  if (isHeld) return wait('platform', record.expiresMs);
  return isWindowOpen ? { kind: 'prepare' } : wait('window', nextWindowMs);
}

/** What an open hub job needs: to be created, polled, cancelled or read. */
function jobAction({ parts, pauseMs, record }: Facts): Action | undefined {
  for (const { record: part, pollMs, isCancelAsked = false } of parts) {
    const isUnderWay = part.acceptedMs !== undefined && part.ended === undefined;
    if (record.state === 'cancelling' && isUnderWay && !isCancelAsked) return { kind: 'cancelJob', part };
    if (pollMs > pauseMs) continue;
    if (part.isDirect) return { kind: 'callDevices', part };
    if (part.ended) return { kind: 'readResults', part };
    return { kind: isUnderWay ? 'pollJob' : 'createJob', part };
  }
  if (parts.length === 0) return undefined;
  return partsWait(parts);
}

function partsWait(parts: readonly OpenPart[]): Wait {
  const open = parts.filter(({ record: part }) => part.ended === undefined);
  const isPlaced = open.some(({ isRefused = false }) => !isRefused);
  const waitingFor = open.length === 0 ? 'answers' : isPlaced ? 'job' : 'place';
  return wait(waitingFor, Math.min(...parts.map(({ pollMs }) => pollMs)));
}

/** Devices that are `verifying` are checked once more before the remaining devices become final. */
function closing({ counts }: RolloutRecord): Action {
  return (counts.verifying ?? 0) > 0 ? { kind: 'verify' } : { kind: 'finish' };
}

/** Begins nothing; results, verification and the settling of the batch continue. */
function paused(facts: Facts, job: Action | undefined): Action {
  const step = batchAction(facts);
  if (step.kind === 'settle' || step.kind === 'scheduleRetry') return step;
  return withChecks(facts, [job, wait('resume')]);
}

function running(facts: Facts, job: Action | undefined): Action {
  const { record } = facts;
  const isDone = countOf(record.counts, OPEN_DEVICE_STATES) === 0 && isLastSettled(facts);
  if (isDone && !facts.join) return { kind: 'finish' };
  const step = batchAction(facts);
  // The sizes of the next batches depend on all devices that join.
  if (step.kind === 'beginBatch' && facts.join?.isUnderWay === true) return { kind: 'join' };
  if (step.kind !== 'wait') return step;
  const deferred = deferredAction(facts);
  if (deferred && deferred.kind !== 'wait') return deferred;
  return withChecks(facts, [job, step, deferred]);
}

function isLastSettled({ record, plan }: Facts): boolean {
  return record.batch?.isSettled === true && record.batch.batch === plan.length;
}

/** What the current batch needs. */
function batchAction(facts: Facts): Action {
  const { record, batch, plan } = facts;
  const { batch: current } = record;
  if (!current || !batch) return plan.length === 0 ? wait('devices') : { kind: 'beginBatch' };
  if (current.isSettled === true) return afterSettled(facts, current);
  if (batch.unsettledCount === 0) return { kind: 'settle' };
  const { start = 0, size = 0 } = plan[current.batch - 1] ?? {};
  if (current.nextPosition < start + size || facts.hasPostponed) return begin(facts, 'batch');
  if (facts.retryAttempt !== undefined && facts.retryAttempt <= current.attempt) return begin(facts, 'retry');
  return attemptAction(facts, current);
}

function afterSettled({ record, plan, pauseMs }: Facts, { batch, soakUntilMs = 0 }: CurrentBatch): Action {
  if (batch === plan.length) return wait('devices');
  return isSoaking(record, pauseMs) ? wait('soak', soakUntilMs) : { kind: 'beginBatch' };
}

/** All devices of the attempt have begun. */
function attemptAction(facts: Facts, current: CurrentBatch): Action {
  const { parts, retryAttempt, pauseMs, verifyMs, record } = facts;
  if (parts.some(({ record: part }) => part.batch === current.batch)) return partsWait(parts);
  if (retryAttempt === undefined) return wait('verification', verifyMs);
  const { retryMs, attempt } = current;
  if (retryMs === undefined) return { kind: 'scheduleRetry' };
  const isOver = isPauseOver(retryMs, retryDelayMs(record.definition.retryDelaySeconds, attempt), pauseMs);
  return isOver ? { kind: 'beginAttempt' } : wait('retry', retryMs);
}

/** What deferred devices need. They do not wait for a batch. */
function deferredAction(facts: Facts): Action | undefined {
  const { deferredMs, pauseMs, record } = facts;
  if (deferredMs === undefined) return undefined;
  const { retries, retryDelaySeconds } = record.definition;
  const isDue = isPauseOver(deferredMs, retryDelayMs(retryDelaySeconds, retries + 1), pauseMs);
  return isDue ? begin(facts, 'deferred') : wait('retry', deferredMs);
}

/** A hub job requires an open window, a place of the hub, and a device that is in no other hub job. */
function begin(facts: Facts, from: JobSource): Action {
  if (facts.isHeld) return wait('platform');
  if (!facts.isWindowOpen) return wait('window', facts.nextWindowMs);
  if (facts.blocked.has(from) || facts.directCalls?.hasRoom === false) return wait('job');
  if (facts.directCalls?.resumeMs !== undefined) return wait('hub', facts.directCalls.resumeMs);
  return facts.isInLine ? { ...wait('place'), isInLine: true } : { kind: 'recordJob', from };
}

/** Adds the checks of devices, which run beside everything else; of several waits, the first of `WAITING_FOR` counts. */
function withChecks(facts: Facts, waits: readonly (Action | undefined)[]): Action {
  const { record, pauseMs, verifyMs, connectionsMs, join } = facts;
  if (verifyMs !== undefined && pauseMs >= verifyMs) return { kind: 'verify' };
  const isWaiting = record.state === 'running' && connectionsMs !== undefined;
  if (isWaiting && pauseMs >= connectionsMs) return { kind: 'checkConnections' };
  const mayJoin = record.state === 'running' && join !== undefined;
  if (mayJoin && pauseMs >= join.dueMs) return { kind: 'join' };
  const all = [
    ...waits.filter((action): action is Wait => action?.kind === 'wait'),
    ...(verifyMs === undefined ? [] : [wait('verification', verifyMs)]),
    ...(isWaiting ? [wait('devices', connectionsMs)] : []),
    ...(mayJoin ? [wait('devices', join.dueMs)] : []),
  ];
  const first = WAITING_FOR.find((waitingFor) => all.some((action) => action.waitingFor === waitingFor)) ?? 'devices';
  const times = [...all.map(({ untilMs }) => untilMs), record.expiresMs].filter((time) => time !== undefined);
  const next = wait(first, Math.min(...times));
  return all.some(({ isInLine }) => isInLine === true) ? { ...next, isInLine: true } : next;
}
