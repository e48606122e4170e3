import type { Log } from '../../core/log.js';
import { omitUndefined } from '../../core/objects.js';
import { ROLLOUT_DEFAULTS, type StartArguments } from './parameters.js';
import type { RolloutDefinition } from '../records/records.js';
import { Windows } from '../plan/windows.js';
import { readAbort, DEFAULT_RETRY_ON, readRetryOn, readRetryStatuses } from './failure-rules.js';
import { readContent } from './content.js';
import { inheritable, type KeptRollout } from './copied.js';
import { listSummary, readDeviceIds, checkDeviceCondition, checkTargetCondition, checkWalk } from './targets.js';
import { combinationFaults, NO_TARGETS } from './combinations.js';
import { refuseFirst } from './faults.js';
import { readWindows, recurrenceFaults } from './schedule.js';

export interface DefinitionOptions {
  /** The roll-out of `copyOf`. */
  readonly copied?: KeptRollout | undefined;
  readonly parsesConditions: boolean;
  /** `services.connectTimeoutInSeconds`. */
  readonly connectTimeoutInSeconds: number;
  readonly log: Log;
}

/** A definition, with its devices if it lists them. */
export interface CheckedDefinition {
  readonly definition: RolloutDefinition;
  /** In order, without repeated ids. */
  readonly deviceIds?: readonly string[];
}

type Part = Partial<RolloutDefinition>;

/**
 * Checks the arguments of a call and completes them with the parameters of the copied roll-out and with defaults.
 * @throws AgentError `InvalidArgument` naming the parameter.
 */
export function readDefinition(args: StartArguments, options: DefinitionOptions): CheckedDefinition {
  const inherited = inheritable(args, options.copied);
  const content = readContent(args, { ...options, inherited: inherited.definition });
  const targets = readTargets(args, options, inherited);
  const definition: RolloutDefinition = {
    ...simple(args, inherited.definition),
    ...content,
    ...targets.part,
    ...batches(args, inherited.definition),
    ...conditions(args, inherited.definition, options),
    ...retries(args, inherited.definition, content.methodName !== undefined),
    ...schedule(args, inherited.definition),
  };
  const isMethod = content.methodName !== undefined;
  const hasRecurrenceEnds = definition.recurrenceEndsMs !== undefined;
  refuseFirst(combinationFaults({ ...definition, rolloutId: args.rolloutId, hasRecurrenceEnds, isMethod }));
  checkWalk(definition);
  return targets.deviceIds ? { definition, deviceIds: targets.deviceIds } : { definition };
}

/** Parameters that need no further check. */
function simple(args: StartArguments, inherited: Part) {
  const description = args.description ?? inherited.description;
  const startTimeMs = args.startTime?.getTime();
  const of = <K extends keyof typeof ROLLOUT_DEFAULTS & keyof RolloutDefinition & keyof StartArguments>(
    key: K,
  ): NonNullable<RolloutDefinition[K]> =>
    (args[key] ?? inherited[key] ?? ROLLOUT_DEFAULTS[key]) as NonNullable<RolloutDefinition[K]>;
  return {
    ...(description === undefined ? {} : { description }),
    ...(startTimeMs === undefined ? {} : { startTimeMs }),
    expiresAfterSeconds: of('expiresAfterSeconds'),
    batchGrowth: of('batchGrowth'),
    promotion: of('promotion'),
    successPercent: of('successPercent'),
    soakSeconds: of('soakSeconds'),
    retries: of('retries'),
    retryDelaySeconds: of('retryDelaySeconds'),
    offlineDevices: of('offlineDevices'),
    verifyTimeoutInSeconds: of('verifyTimeoutInSeconds'),
  };
}

/** Reads a condition or a list. */
function readTargets(
  args: StartArguments,
  { parsesConditions }: DefinitionOptions,
  inherited: Omit<KeptRollout, 'definition'> & { readonly definition: Part },
): { readonly part: Part; readonly deviceIds?: readonly string[] } {
  const condition = args.queryCondition ?? inherited.definition.queryCondition;
  const deviceIds = readDeviceIds(args.deviceIds) ?? inherited.deviceIds;
  if (condition === undefined && !deviceIds) refuseFirst([NO_TARGETS]);
  const via = args.via ?? inherited.definition.via;
  const selection = args.selection ?? inherited.definition.selection;
  const part = {
    ...(via === 'direct' ? { via: 'direct' as const } : {}),
    ...(selection === 'continuous' ? { selection: 'continuous' as const } : {}),
    ...(deviceIds ? { deviceIds: listSummary(deviceIds) } : {}),
    ...(condition === undefined ? {} : { queryCondition: checkTargetCondition(condition, parsesConditions) }),
  };
  return deviceIds ? { part, deviceIds } : { part };
}

function batches(args: StartArguments, inherited: Part) {
  const batchSize = args.batchSize ?? inherited.batchSize;
  const batchPercent = args.batchPercent ?? inherited.batchPercent;
  const canarySize = args.canarySize ?? inherited.canarySize;
  const maxBatchSize = args.maxBatchSize ?? inherited.maxBatchSize;
  return {
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(batchPercent === undefined ? {} : { batchPercent }),
    ...(canarySize === undefined ? {} : { canarySize }),
    ...(maxBatchSize === undefined ? {} : { maxBatchSize }),
    abort: readAbort(args.abort) ?? inherited.abort ?? [],
  };
}

function retries(args: StartArguments, inherited: Part, isMethod: boolean) {
  const retryOn = readRetryOn(args.retryOn) ?? inherited.retryOn ?? DEFAULT_RETRY_ON[isMethod ? 'method' : 'patch'];
  const retryStatuses = readRetryStatuses(args.retryStatuses) ?? inherited.retryStatuses;
  return { retryOn, ...(retryStatuses ? { retryStatuses } : {}) };
}

/** The conditions on devices of the roll-out. */
function conditions(args: StartArguments, inherited: Part, { parsesConditions }: DefinitionOptions): Part {
  const entries = (['canaryCondition', 'verifyCondition'] as const).flatMap((parameter) => {
    const condition = args[parameter] ?? inherited[parameter];
    return condition === undefined
      ? []
      : [[parameter, checkDeviceCondition(condition, parsesConditions, parameter)] as const];
  });
  return Object.fromEntries(entries);
}

function schedule(args: StartArguments, inherited: Part) {
  const windows = readWindows(args.windows) ?? inherited.windows ?? [];
  const timeZone = args.timeZone ?? inherited.timeZone ?? ROLLOUT_DEFAULTS.timeZone;
  // The constructor checks patterns and time zone.
  const { isAlwaysOpen: _isAlwaysOpen } = new Windows(windows, timeZone);
  const recurrence = args.recurrence ?? inherited.recurrence;
  if (recurrence !== undefined) refuseFirst(recurrenceFaults(recurrence, timeZone));
  const recurrenceEndsMs = args.recurrenceEnds?.getTime() ?? inherited.recurrenceEndsMs;
  return { windows, timeZone, ...omitUndefined({ recurrence, recurrenceEndsMs }) };
}
