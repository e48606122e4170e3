/**
 * The records of a roll-out in the store: JSON values, with a version. A roll-out of 100,000 devices consists of many small
 * records, so that a step writes only what has changed, and the devices are never all in memory.
 */
import type { CourseState } from './course.js';
import type { AbortCriterion } from '../machine/abort.js';
import type { Misses } from '../../jobs/known-job.js';
import type { BatchShape } from '../plan/batches.js';
import type { DeviceOutcome } from '../machine/device-outcome.js';
import type { DeviceState, FailureState, StateCounts } from '../machine/device-states.js';
import type { Window } from '../plan/windows.js';

/** The parameters of StartRollout after their checks, with defaults. */
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
  /** Of a list of ids, which is stored by itself: its length, and a digest that identifies it. */
  readonly deviceIds?: { readonly count: number; readonly digest: string };
  /** Epoch milliseconds, as the caller passed it. */
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
  /** Absent for hub jobs. */
  readonly via?: 'direct';
  /** Absent for a set that is fixed once. */
  readonly selection?: 'continuous';
  /** Selects the devices of the first batch. */
  readonly canaryCondition?: string;
  readonly verifyTimeoutInSeconds: number;
  readonly windows: readonly Window[];
  /** A cron pattern, at each time of which a run begins. */
  readonly recurrence?: string;
  /** Epoch milliseconds. */
  readonly recurrenceEndsMs?: number;
  readonly timeZone: string;
}

/** Device states after which `retryOn` can retry a device. */
export const RETRY_CLASSES = ['offline', 'timedOut', 'refused', 'failed', 'unverified'] as const;
export type RetryClass = (typeof RETRY_CLASSES)[number];

export const ROLLOUT_STATES = [
  'awaitingApproval',
  'scheduled',
  'recurring',
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
  /** Increases with each roll-out of the hub; defines their order. */
  readonly sequence: number;
  /** The Thing that started it and fires its events. */
  readonly thing: string;
  /** Part of the ids of its hub jobs, so that a later roll-out with the same id never finds these jobs. */
  readonly nonce: string;
  /** The id of the call that started it, in logs and at the hub. */
  readonly correlationId?: string;
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
  /** The runs of a roll-out with `recurrence`, from its start time on. */
  readonly recurring?: Recurring;
  /** Whether `expiresMs` has passed, so that nothing begins any more. */
  readonly isExpired?: boolean;
  /** Number of devices that were counted before the set was fixed. */
  readonly countedDevices?: number;
  /** Number of devices for which the roll-out was approved. */
  readonly approvedDevices?: number;
  /** Number of devices of the set; absent until it is fixed. */
  readonly deviceCount?: number;
  /** Number of devices that matched `canaryCondition`, which are the first batch. */
  readonly canaryCount?: number;
  /** Sizes of the groups of devices that have joined a continuous roll-out since it began. */
  readonly joined?: readonly number[];
  /** All devices of the set by state; the sum is `deviceCount`. */
  readonly counts: StateCounts;
  readonly failures: readonly FailureCount[];
  readonly jobCount: number;
  /** Of its counts over time; absent until its set of devices is fixed. */
  readonly course?: CourseState;
  /** The current batch; absent before the first. */
  readonly batch?: CurrentBatch;
  /** Number of hub jobs for deferred devices so far. */
  readonly deferredParts: number;
  /** For each criterion that a resume has overridden: the counts to subtract. */
  readonly baselines: Baselines;
  /** Positions of the criteria that were met when no device was left to begin; each is in the history once. */
  readonly notedAborts?: readonly number[];
  /** Position of the criterion that has paused the roll-out; a resume overrides it. */
  readonly stoppedBy?: number;
  /** Present while the devices of a cancelled roll-out become `cancelled`; nothing begins any more. */
  readonly cancelRequest?: { readonly comment?: string };
  /** Number of entries ever added to the history. */
  readonly historyLength: number;
  readonly lastHistoryMs: number;
  /** Number of events ever added; each event has its number in its key. */
  readonly eventCount: number;
}

/** The runs of a recurring roll-out. Each is a roll-out of its own. */
export interface Recurring {
  /** The next time of the pattern, which may have passed; absent if no more times come before the end. */
  readonly dueMs?: number;
  /** Number of the last run. */
  readonly runs: number;
  /** Number of times that passed without a run. */
  readonly skipped: number;
  /** Number of runs that ended with an outcome other than `succeeded` and `noTargets`. */
  readonly failed: number;
  /** The last run, until its end has been noted. */
  readonly openRun?: string;
}

/** The progress of the current batch. */
export interface CurrentBatch {
  readonly batch: number;
  /** The current attempt, from 1. */
  readonly attempt: number;
  /** Position of the next device of the first attempt; the end of the batch once all devices have begun. */
  readonly nextPosition: number;
  /** Number of hub jobs of this attempt so far. */
  readonly parts: number;
  /** When the next attempt may begin; set once the results of all hub jobs of this one have been read. */
  readonly retryMs?: number;
  /** When the soak after the batch ends and the next batch may begin. */
  readonly soakUntilMs?: number;
  readonly isSettled?: boolean;
}

/** Counts at the time of an override, by the position of the criterion that was overridden. */
export type Baselines = Readonly<Record<string, StateCounts>>;

export interface FailureCount {
  readonly state: FailureState;
  /** Error code, or status of the method. */
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
  /** Number of devices that keep the batch from being settled: neither final nor deferred. */
  readonly unsettledCount: number;
  /** For overridden criteria of scope `batch`. */
  readonly baselines?: Baselines;
}

/** One device; its key has its position in the order of the roll-out. */
export interface DeviceRecord extends Partial<Omit<DeviceOutcome, 'state'>> {
  /** The id of the device; for a module `device/module`. */
  readonly deviceId: string;
  readonly state: DeviceState;
  /** Number of hub jobs that it was part of. */
  readonly attempts: number;
  /** Number of these that count as attempts: all but those that ended as offline with `offlineDevices: wait`. */
  readonly tries: number;
  readonly jobId?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  /** Whether it waited to be connected: it is then part of the hub jobs of `b0`, and does not keep its batch open. */
  readonly isDeferred?: boolean;
  /** While `pending`: whether an earlier hub job skipped it, so that it is first in the next one. */
  readonly isPostponed?: boolean;
  /** While `retrying`: the attempt of its batch that it waits for, or the time (epoch ms) if it is deferred. */
  readonly due?: number;
  /** How often it failed as offline although it was connected, and until when no hub job includes it. */
  readonly offlineAgain?: { readonly count: number; readonly untilMs: number };
  /** While `verifying`: when it becomes `unverified`. */
  readonly verifyUntilMs?: number;
  /** While `waiting`: number of connection checks in a row that did not find it in the hub. */
  readonly unknownChecks?: number;
}

/** A hub job, from before its creation until its results have been read. */
export interface PartRecord {
  readonly jobId: string;
  /** 0 for deferred devices. */
  readonly batch: number;
  readonly attempt: number;
  readonly part: number;
  readonly positions: readonly number[];
  /** Whether it is a group of direct calls, which the hub does not know as a job. */
  readonly isDirect?: true;
  readonly maxExecutionTimeInSeconds: number;
  readonly estimateMs: number;
  readonly recordedMs: number;
  /** When the hub acknowledged it. */
  readonly acceptedMs?: number;
  /** Polls in a row that did not find the job, by the clock that pauses are measured by. */
  readonly misses?: Misses;
  /** Present once the job has ended, while its results are read. */
  readonly ended?: { readonly atMs: number; readonly status: string; readonly deviceCount?: number };
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

/** An event that the platform has not acknowledged. It is not part of the roll-out, so that it outlives a deleted one. */
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
 * Indexes of devices by what they wait for. `retry` is ordered by the attempt that a device waits for, `deferredRetry` by due
 * time, then all by position.
 */
export type DeviceIndex = 'postponed' | 'retry' | 'deferredRetry' | 'waiting' | 'verifying';

const FINAL: ReadonlySet<RolloutState> = new Set(['completed', 'cancelled', 'failed']);

/** Whether devices may join it until it expires or is cancelled. */
export const isContinuous = ({ definition }: Pick<RolloutRecord, 'definition'>): boolean =>
  definition.selection === 'continuous';

export const isFinal = ({ state }: Pick<RolloutRecord, 'state'>): boolean => FINAL.has(state);
