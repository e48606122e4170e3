/** What a roll-out does next. Pure: everything it depends on is in the facts. */
import type { Batch } from '../plan/batches.js';
import { countOf, OPEN_DEVICE_STATES } from './device-states.js';
import { retryDelayMs } from './device-transitions.js';
import { isPauseOver } from './pause-clock.js';
import {
  type BatchRecord,
  type CurrentBatch,
  isFinal,
  type PartRecord,
  type RolloutRecord,
} from '../records/records.js';

/** What a roll-out waits for, in the order in which it is reported. */
export const WAITING_FOR = [
  'store',
  'hub',
  'approval',
  'startTime',
  'job',
  'answers',
  'resume',
  'window',
  'place',
  'verification',
  'retry',
  'soak',
  'devices',
] as const;
export type WaitingFor = (typeof WAITING_FOR)[number];

/** Where the devices of the next hub job come from: the current batch, its next attempt, or those that were waited for. */
export type JobSource = 'batch' | 'retry' | 'late';

export interface Facts {
  /** Epoch milliseconds of the wall clock: what start, windows and expiry go by. */
  readonly nowMs: number;
  /** Epoch milliseconds of the clock that pauses go by. */
  readonly pauseMs: number;
  readonly record: RolloutRecord;
  /** Empty until the set is fixed. */
  readonly plan: readonly Batch[];
  /** The record of the current batch. */
  readonly batch?: BatchRecord | undefined;
  /** Hub jobs that are noted and not read to their end. */
  readonly parts: readonly OpenPart[];
  /** Devices of the current batch that have to begin although their turn has passed. */
  readonly hasAgain: boolean;
  /** The first attempt that a device of the current batch is due in. */
  readonly retryAttempt?: number | undefined;
  /** When the first device that was waited for may begin: it is connected, or its retry is due. */
  readonly lateMs?: number | undefined;
  /** Sources all of whose devices are in hub jobs of other roll-outs. */
  readonly blocked: ReadonlySet<JobSource>;
  /** A window is open for at least one device more. */
  readonly isWindowOpen: boolean;
  readonly nextWindowMs?: number | undefined;
  /** The roll-out has asked for a place of the hub and stands in line. */
  readonly isInLine: boolean;
  /** When the devices that verify are asked next. */
  readonly verifyMs?: number | undefined;
  /** When the connections of waiting devices are asked next. */
  readonly connectionsMs?: number | undefined;
}

/** A hub job with the time of its next look. */
export interface OpenPart {
  readonly record: PartRecord;
  /** By the clock that pauses go by. */
  readonly lookMs: number;
  /** The roll-out was cancelled, and the hub has been asked to cancel the job, in vain if it runs. */
  readonly isCancelAsked?: boolean;
}

export type Action =
  | { readonly kind: 'expire' }
  | { readonly kind: 'prepare' }
  | { readonly kind: 'make'; readonly part: PartRecord }
  | { readonly kind: 'look'; readonly part: PartRecord }
  | { readonly kind: 'cancelJob'; readonly part: PartRecord }
  | { readonly kind: 'read'; readonly part: PartRecord }
  | { readonly kind: 'beginBatch' }
  | { readonly kind: 'scheduleRetry' }
  | { readonly kind: 'beginAttempt' }
  | { readonly kind: 'assemble'; readonly from: JobSource }
  | { readonly kind: 'settle' }
  | { readonly kind: 'verify' }
  | { readonly kind: 'askConnections' }
  | { readonly kind: 'finish' }
  | Rest;

export interface Rest {
  readonly kind: 'rest';
  readonly waitingFor: WaitingFor;
  /** Epoch milliseconds; by the wall clock for `approval`, `startTime`, `resume` and `window`. */
  readonly untilMs?: number;
  /** It stands in line for a place of the hub, whatever else it waits for. */
  readonly isInLine?: boolean;
}

const rest = (waitingFor: WaitingFor, untilMs?: number): Rest => ({
  kind: 'rest',
  waitingFor,
  ...(untilMs === undefined ? {} : { untilMs }),
});

/** Whether nothing begins any more: what is open is read, and the rest ends. */
export function isClosing({ state, isExpired, cancelRequest }: RolloutRecord): boolean {
  return state === 'cancelling' || isExpired === true || cancelRequest !== undefined;
}

/** Whether its current batch is settled and soaks. @param pauseMs by the clock that pauses go by. */
export function isSoaking({ state, batch, definition }: RolloutRecord, pauseMs: number): boolean {
  const { isSettled = false, soakUntilMs = 0 } = batch ?? {};
  return isSettled && !isFinal({ state }) && !isPauseOver(soakUntilMs, definition.soakSeconds * 1000, pauseMs);
}

/** The next action of a roll-out that is not final. A rest ends at its time, or when something happens. */
export function nextAction(facts: Facts): Action {
  const { record, nowMs } = facts;
  if (nowMs >= record.expiresMs && !isClosing(record)) return { kind: 'expire' };
  const job = jobAction(facts);
  if (job && job.kind !== 'rest') return job;
  if (isClosing(record)) return job ?? closing(record);
  if (record.state === 'paused') return paused(facts, job);
  return record.state === 'running' ? running(facts, job) : beforeBegin(facts);
}

/** The set of devices is not fixed yet. */
function beforeBegin({ record, nowMs, isWindowOpen, nextWindowMs }: Facts): Action {
  if (record.state === 'awaitingApproval') return rest('approval', record.expiresMs);
  if (record.state === 'preparing') return { kind: 'prepare' };
  if (nowMs < record.startMs) return rest('startTime', Math.min(record.startMs, record.expiresMs));
  return isWindowOpen ? { kind: 'prepare' } : rest('window', nextWindowMs);
}

/** What the open hub jobs need: an answer to whether they exist, a look, their results. */
function jobAction({ parts, pauseMs, record }: Facts): Action | undefined {
  for (const { record: part, lookMs, isCancelAsked = false } of parts) {
    const isUnderWay = part.acceptedMs !== undefined && part.ended === undefined;
    if (record.state === 'cancelling' && isUnderWay && !isCancelAsked) return { kind: 'cancelJob', part };
    if (lookMs > pauseMs) continue;
    if (part.ended) return { kind: 'read', part };
    return { kind: isUnderWay ? 'look' : 'make', part };
  }
  if (parts.length === 0) return undefined;
  return partsRest(parts);
}

function partsRest(parts: readonly OpenPart[]): Rest {
  const isReading = parts.every(({ record: part }) => part.ended !== undefined);
  return rest(isReading ? 'answers' : 'job', Math.min(...parts.map(({ lookMs }) => lookMs)));
}

/** What verifies is asked for once more, then all that is left ends. */
function closing({ counts }: RolloutRecord): Action {
  return (counts.verifying ?? 0) > 0 ? { kind: 'verify' } : { kind: 'finish' };
}

/** Nothing begins, but what has begun is seen through: answers, verification, and whether the batch is settled. */
function paused(facts: Facts, job: Action | undefined): Action {
  const step = batchAction(facts);
  if (step.kind === 'settle' || step.kind === 'scheduleRetry') return step;
  return withWatching(facts, [job, rest('resume')]);
}

function running(facts: Facts, job: Action | undefined): Action {
  const { record } = facts;
  if (countOf(record.counts, OPEN_DEVICE_STATES) === 0 && isLastSettled(facts)) return { kind: 'finish' };
  const step = batchAction(facts);
  if (step.kind !== 'rest') return step;
  const late = lateAction(facts);
  if (late && late.kind !== 'rest') return late;
  return withWatching(facts, [job, step, late]);
}

function isLastSettled({ record, plan }: Facts): boolean {
  return record.batch?.isSettled === true && record.batch.batch === plan.length;
}

/** What the current batch needs. */
function batchAction(facts: Facts): Action {
  const { record, batch, plan } = facts;
  const { batch: current } = record;
  if (!current || !batch) return { kind: 'beginBatch' };
  if (current.isSettled === true) return afterSettled(facts, current);
  if (batch.holding === 0) return { kind: 'settle' };
  const { start = 0, size = 0 } = plan[current.batch - 1] ?? {};
  if (current.nextPosition < start + size || facts.hasAgain) return begin(facts, 'batch');
  if (facts.retryAttempt !== undefined && facts.retryAttempt <= current.attempt) return begin(facts, 'retry');
  return attemptAction(facts, current);
}

function afterSettled({ record, plan, pauseMs }: Facts, { batch, soakUntilMs = 0 }: CurrentBatch): Action {
  if (batch === plan.length) return rest('devices');
  return isSoaking(record, pauseMs) ? rest('soak', soakUntilMs) : { kind: 'beginBatch' };
}

/** All devices of the attempt have begun. */
function attemptAction(facts: Facts, current: CurrentBatch): Action {
  const { parts, retryAttempt, pauseMs, verifyMs, record } = facts;
  if (parts.some(({ record: part }) => part.batch === current.batch)) return partsRest(parts);
  if (retryAttempt === undefined) return rest('verification', verifyMs);
  const { retryMs, attempt } = current;
  if (retryMs === undefined) return { kind: 'scheduleRetry' };
  const isOver = isPauseOver(retryMs, retryDelayMs(record.definition.retryDelaySeconds, attempt), pauseMs);
  return isOver ? { kind: 'beginAttempt' } : rest('retry', retryMs);
}

/** What the devices need that were waited for; whatever batch is running, they go when they can. */
function lateAction(facts: Facts): Action | undefined {
  const { lateMs, pauseMs, record } = facts;
  if (lateMs === undefined) return undefined;
  const { retries, retryDelaySeconds } = record.definition;
  const isDue = isPauseOver(lateMs, retryDelayMs(retryDelaySeconds, retries + 1), pauseMs);
  return isDue ? begin(facts, 'late') : rest('retry', lateMs);
}

/** A hub job needs an open window, a place of the hub, and a device that is in no other. */
function begin(facts: Facts, from: JobSource): Action {
  if (!facts.isWindowOpen) return rest('window', facts.nextWindowMs);
  if (facts.blocked.has(from)) return rest('job');
  return facts.isInLine ? { ...rest('place'), isInLine: true } : { kind: 'assemble', from };
}

/** What runs beside everything else; otherwise the first of the rests. */
function withWatching(facts: Facts, rests: readonly (Action | undefined)[]): Action {
  const { record, pauseMs, verifyMs, connectionsMs } = facts;
  if (verifyMs !== undefined && pauseMs >= verifyMs) return { kind: 'verify' };
  const isWaiting = record.state === 'running' && connectionsMs !== undefined;
  if (isWaiting && pauseMs >= connectionsMs) return { kind: 'askConnections' };
  const all = [
    ...rests.filter((action): action is Rest => action?.kind === 'rest'),
    ...(verifyMs === undefined ? [] : [rest('verification', verifyMs)]),
    ...(isWaiting ? [rest('devices', connectionsMs)] : []),
  ];
  const first = WAITING_FOR.find((waitingFor) => all.some((action) => action.waitingFor === waitingFor)) ?? 'devices';
  const times = [...all.map(({ untilMs }) => untilMs), record.expiresMs].filter((time) => time !== undefined);
  const next = rest(first, Math.min(...times));
  return all.some(({ isInLine }) => isInLine === true) ? { ...next, isInLine: true } : next;
}
