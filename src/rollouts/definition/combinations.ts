import type { RetryClass, RolloutDefinition } from '../records/records.js';
import type { Fault } from './faults.js';
import type { StartArguments } from './parameters.js';

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
  readonly isMethod: boolean;
}

/** Returns the contradictions between parameters; that no devices are named is `NO_TARGETS`. */
export function* combinationFaults(chosen: Combination): Generator<Fault> {
  if (chosen.queryCondition !== undefined && chosen.deviceIds !== undefined)
    yield {
      path: ['deviceIds'],
      problem: 'cannot be combined with queryCondition; pass exactly one of the two',
    };
  if (chosen.batchSize !== undefined && chosen.batchPercent !== undefined)
    yield { path: ['batchPercent'], problem: 'cannot be combined with batchSize; pass at most one of the two' };
  if (chosen.canarySize !== undefined && chosen.canaryCondition !== undefined)
    yield { path: ['canaryCondition'], problem: 'cannot be combined with canarySize; pass at most one of the two' };
  if (chosen.batchPercent === 0) yield { path: ['batchPercent'], problem: 'must be greater than 0' };
  if (chosen.retryStatuses !== undefined && !chosen.retryOn.includes('refused'))
    yield { path: ['retryStatuses'], problem: 'can only be used with refused in retryOn' };
  if (chosen.offlineDevices === 'wait' && !chosen.isMethod)
    yield {
      path: ['offlineDevices'],
      problem: 'can be wait only with methodName, because a patch also reaches devices that are offline',
    };
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
  deviceIds: ['queryCondition'],
  batchSize: ['batchPercent'],
  batchPercent: ['batchSize'],
  canarySize: ['canaryCondition'],
  canaryCondition: ['canarySize'],
  // `retryStatuses` refines `retryOn`, so it is replaced together with it.
  retryOn: ['retryStatuses'],
};
