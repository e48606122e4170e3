/** The states of a device in a roll-out. */
export const OPEN_DEVICE_STATES = ['pending', 'running', 'verifying', 'retrying', 'waiting'] as const;

/** States of failure that a retry may follow, and that criteria of abort name. */
export const FAILURE_STATES = ['refused', 'failed', 'timedOut', 'offline', 'unverified', 'notFound'] as const;

export const FINAL_DEVICE_STATES = ['succeeded', ...FAILURE_STATES, 'expired', 'cancelled'] as const;

export type OpenDeviceState = (typeof OPEN_DEVICE_STATES)[number];
export type FailureState = (typeof FAILURE_STATES)[number];
export type FinalDeviceState = (typeof FINAL_DEVICE_STATES)[number];
export type DeviceState = OpenDeviceState | FinalDeviceState;

/** How many devices are in each state; a state without devices may be left out. */
export type StateCounts = Readonly<Partial<Record<DeviceState, number>>>;

/** Final by their own doing: what thresholds are measured against. */
export function executedCount(counts: StateCounts): number {
  return (counts.succeeded ?? 0) + FAILURE_STATES.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

/** The sum over some states. */
export function countOf(counts: StateCounts, states: readonly DeviceState[]): number {
  return states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

/**
 * Whether `part` is at least `percent` of `whole`, without the errors of binary fractions: 33.33 % of 3 is 0.9999, which
 * one device reaches.
 */
export function reachesPercent(part: number, percent: number, whole: number): boolean {
  return part * 100 >= Number((percent * whole).toPrecision(12));
}

/** Whether a settled batch has passed. At 0 % it always has; above, not without a single device that was tried. */
export function hasPassed(counts: StateCounts, successPercent: number): boolean {
  const executed = executedCount(counts);
  if (successPercent > 0 && executed === 0) return false;
  return reachesPercent(counts.succeeded ?? 0, successPercent, executed);
}
