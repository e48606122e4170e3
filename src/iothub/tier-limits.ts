import type { HubTier } from './ports.js';

/** What the tier of a hub limits separately. */
export type Budget = 'jobOperations' | 'queries' | 'twinReads' | 'twinUpdates' | 'methodCalls' | 'identityOperations';

/** How many units of a budget a hub allows; Infinity if it does not limit them. */
export interface BudgetLimit {
  readonly perMinute: number;
  /** How many the hub accepts at once. */
  readonly burst: number;
}

export interface TierLimits {
  readonly budgets: Readonly<Record<Budget, BudgetLimit>>;
  readonly deviceOperationsPerSecond: number;
}

/** A method call takes one unit of its budget for each block of this size. */
export const METHOD_METER_BYTES = 4096;

/** How many jobs a hub of `tier` runs at once (Azure: IoT Hub quotas and throttling). */
export function concurrentJobs(tier: HubTier): number {
  return { F1: 1, S1: 1, S2: 5, S3: 10, unlimited: Infinity }[tier];
}

const perMinute = (count: number): BudgetLimit => ({ perMinute: count, burst: count });
const perSecond = (count: number): BudgetLimit => ({ perMinute: 60 * count, burst: count });

/** Returns the limits of a hub (Microsoft, "IoT Hub quotas and throttling"). Methods are metered in blocks of 4 KB. */
export function tierLimits(tier: HubTier, units: number): TierLimits {
  switch (tier) {
    case 'F1':
    case 'S1':
      return standard({ units, methodBlocks: 40 * units, twinReads: 100, deviceOperationsPerSecond: 10 });
    case 'S2':
      return standard({
        units,
        methodBlocks: 120 * units,
        twinReads: Math.max(100, 10 * units),
        deviceOperationsPerSecond: Math.max(10, units),
      });
    case 'S3':
      return {
        budgets: {
          jobOperations: perMinute(5000 * units),
          queries: perMinute(1000 * units),
          twinReads: perSecond(500 * units),
          twinUpdates: perSecond(250 * units),
          methodCalls: perSecond(6144 * units),
          identityOperations: perMinute(5000 * units),
        },
        deviceOperationsPerSecond: 50 * units,
      };
    case 'unlimited':
      return UNLIMITED;
  }
}

interface StandardTier {
  readonly units: number;
  /** Blocks of methods a second. */
  readonly methodBlocks: number;
  /** A second; updates are half as many. */
  readonly twinReads: number;
  readonly deviceOperationsPerSecond: number;
}

function standard({ units, methodBlocks, twinReads, deviceOperationsPerSecond }: StandardTier): TierLimits {
  return {
    budgets: {
      jobOperations: perMinute(100 * units),
      queries: perMinute(20 * units),
      twinReads: perSecond(twinReads),
      twinUpdates: perSecond(twinReads / 2),
      methodCalls: perSecond(methodBlocks),
      identityOperations: perMinute(100 * units),
    },
    deviceOperationsPerSecond,
  };
}

const NO_LIMIT = perMinute(Infinity);

const UNLIMITED: TierLimits = {
  budgets: {
    jobOperations: NO_LIMIT,
    queries: NO_LIMIT,
    twinReads: NO_LIMIT,
    twinUpdates: NO_LIMIT,
    methodCalls: NO_LIMIT,
    identityOperations: NO_LIMIT,
  },
  deviceOperationsPerSecond: Infinity,
};
