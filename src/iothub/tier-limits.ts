import type { HubTier } from './ports.js';

export interface TierLimits {
  /** Creating, reading, listing and cancelling jobs. */
  readonly jobOperationsPerMinute: number;
  readonly queriesPerMinute: number;
  readonly deviceOperationsPerSecond: number;
}

/** How many jobs a hub of `tier` runs at once (Azure: IoT Hub quotas and throttling). */
export function concurrentJobs(tier: HubTier): number {
  return { F1: 1, S1: 1, S2: 5, S3: 10, unlimited: Infinity }[tier];
}

const UNLIMITED: TierLimits = {
  jobOperationsPerMinute: Infinity,
  queriesPerMinute: Infinity,
  deviceOperationsPerSecond: Infinity,
};

/** Returns the limits of a hub (Microsoft, "IoT Hub quotas and throttling"). */
export function tierLimits(tier: HubTier, units: number): TierLimits {
  switch (tier) {
    case 'F1':
    case 'S1':
      return { jobOperationsPerMinute: 100 * units, queriesPerMinute: 20 * units, deviceOperationsPerSecond: 10 };
    case 'S2':
      return {
        jobOperationsPerMinute: 100 * units,
        queriesPerMinute: 20 * units,
        deviceOperationsPerSecond: Math.max(10, units),
      };
    case 'S3':
      return {
        jobOperationsPerMinute: 5000 * units,
        queriesPerMinute: 1000 * units,
        deviceOperationsPerSecond: 50 * units,
      };
    case 'unlimited':
      return UNLIMITED;
  }
}
