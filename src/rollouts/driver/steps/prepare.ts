import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import { find, textOf } from '../../../iothub/documents.js';
import { targetsOfCondition, targetQuery } from '../../../jobs/conditions.js';
import type { StoreChange } from '../../../store/store.js';
import { planBatches, orderKey } from '../../plan/batches.js';
import type { DeviceRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';
import { clear, clearUnfixed } from './finish.js';

const PAGE_SIZE = 1000;
/** Devices of a list are kept in chunks of this many. */
export const IDS_PER_CHUNK = 1000;

/**
 * Fixes the set of devices and begins: once, when the start time is reached, the roll-out is approved and a window is open.
 * Each call does a page of it, so that a user's call waits for no more than that. A crash in the middle begins it anew;
 * nothing has been called by then.
 */
export async function prepare(work: RolloutWork, context: CallContext): Promise<void> {
  if (work.record.state !== 'preparing') {
    const edit = await work.edit();
    edit.enter('preparing');
    await work.commit(edit);
    work.preparation = undefined;
    return;
  }
  try {
    work.preparation ??= preparation(work, context);
    const { done } = await work.preparation.next();
    if (done === true) work.preparation = undefined;
  } catch (error) {
    work.preparation = undefined;
    if (!isAgentError(error, 'HubRejected', 'InvalidArgument', 'QueryInvalid')) throw error;
    await fail(work, error.reason);
  }
}

async function* preparation(work: RolloutWork, context: CallContext): AsyncGenerator<void, void> {
  const { keys } = work.env;
  const { sequence, definition } = work.record;
  await clear(work, keys.devices(sequence));
  const isByCondition = definition.queryCondition !== undefined;
  if (isByCondition) yield* gather(work, context);
  const deviceCount = isByCondition ? await count(work, keys.gathered(sequence)) : listSize(work);
  yield* begin(work, deviceCount);
}

const listSize = (work: RolloutWork): number => work.record.definition.deviceIds?.count ?? 0;

/** Walks the hub's query once; the store puts the devices into the order of the roll-out and drops repetitions. */
async function* gather(work: RolloutWork, context: CallContext): AsyncGenerator<void, void> {
  const { keys, store, hub } = work.env;
  const { sequence, rolloutId, definition } = work.record;
  const prefix = keys.gathered(sequence);
  await clear(work, prefix);
  const query = targetQuery(targetsOfCondition(definition.queryCondition ?? '*'), 'deviceId');
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await hub.query(context, { query, pageSize: PAGE_SIZE, ...token });
    const ids = page.items.map((row) => textOf(find(row, 'deviceId'))).filter((id) => id !== undefined);
    await store.batch(
      ids.map((deviceId) => ({ type: 'put', key: `${prefix}${orderKey(rolloutId, deviceId)}`, value: deviceId })),
    );
    continuationToken = page.continuationToken;
    yield;
  } while (continuationToken !== undefined);
}

async function* begin(work: RolloutWork, deviceCount: number): AsyncGenerator<void, void> {
  const { guards } = work.env;
  const { definition, approvedDevices = 0 } = work.record;
  const limit = guards.maxDevicesPerRollout;
  if (limit !== undefined && deviceCount > limit)
    return await fail(
      work,
      `Forbidden: The roll-out has ${deviceCount} devices, and guards.maxDevicesPerRollout of the agent allows ${limit}.`,
    );
  const needsApproval =
    guards.approvalAbove !== undefined && deviceCount > Math.max(guards.approvalAbove, approvedDevices);
  if (needsApproval) return await enter(work, 'awaitingApproval', { countedDevices: deviceCount });
  if (!planBatches(definition, deviceCount))
    return await fail(work, `InvalidArgument: ${deviceCount} devices make more than 1,000 batches; use larger ones.`);
  if (deviceCount > 0) yield* writeDevices(work);
  const fixed = { deviceCount, countedDevices: deviceCount, counts: deviceCount > 0 ? { pending: deviceCount } : {} };
  if (deviceCount === 0) return await enter(work, 'completed', { ...fixed, beginMs: work.env.clock.nowMs() });
  await enter(work, 'running', { ...fixed, beginMs: work.env.clock.nowMs() });
}

async function enter(
  work: RolloutWork,
  state: 'awaitingApproval' | 'running' | 'completed',
  fields: Partial<RolloutWork['record']>,
): Promise<void> {
  const edit = await work.edit();
  edit.update(fields);
  edit.enter(state);
  await work.commit(edit);
}

async function fail(work: RolloutWork, reason: string): Promise<void> {
  const edit = await work.edit();
  edit.enter('failed', reason);
  await work.commit(edit);
  await clearUnfixed(work);
}

/** Writes a record for each device, in the order of the roll-out. */
async function* writeDevices(work: RolloutWork): AsyncGenerator<void, void> {
  const { keys, store } = work.env;
  const { sequence, definition } = work.record;
  const isByCondition = definition.queryCondition !== undefined;
  const ids = isByCondition ? gatheredIds(work) : listedIds(work);
  let changes: StoreChange[] = [];
  let position = 0;
  for await (const deviceId of ids) {
    const value: DeviceRecord = { deviceId, state: 'pending', attempts: 0, tries: 0 };
    changes.push({ type: 'put', key: keys.device(sequence, position), value });
    position += 1;
    if (changes.length < PAGE_SIZE) continue;
    await store.batch(changes);
    changes = [];
    yield;
  }
  await store.batch(changes);
  if (isByCondition) await clear(work, keys.gathered(sequence));
}

async function* gatheredIds({ env, record }: RolloutWork): AsyncGenerator<string> {
  for await (const [, value] of env.store.entries({ prefix: env.keys.gathered(record.sequence) }))
    yield value as string;
}

async function* listedIds({ env, record }: RolloutWork): AsyncGenerator<string> {
  for await (const [, value] of env.store.entries({ prefix: env.keys.idLists(record.sequence) }))
    yield* value as string[];
}

async function count({ env }: RolloutWork, prefix: string): Promise<number> {
  let entries = 0;
  for await (const _entry of env.store.entries({ prefix })) entries += 1;
  return entries;
}
