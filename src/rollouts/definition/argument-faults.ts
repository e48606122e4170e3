import type { StartArguments } from './parameters.js';
import type { RetryClass } from '../records/records.js';
import { combinationFaults, NO_TARGETS } from './combinations.js';
import { DEVICE_IDS } from './targets.js';
import type { Fault } from './faults.js';
import { type ListRules, listFaults } from './json-list.js';
import { ABORT, DEFAULT_RETRY_ON, RETRY_ON, RETRY_STATUSES } from './failure-rules.js';
import { scheduleFaults, WINDOWS } from './schedule.js';

export interface ArgumentContext {
  /** Whether a method is called; otherwise twins are changed. */
  readonly isMethod: boolean;
  /** Whether the devices may still be named later. */
  readonly mayNameTargets: boolean;
}

/**
 * Everything that is wrong with lists, windows, time zone and combinations of parameters that are fixed before a call, as
 * by the description of a wrapper. Bounds of single values and conditions are not checked here.
 */
export function* argumentFaults(args: StartArguments, context: ArgumentContext): Generator<Fault> {
  yield* scheduleFaults(args);
  for (const rules of LISTS) {
    const given = args[rules.parameter as keyof StartArguments];
    if (Array.isArray(given)) yield* listFaults(given, rules);
  }
  if (args.queryCondition === undefined && args.deviceIds === undefined && !context.mayNameTargets) yield NO_TARGETS;
  const retryOn = Array.isArray(args.retryOn)
    ? (args.retryOn as readonly RetryClass[])
    : DEFAULT_RETRY_ON[context.isMethod ? 'method' : 'patch'];
  const hasRecurrenceEnds = args.recurrenceEnds !== undefined;
  yield* combinationFaults({ ...args, retryOn, hasRecurrenceEnds, isMethod: context.isMethod });
}

const LISTS: readonly ListRules[] = [ABORT, DEVICE_IDS, RETRY_ON, RETRY_STATUSES, WINDOWS];
