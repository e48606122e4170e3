import type { Log } from '../../core/log.js';
import { invalidParameter } from '../../edge/parameter-rules.js';
import { ROLLOUT_DEFAULTS, type StartArguments } from './parameters.js';
import type { RolloutDefinition } from '../records/records.js';
import { Windows, type Window } from '../plan/windows.js';
import { readAbort, DEFAULT_RETRY_ON, readRetryOn, readRetryStatuses } from './failure-rules.js';
import { readContent } from './content.js';
import { inheritable, type KeptRollout } from './copied.js';
import { listSummary, readDeviceIds, checkTargetCondition, checkVerifyCondition } from './targets.js';
import { integerAt, objectAt, smallListOf } from './json-list.js';

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
    ...retries(args, inherited.definition, content.methodName !== undefined),
    ...verification(args, inherited.definition, options),
    ...schedule(args, inherited.definition),
  };
  if (definition.offlineDevices === 'wait' && definition.methodName === undefined)
    throw invalidParameter(
      'offlineDevices',
      'can be wait only with methodName, because a patch also reaches devices that are offline',
    );
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

/** Reads exactly one of a condition and a list. */
function readTargets(
  args: StartArguments,
  { parsesConditions }: DefinitionOptions,
  inherited: Omit<KeptRollout, 'definition'> & { readonly definition: Part },
): { readonly part: Part; readonly deviceIds?: readonly string[] } {
  const condition = args.queryCondition ?? inherited.definition.queryCondition;
  const deviceIds = readDeviceIds(args.deviceIds) ?? inherited.deviceIds;
  if (condition !== undefined && deviceIds)
    throw invalidParameter('deviceIds', 'cannot be combined with queryCondition; pass exactly one of the two');
  if (deviceIds) return { part: { deviceIds: listSummary(deviceIds) }, deviceIds };
  if (condition !== undefined) return { part: { queryCondition: checkTargetCondition(condition, parsesConditions) } };
  throw invalidParameter('queryCondition', 'is missing; pass exactly one of queryCondition (* for all) and deviceIds');
}

function batches(args: StartArguments, inherited: Part) {
  const batchSize = args.batchSize ?? inherited.batchSize;
  const batchPercent = args.batchPercent ?? inherited.batchPercent;
  if (batchSize !== undefined && batchPercent !== undefined)
    throw invalidParameter('batchPercent', 'cannot be combined with batchSize; pass at most one of the two');
  if (batchPercent === 0) throw invalidParameter('batchPercent', 'must be greater than 0');
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
  if (retryStatuses && !retryOn.includes('refused'))
    throw invalidParameter('retryStatuses', 'can only be used with refused in retryOn');
  return { retryOn, ...(retryStatuses ? { retryStatuses } : {}) };
}

function verification(args: StartArguments, inherited: Part, { parsesConditions }: DefinitionOptions) {
  const condition = args.verifyCondition ?? inherited.verifyCondition;
  return condition === undefined ? {} : { verifyCondition: checkVerifyCondition(condition, parsesConditions) };
}

function schedule(args: StartArguments, inherited: Part) {
  const windows = readWindows(args.windows) ?? inherited.windows ?? [];
  const timeZone = args.timeZone ?? inherited.timeZone ?? ROLLOUT_DEFAULTS.timeZone;
  // The constructor checks patterns and time zone.
  const { isAlwaysOpen: _isAlwaysOpen } = new Windows(windows, timeZone);
  return { windows, timeZone };
}

const MAX_WINDOWS = 20;
const MINUTES = { minimum: 1, maximum: 10_080 } as const;

/**
 * Reads the parameter `windows`, without checking the patterns; undefined if it is absent.
 * @throws AgentError `InvalidArgument` naming the path of the invalid value.
 */
export function readWindows(given: unknown): readonly Window[] | undefined {
  return smallListOf('windows', given, MAX_WINDOWS)?.map((item, index) => {
    const place = `windows[${index}]`;
    const { start, durationMinutes } = objectAt('windows', item, place, ['start', 'durationMinutes']);
    if (typeof start !== 'string')
      throw invalidParameter('windows', `is invalid: ${place}.start must be a cron pattern`);
    return { start, durationMinutes: integerAt('windows', durationMinutes, `${place}.durationMinutes`, MINUTES) };
  });
}
