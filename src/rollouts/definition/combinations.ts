import type { RetryClass, RolloutDefinition } from '../records/records.js';
import type { Fault } from './faults.js';
import { MAX_RECURRING_ID_LENGTH, MAX_SNAPSHOT_SECONDS, type StartArguments } from './parameters.js';

/** Parameters that depend on one another. */
export interface Combination {
  readonly queryCondition?: string | undefined;
  readonly deviceIds?: unknown;
  readonly canarySize?: number | undefined;
  readonly canaryCondition?: string | undefined;
  readonly batchSize?: number | undefined;
  readonly batchPercent?: number | undefined;
  readonly offlineDevices?: string | undefined;
  /** With the default. */
  readonly retryOn: readonly RetryClass[];
  readonly retryStatuses?: unknown;
  readonly via?: string | undefined;
  readonly selection?: string | undefined;
  readonly expiresAfterSeconds?: number | undefined;
  readonly rolloutId?: string | undefined;
  readonly recurrence?: string | undefined;
  readonly hasRecurrenceEnds: boolean;
  readonly isMethod: boolean;
}

/** A contradiction: the parameter that is reported, what is wrong with it, and when. */
type Contradiction = readonly [parameter: string, problem: string, isGiven: (chosen: Combination) => boolean];

const haveBoth = (a: unknown, b: unknown): boolean => a !== undefined && b !== undefined;

const CONTRADICTIONS: readonly Contradiction[] = [
  [
    'deviceIds',
    'cannot be combined with queryCondition; pass exactly one of the two',
    ({ queryCondition, deviceIds }) => haveBoth(queryCondition, deviceIds),
  ],
  [
    'batchPercent',
    'cannot be combined with batchSize; pass at most one of the two',
    ({ batchSize, batchPercent }) => haveBoth(batchSize, batchPercent),
  ],
  [
    'canaryCondition',
    'cannot be combined with canarySize; pass at most one of the two',
    ({ canarySize, canaryCondition }) => haveBoth(canarySize, canaryCondition),
  ],
  ['via', 'can be direct only with methodName', ({ via, isMethod }) => via === 'direct' && !isMethod],
  [
    'selection',
    'can be continuous only with queryCondition',
    ({ selection, deviceIds }) => selection === 'continuous' && deviceIds !== undefined,
  ],
  [
    'selection',
    'cannot be continuous together with recurrence; pass at most one of the two',
    ({ selection, recurrence }) => selection === 'continuous' && recurrence !== undefined,
  ],
  [
    'expiresAfterSeconds',
    `must be at most ${MAX_SNAPSHOT_SECONDS.toLocaleString('en')} unless selection is continuous`,
    ({ selection, expiresAfterSeconds = 0 }) =>
      selection !== 'continuous' && expiresAfterSeconds > MAX_SNAPSHOT_SECONDS,
  ],
  ['batchPercent', 'must be greater than 0', ({ batchPercent }) => batchPercent === 0],
  [
    'retryStatuses',
    'can only be used with refused in retryOn',
    ({ retryStatuses, retryOn }) => retryStatuses !== undefined && !retryOn.includes('refused'),
  ],
  [
    'rolloutId',
    `must have at most ${MAX_RECURRING_ID_LENGTH} characters with recurrence`,
    ({ recurrence, rolloutId = '' }) => recurrence !== undefined && rolloutId.length > MAX_RECURRING_ID_LENGTH,
  ],
  [
    'recurrenceEnds',
    'can only be used with recurrence',
    ({ recurrence, hasRecurrenceEnds }) => hasRecurrenceEnds && recurrence === undefined,
  ],
  [
    'offlineDevices',
    'can be wait only with methodName, because a patch also reaches devices that are offline',
    ({ offlineDevices, isMethod }) => offlineDevices === 'wait' && !isMethod,
  ],
];

/** Returns the contradictions between parameters; that no devices are named is `NO_TARGETS`. */
export function* combinationFaults(chosen: Combination): Generator<Fault> {
  for (const [parameter, problem, isGiven] of CONTRADICTIONS) if (isGiven(chosen)) yield { path: [parameter], problem };
}

/** The fault of a roll-out that names no devices. */
export const NO_TARGETS: Fault = {
  path: ['queryCondition'],
  problem: 'is missing; pass exactly one of queryCondition (* for all) and deviceIds',
};

type Replaceable = keyof StartArguments & keyof RolloutDefinition;

/**
 * The parameters that a parameter of the call replaces where they come from elsewhere: from a copied roll-out, or from the
 * description of a wrapper.
 */
export const REPLACED_BY: Partial<Readonly<Record<Replaceable, readonly Replaceable[]>>> = {
  queryCondition: ['deviceIds'],
  deviceIds: ['queryCondition', 'selection'],
  batchSize: ['batchPercent'],
  batchPercent: ['batchSize'],
  canarySize: ['canaryCondition'],
  canaryCondition: ['canarySize'],
  // `retryStatuses` refines `retryOn`, so it is replaced together with it.
  retryOn: ['retryStatuses'],
};
