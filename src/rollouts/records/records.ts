/**
 * What a roll-out keeps in the store: JSON values, in one form with a version. A roll-out of 100,000 devices is many small
 * records, so that a step writes what has changed and never holds the whole in memory.
 */
import type { AbortCriterion } from '../machine/abort.js';
import type { BatchShape } from '../plan/batches.js';
import type { DeviceOutcome } from '../machine/device-outcome.js';
import type { DeviceState, FailureState, StateCounts } from '../machine/device-states.js';
import type { Window } from '../plan/windows.js';

/** The parameters of StartRollout, checked and with their defaults. Absent ones without a default are left out. */
export interface RolloutDefinition extends BatchShape {
  readonly description?: string;
  readonly methodName?: string;
  /** The payload as JSON text, sent byte for byte. */
  readonly payloadText?: string;
  readonly responseTimeoutInSeconds?: number;
  readonly connectTimeoutInSeconds?: number;
  /** JSON text of the twin patch. */
  readonly patchText?: string;
  readonly queryCondition?: string;
  /** Of a list of ids: how many, and a digest that tells one list from another. */
  readonly deviceIds?: { readonly count: number; readonly digest: string };
  /** Epoch milliseconds, as the caller gave it. */
  readonly startTimeMs?: number;
  readonly expiresAfterSeconds: number;
  readonly promotion: 'automatic' | 'afterFirst' | 'manual';
  readonly successPercent: number;
  readonly soakSeconds: number;
  readonly abort: readonly AbortCriterion[];
  readonly retries: number;
  readonly retryOn: readonly RetryClass[];
  readonly retryStatuses?: readonly number[];
  readonly retryDelaySeconds: number;
  readonly offlineDevices: 'try' | 'wait';
  readonly verifyCondition?: string;
  readonly verifyTimeoutInSeconds: number;
  readonly windows: readonly Window[];
  readonly timeZone: string;
}

/** Failures that a retry may follow. */
export const RETRY_CLASSES = ['offline', 'timedOut', 'refused', 'failed', 'unverified'] as const;
export type RetryClass = (typeof RETRY_CLASSES)[number];

export const ROLLOUT_STATES = [
  'awaitingApproval',
  'scheduled',
  'preparing',
  'running',
  'paused',
  'cancelling',
  'completed',
  'cancelled',
  'failed',
] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

export type RolloutOutcome = 'inProgress' | 'succeeded' | 'completedWithErrors' | 'noTargets' | 'cancelled' | 'failed';

/** The head of a roll-out: everything but its devices, batches, hub jobs and history. */
export interface RolloutRecord {
  readonly version: 1;
  readonly rolloutId: string;
  /** Grows with each roll-out of the hub: their order. */
  readonly sequence: number;
  /** The Thing that started it and fires its events. */
  readonly thing: string;
  /** Part of the ids of its hub jobs, so that a roll-out made anew under the same id never meets its old jobs. */
  readonly nonce: string;
  readonly retryOf?: string;
  readonly definition: RolloutDefinition;
  readonly createdMs: number;
  readonly startMs: number;
  readonly expiresMs: number;
  readonly beginMs?: number;
  readonly endMs?: number;
  readonly state: RolloutState;
  readonly outcome: RolloutOutcome;
  readonly reason: string;
  /** Its time is over: nothing begins any more. */
  readonly isExpired?: boolean;
  /** Devices counted before the set was fixed. */
  readonly countedDevices?: number;
  /** Up to so many devices have been approved. */
  readonly approvedDevices?: number;
  /** Devices of the set, once it is fixed. */
  readonly deviceCount?: number;
  /** Of all devices of the set; they add up to `deviceCount`. */
  readonly counts: StateCounts;
  readonly failures: readonly FailureCount[];
  readonly jobCount: number;
  /** The current batch; absent before the first. */
  readonly batch?: CurrentBatch;
  /** Hub jobs for devices that were waited for, so far. */
  readonly lateParts: number;
  /** For criteria that were overridden by a resume: the counts that they leave out. By the place of the criterion. */
  readonly baselines: Baselines;
  /** Criteria that were met when no device was left to begin. */
  readonly notedAborts?: readonly number[];
  /** While paused by a criterion: its place. A resume overrides it. */
  readonly stoppedBy?: number;
  /** A cancel that has been accepted while its devices are being ended; nothing begins any more. */
  readonly cancelRequest?: { readonly comment?: string };
  /** Entries of the history ever written. */
  readonly historyLength: number;
  readonly lastHistoryMs: number;
  /** Events ever fired: their numbers. */
  readonly eventCount: number;
}

/** Where the current batch stands. */
export interface CurrentBatch {
  readonly batch: number;
  /** The attempt whose hub jobs are being made, from 1. */
  readonly attempt: number;
  /** Position of the next device of the first attempt; the end of the batch when all have begun. */
  readonly nextPosition: number;
  /** Hub jobs of this attempt so far. */
  readonly parts: number;
  /** When the next attempt may begin; set once all hub jobs of this one have been read. */
  readonly retryMs?: number;
  /** Settled: when the next batch may begin. */
  readonly soakUntilMs?: number;
  readonly isSettled?: boolean;
}

/** Counts at the time of an override, by the place of the criterion that was overridden. */
export type Baselines = Readonly<Record<string, StateCounts>>;

export interface FailureCount {
  readonly state: FailureState;
  /** Error code or method status. */
  readonly code: string;
  readonly count: number;
}

/** One batch that has begun. */
export interface BatchRecord {
  readonly batch: number;
  readonly size: number;
  readonly startMs: number;
  readonly settledMs?: number;
  readonly counts: StateCounts;
  /** Devices that the batch is not settled without: neither final nor waited for. */
  readonly holding: number;
  /** For overridden criteria of scope `batch`. */
  readonly baselines?: Baselines;
}

/** One device, at its position in the order of the roll-out. */
export interface DeviceRecord extends Partial<Omit<DeviceOutcome, 'state'>> {
  readonly deviceId: string;
  readonly state: DeviceState;
  /** Hub jobs that it was in. */
  readonly attempts: number;
  /** Of these, the ones that use up a retry. */
  readonly tries: number;
  readonly jobId?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  /** It was waited for: its hub jobs are those of `b0`, and it holds no batch any more. */
  readonly isLate?: boolean;
  /** While `pending`: its turn has passed without a hub job, so it goes first in the next one. */
  readonly isAgain?: boolean;
  /** While `retrying`: the attempt of its batch that it is due in, or the time (epoch ms) if it was waited for. */
  readonly due?: number;
  /** Times that it failed as offline although it was connected; it is left alone until then. */
  readonly offlineAgain?: { readonly count: number; readonly untilMs: number };
  /** While `verifying`: when it becomes `unverified`. */
  readonly verifyUntilMs?: number;
  /** While `waiting`: connection checks that did not find it in the hub. */
  readonly unknownChecks?: number;
}

/** A hub job that is noted before it is made and kept until its results have been read. */
export interface PartRecord {
  readonly jobId: string;
  /** 0 for devices that were waited for. */
  readonly batch: number;
  readonly attempt: number;
  readonly part: number;
  readonly positions: readonly number[];
  readonly maxExecutionTimeInSeconds: number;
  readonly estimateMs: number;
  readonly notedMs: number;
  /** The hub has acknowledged it, at this time. */
  readonly acceptedMs?: number;
  /** Looks in a row that did not find an accepted job. */
  readonly misses?: Misses;
  /** The job has ended; its results are being read. */
  readonly ended?: { readonly atMs: number; readonly status: string; readonly deviceCount?: number };
}

export interface Misses {
  readonly count: number;
  /** By the clock that never goes back. */
  readonly firstMs: number;
}

export interface HistoryEntry {
  readonly timeMs: number;
  readonly event: 'created' | 'state' | 'batchBegun' | 'batchSettled' | 'abort' | 'approved' | 'override';
  readonly state: RolloutState;
  readonly batch?: number;
  readonly reason?: string;
  readonly comment?: string;
  readonly abort?: { readonly criterion: AbortCriterion; readonly matching: number; readonly executed: number };
}

/**
 * An event that the platform has not acknowledged yet. It is kept beside the roll-out, not in it, so that it is reported
 * even when the roll-out has ended or has been deleted.
 */
export interface RolloutEvent {
  readonly rolloutId: string;
  /** The Thing that fires it. */
  readonly thing: string;
  readonly state: RolloutState;
  readonly previousState: string;
  readonly outcome: RolloutOutcome;
  readonly reason: string;
  readonly batch: number;
  readonly batchCount: number;
  readonly deviceCount: number;
  readonly counts: StateCounts;
  readonly timeMs: number;
}

/**
 * Lists of positions beside the devices: which wait for what. `retry` is ordered by the attempt that a device is due in,
 * `lateRetry` by its due time, all by position.
 */
export type DeviceIndex = 'again' | 'retry' | 'lateRetry' | 'waiting' | 'verifying';

const FINAL: ReadonlySet<RolloutState> = new Set(['completed', 'cancelled', 'failed']);

export const isFinal = ({ state }: Pick<RolloutRecord, 'state'>): boolean => FINAL.has(state);
