import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import type { StoreChange } from '../../../store/store.js';
import { orderKey, planBatches, withCanary } from '../../plan/batches.js';
import { type DeviceRecord, isContinuous } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { clear, clearUnfixed } from './finish.js';
import { gatherCanary } from './gather-canary.js';
import { listedIds, targetPages } from './read-targets.js';

const PAGE_SIZE = 1000;
/** Number of ids in each record of a list of devices. */
export const IDS_PER_CHUNK = 1000;

/**
 * Fixes the set of devices and begins the roll-out: once, when the start time has passed, the roll-out is approved and a
 * window is open. Each call processes one page, so that calls of users wait for no more than that. After a crash, the
 * preparation starts again from the beginning; no device has been called by then.
 */
export async function prepare(rollout: OpenRollout, context: CallContext): Promise<void> {
  if (rollout.record.state !== 'preparing') {
    const transaction = await rollout.transaction();
    transaction.enter('preparing');
    await rollout.commit(transaction);
    rollout.preparation = undefined;
    return;
  }
  try {
    rollout.preparation ??= preparation(rollout, context);
    const { done } = await rollout.preparation.next();
    if (done === true) rollout.preparation = undefined;
  } catch (error) {
    rollout.preparation = undefined;
    if (!isAgentError(error, 'HubRejected', 'InvalidArgument', 'QueryInvalid')) throw error;
    await fail(rollout, error.reason);
  }
}

async function* preparation(rollout: OpenRollout, context: CallContext): AsyncGenerator<void, void> {
  const { keys } = rollout.env;
  const { sequence, definition } = rollout.record;
  await clear(rollout, keys.devices(sequence));
  await clear(rollout, keys.gathered(sequence));
  await clear(rollout, keys.members(sequence));
  const isByCondition = definition.queryCondition !== undefined;
  if (isByCondition) yield* gather(rollout, context);
  let canaryCount = 0;
  if (definition.canaryCondition !== undefined) canaryCount = yield* gatherCanary(rollout, context);
  const deviceCount = isGathered(rollout) ? await count(rollout, keys.gathered(sequence)) : listSize(rollout);
  if (isByCondition && deviceCount > 0 && canaryCount === 0 && definition.canaryCondition !== undefined)
    return await fail(rollout, `InvalidArgument: none of ${deviceCount} devices matches canaryCondition.`);
  yield* begin(rollout, deviceCount, canaryCount);
}

const listSize = (rollout: OpenRollout): number => rollout.record.definition.deviceIds?.count ?? 0;

/** Whether the order of the devices is that of their keys under `gathered`; otherwise it is that of the given list. */
const isGathered = ({ record: { definition } }: OpenRollout): boolean =>
  definition.queryCondition !== undefined || definition.canaryCondition !== undefined;

/** Runs the query of the roll-out once. The keys in the store define the order of the devices and remove duplicates. */
async function* gather(rollout: OpenRollout, context: CallContext): AsyncGenerator<void, void> {
  const { keys, store } = rollout.env;
  const { sequence, rolloutId } = rollout.record;
  const prefix = keys.gathered(sequence);
  for await (const ids of targetPages(rollout, context)) {
    await store.batch(
      ids.map((target) => ({ type: 'put', key: `${prefix}${orderKey(rolloutId, target)}`, value: target })),
    );
    yield;
  }
}

async function* begin(rollout: OpenRollout, deviceCount: number, canaryCount: number): AsyncGenerator<void, void> {
  const { guards } = rollout.env;
  const { definition, approvedDevices = 0 } = rollout.record;
  const limit = guards.maxDevicesPerRollout;
  if (limit !== undefined && deviceCount > limit)
    return await fail(
      rollout,
      `Forbidden: The roll-out has ${deviceCount} devices, and guards.maxDevicesPerRollout of the agent allows ${limit}.`,
    );
  const needsApproval =
    guards.approvalAbove !== undefined && deviceCount > Math.max(guards.approvalAbove, approvedDevices);
  if (needsApproval) return await enter(rollout, 'awaitingApproval', { countedDevices: deviceCount });
  if (!planBatches(withCanary(definition, canaryCount), deviceCount))
    return await fail(
      rollout,
      `InvalidArgument: ${deviceCount} devices make more than 1,000 batches; use larger ones.`,
    );
  if (deviceCount > 0) yield* writeDevices(rollout);
  const fixed = {
    ...(canaryCount === 0 ? {} : { canaryCount }),
    deviceCount,
    countedDevices: deviceCount,
    counts: deviceCount > 0 ? { pending: deviceCount } : {},
  };
  rollout.join = { dueMs: rollout.pauses.nowMs() + rollout.env.continuousCheckMs };
  if (deviceCount === 0 && !isContinuous(rollout.record))
    return await enter(rollout, 'completed', { ...fixed, beginMs: rollout.env.clock.nowMs() });
  await enter(rollout, 'running', { ...fixed, beginMs: rollout.env.clock.nowMs() });
}

async function enter(
  rollout: OpenRollout,
  state: 'awaitingApproval' | 'running' | 'completed',
  fields: Partial<OpenRollout['record']>,
): Promise<void> {
  const transaction = await rollout.transaction();
  transaction.update(fields);
  transaction.enter(state);
  await rollout.commit(transaction);
}

async function fail(rollout: OpenRollout, reason: string): Promise<void> {
  const transaction = await rollout.transaction();
  transaction.enter('failed', reason);
  await rollout.commit(transaction);
  await clearUnfixed(rollout);
}

/** Writes a record for each device, in the order of the roll-out. */
async function* writeDevices(rollout: OpenRollout): AsyncGenerator<void, void> {
  const { keys, store } = rollout.env;
  const { sequence, rolloutId } = rollout.record;
  const ids = isGathered(rollout) ? gatheredIds(rollout) : listedIds(rollout);
  let changes: StoreChange[] = [];
  let position = 0;
  for await (const deviceId of ids) {
    const value: DeviceRecord = { deviceId, state: 'pending', attempts: 0, tries: 0 };
    changes.push({ type: 'put', key: keys.device(sequence, position), value });
    if (isContinuous(rollout.record))
      changes.push({ type: 'put', key: keys.member(sequence, orderKey(rolloutId, deviceId)), value: position });
    position += 1;
    if (changes.length < PAGE_SIZE) continue;
    await store.batch(changes);
    changes = [];
    yield;
  }
  await store.batch(changes);
  if (isGathered(rollout)) await clear(rollout, keys.gathered(sequence));
}

async function* gatheredIds({ env, record }: OpenRollout): AsyncGenerator<string> {
  for await (const [, value] of env.store.entries({ prefix: env.keys.gathered(record.sequence) }))
    yield value as string;
}

async function count({ env }: OpenRollout, prefix: string): Promise<number> {
  let entries = 0;
  for await (const _entry of env.store.entries({ prefix })) entries += 1;
  return entries;
}
