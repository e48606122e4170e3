/** The states of a device in a roll-out. */
export const OPEN_DEVICE_STATES = ['pending', 'running', 'verifying', 'retrying', 'waiting'] as const;

/** States of failure, which abort criteria can name. */
export const FAILURE_STATES = ['refused', 'failed', 'timedOut', 'offline', 'unverified', 'notFound'] as const;

export const FINAL_DEVICE_STATES = ['succeeded', ...FAILURE_STATES, 'expired', 'cancelled'] as const;

export type OpenDeviceState = (typeof OPEN_DEVICE_STATES)[number];
export type FailureState = (typeof FAILURE_STATES)[number];
export type FinalDeviceState = (typeof FINAL_DEVICE_STATES)[number];
export type DeviceState = OpenDeviceState | FinalDeviceState;

/** How many devices are in each state; a state without devices may be left out. */
export type StateCounts = Readonly<Partial<Record<DeviceState, number>>>;

/** Devices that ended by themselves, which thresholds are measured against: not those that expired or were cancelled. */
export function executedCount(counts: StateCounts): number {
  return (counts.succeeded ?? 0) + FAILURE_STATES.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

/** How many devices are in any of `states`. */
export function countOf(counts: StateCounts, states: readonly DeviceState[]): number {
  return states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

/** States of devices whose end is neither a success nor a refusal. */
export const FAILED_STATES = ['failed', 'timedOut', 'offline', 'unverified', 'notFound'] as const;

/** The counts that are shown of a roll-out; each device is in exactly one of them. */
export interface ShownCounts {
  readonly pendingCount: number;
  readonly runningCount: number;
  readonly waitingCount: number;
  readonly succeededCount: number;
  readonly refusedCount: number;
  readonly failedCount: number;
  readonly expiredCount: number;
  readonly cancelledCount: number;
}

/** Returns the counts that are shown, always in the same order. */
export function shownCounts(counts: StateCounts): ShownCounts {
  return {
    pendingCount: countOf(counts, ['pending']),
    runningCount: countOf(counts, ['running', 'verifying']),
    waitingCount: countOf(counts, ['waiting', 'retrying']),
    succeededCount: countOf(counts, ['succeeded']),
    refusedCount: countOf(counts, ['refused']),
    failedCount: countOf(counts, FAILED_STATES),
    expiredCount: countOf(counts, ['expired']),
    cancelledCount: countOf(counts, ['cancelled']),
  };
}

/** Whether `part` is at least `percent` of `whole`, without errors of binary fractions: 1 of 3 reaches 33.33 %. */
export function reachesPercent(part: number, percent: number, whole: number): boolean {
  return part * 100 >= Number((percent * whole).toPrecision(12));
}

/** Whether a settled batch has passed. Above 0 %, at least one of its devices must have ended by itself. */
export function hasPassed(counts: StateCounts, successPercent: number): boolean {
  const executed = executedCount(counts);
  if (successPercent > 0 && executed === 0) return false;
  return reachesPercent(counts.succeeded ?? 0, successPercent, executed);
}
