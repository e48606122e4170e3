/** The planner that StartRollout and PreviewRollout share: from the arguments of a call to its definition and plan. */
import type { CallContext } from '../../core/call-context.js';
import { AgentError } from '../../core/errors.js';
import { invalidParameter } from '../../edge/parameter-rules.js';
import type { HubOperations } from '../../iothub/ports.js';
import { targetQuery } from '../../jobs/conditions.js';
import { countTargets, guardMethod } from '../../jobs/guards.js';
import { type Batch, MAX_BATCHES, planBatches, withCanary } from '../plan/batches.js';
import type { KeptRollout } from '../definition/copied.js';
import { type CheckedDefinition, readDefinition } from '../definition/read-definition.js';
import { listedTargets, targetsOf } from '../definition/targets.js';
import { idsPerMatchQuery, queryMatches } from '../driver/steps/device-queries.js';
import type { StartArguments } from '../definition/parameters.js';
import type { RolloutServiceEnvironment } from '../services/rollout-service.js';
import type { RolloutDriver } from '../driver/driver.js';
import type { RolloutGuards } from '../environment.js';
import type { RolloutDefinition } from '../records/records.js';

const COUNT = 'COUNT() AS numberOfTargets';
/** Maximum number of devices that are considered for one query. */
const MAX_LIST = 2048;

/**
 * Returns the definition that the arguments of a call result in, after the guards that do not depend on the number of devices.
 * @throws AgentError `InvalidArgument` naming the parameter, `RolloutNotFound` for `copyOf`, `Forbidden`.
 */
export async function checkedDefinition(
  env: RolloutServiceEnvironment,
  context: CallContext,
  args: StartArguments,
): Promise<CheckedDefinition> {
  const { parsesConditions, connectTimeoutInSeconds } = env;
  const checked = readDefinition(args, {
    copied: args.copyOf === undefined ? undefined : await keptRollout(env, args.copyOf),
    parsesConditions,
    connectTimeoutInSeconds,
    log: context.log,
  });
  if (checked.definition.methodName !== undefined) guardMethod(env.guards, checked.definition.methodName);
  return checked;
}

/** Reads the roll-out of `copyOf`. @throws AgentError `RolloutNotFound`. */
async function keptRollout({ driver }: RolloutServiceEnvironment, rolloutId: string): Promise<KeptRollout> {
  const { definition, sequence } = (await driver.status(rolloutId)).record;
  if (!definition.deviceIds) return { definition };
  return { definition, deviceIds: await listedIds(driver, sequence) };
}

/** Reads the ids that a roll-out lists, in order. */
async function listedIds({ env: { keys, store } }: RolloutDriver, sequence: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const [, chunk] of store.entries({ prefix: keys.idLists(sequence) })) ids.push(...(chunk as string[]));
  return ids;
}

/** Returns the number of devices, which for a condition is a query to the hub. @throws AgentError as the hub port. */
export async function countDevices(
  env: RolloutServiceEnvironment,
  context: CallContext,
  { definition, deviceIds }: CheckedDefinition,
): Promise<number> {
  if (deviceIds) return deviceIds.length;
  return await countTargets(context, env.hub.lane('user'), targetQuery(targetsOf(definition), COUNT));
}

/**
 * Returns the number of devices that match `canaryCondition`, by queries to the hub; 0 without one.
 * @throws AgentError `InvalidArgument` if it matches no device of a condition, because the roll-out would then fail.
 */
export async function countCanary(
  env: RolloutServiceEnvironment,
  context: CallContext,
  { definition, deviceIds }: CheckedDefinition,
  deviceCount: number,
): Promise<number> {
  const { canaryCondition } = definition;
  const hub = env.hub.lane('user');
  if (canaryCondition === undefined) return 0;
  if (deviceIds) return await countMatches(context, hub, listedTargets(definition, deviceIds), canaryCondition);
  const count = await countTargets(context, hub, targetQuery(targetsOf(definition), COUNT, `(${canaryCondition})`));
  if (count === 0 && deviceCount > 0)
    throw invalidParameter('canaryCondition', `matches none of the ${deviceCount} devices; the roll-out would fail`);
  return Math.min(count, deviceCount);
}

async function countMatches(
  context: CallContext,
  hub: HubOperations,
  targets: readonly string[],
  condition: string,
): Promise<number> {
  let count = 0;
  for (let start = 0; start < targets.length;) {
    const rest = targets.slice(start, start + MAX_LIST);
    const list = rest.slice(0, idsPerMatchQuery(rest, condition));
    count += (await queryMatches(context, hub, list, condition)).size;
    start += list.length;
  }
  return count;
}

/** @throws AgentError `InvalidArgument` if the repetition would end before it begins. */
export function requireFutureEnd({ recurrenceEndsMs, startTimeMs = 0 }: RolloutDefinition, nowMs: number): void {
  if (recurrenceEndsMs !== undefined && recurrenceEndsMs <= Math.max(startTimeMs, nowMs))
    throw invalidParameter('recurrenceEnds', 'must be in the future, and later than startTime');
}

/** Whether a guard depends on the number of devices. */
export const needsCount = ({ maxDevicesPerRollout, approvalAbove }: RolloutGuards): boolean =>
  maxDevicesPerRollout !== undefined || approvalAbove !== undefined;

/** Checks `guards.maxDevicesPerRollout`. @throws AgentError `Forbidden`, naming both numbers. */
export function guardDevices({ maxDevicesPerRollout: limit }: RolloutGuards, count: number): void {
  if (limit === undefined || count <= limit) return;
  throw new AgentError(
    'Forbidden',
    `The roll-out targets ${count} devices, and guards.maxDevicesPerRollout of the agent allows ${limit}; target fewer devices, or ask the operator to raise the limit.`,
    { context: { count, limit } },
  );
}

export const needsApproval = ({ approvalAbove }: RolloutGuards, count: number): boolean =>
  approvalAbove !== undefined && count > approvalAbove;

/**
 * Returns the batches. Only a list of devices is refused for having too many; a condition may match fewer devices when the
 * roll-out begins.
 * @throws AgentError `InvalidArgument` for more batches than a roll-out may have.
 */
export function planOrRefuse(
  { definition, deviceIds }: CheckedDefinition,
  deviceCount: number,
  canaryCount = 0,
): Batch[] {
  const plan = planBatches(withCanary(definition, canaryCount), deviceCount, deviceIds ? MAX_BATCHES : Infinity);
  if (plan) return plan;
  const parameter = definition.batchPercent === undefined ? 'batchSize' : 'batchPercent';
  throw invalidParameter(
    parameter,
    `is too small for ${deviceCount} devices: a roll-out has at most ${MAX_BATCHES.toLocaleString('en')} batches`,
  );
}
