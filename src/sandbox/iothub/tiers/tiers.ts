/** The tiers that the local hub can pretend to be; `unlimited` refuses nothing. */
export type TierName = 'F1' | 'S1' | 'S2' | 'S3' | 'unlimited';

/** What the service API counts together. */
export type Operation = 'jobs' | 'queries' | 'twinReads' | 'twinUpdates' | 'identities' | 'methods' | 'free';

export interface Rate {
  readonly perSecond: number;
  /** What may come at once. */
  readonly burst: number;
}

/** Limits of a hub: a tier times its units. */
export interface Limits {
  readonly rates: Readonly<Partial<Record<Operation, Rate>>>;
  /** Operations on devices inside jobs. */
  readonly deviceOperations: Rate | undefined;
  readonly maxActiveJobs: number;
  readonly maxDevices: number;
}

const perSecond = (rate: number): Rate => ({ perSecond: rate, burst: Math.max(1, rate) });
const perMinute = (rate: number): Rate => ({ perSecond: rate / 60, burst: rate });

/** From devguide-quotas-throttling [HUB B]. Methods are metered in blocks of 4 KB: 160, 480 and 24,576 KB a second. */
export function limitsOf(tier: TierName, units: number): Limits {
  switch (tier) {
    case 'unlimited':
      return { rates: {}, deviceOperations: undefined, maxActiveJobs: Infinity, maxDevices: Infinity };
    case 'F1':
      return { ...standard(1, 40, 100), maxActiveJobs: 1, maxDevices: 500 };
    case 'S1':
      return { ...standard(units, 40 * units, 100), maxActiveJobs: 1, maxDevices: 1_000_000 };
    case 'S2':
      return {
        ...standard(units, 120 * units, Math.max(100, 10 * units)),
        deviceOperations: perSecond(Math.max(10, units)),
        maxActiveJobs: 5,
        maxDevices: 1_000_000,
      };
    case 'S3':
      return {
        rates: {
          jobs: perMinute(5_000 * units),
          queries: perMinute(1_000 * units),
          twinReads: perSecond(500 * units),
          twinUpdates: perSecond(250 * units),
          identities: perMinute(5_000 * units),
          methods: perSecond(6_144 * units),
        },
        deviceOperations: perSecond(50 * units),
        maxActiveJobs: 10,
        maxDevices: 1_000_000,
      };
  }
}

function standard(units: number, methodBlocks: number, twinReads: number): Pick<Limits, 'rates' | 'deviceOperations'> {
  return {
    rates: {
      jobs: perMinute(100 * units),
      queries: perMinute(20 * units),
      twinReads: perSecond(twinReads),
      twinUpdates: perSecond(Math.max(50, twinReads / 2)),
      identities: perMinute(100 * units),
      methods: perSecond(methodBlocks),
    },
    deviceOperations: perSecond(10),
  };
}
