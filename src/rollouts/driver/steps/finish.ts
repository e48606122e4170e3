import type { StoreChange } from '../../../store/store.js';
import { OPEN_DEVICE_STATES, type DeviceState } from '../../machine/device-states.js';
import { notReached } from '../../machine/device-transitions.js';
import { positionOf } from '../../records/keys.js';
import type { DeviceRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';

const PAGE_SIZE = 1000;

/** Expires a roll-out: nothing begins any more, and one without a set of devices ends at once. */
export async function expire(rollout: OpenRollout): Promise<void> {
  const { state, deviceCount } = rollout.record;
  const transaction = await rollout.transaction();
  transaction.update({ isExpired: true });
  if (state === 'awaitingApproval') transaction.enter('cancelled', 'expired');
  else if (deviceCount === undefined) transaction.enter('completed', 'expired');
  await rollout.commit(transaction);
  rollout.pollNow();
  if (deviceCount === undefined) await clearUnfixed(rollout);
}

/** Ends a roll-out: makes all remaining devices final, then the roll-out. */
export async function finish(rollout: OpenRollout): Promise<void> {
  const { state, isExpired, reason, cancelRequest } = rollout.record;
  if (state === 'cancelling' || cancelRequest) {
    await endDevices(rollout, 'cancelled');
    return await end(rollout, 'cancelled', cancelRequest ? 'user' : reason, cancelRequest?.comment);
  }
  if (isExpired === true) await endDevices(rollout, 'expired');
  await end(rollout, 'completed', isExpired === true ? 'expired' : '');
}

async function end(
  rollout: OpenRollout,
  state: 'cancelled' | 'completed',
  reason: string,
  comment?: string,
): Promise<void> {
  const transaction = await rollout.transaction();
  transaction.enter(state, reason, comment);
  await rollout.commit(transaction);
}

const OPEN: ReadonlySet<DeviceState> = new Set(OPEN_DEVICE_STATES);

/** Makes the remaining devices final, page by page. After a crash, the next call continues. */
async function endDevices(rollout: OpenRollout, to: 'cancelled' | 'expired'): Promise<void> {
  const { keys, store } = rollout.env;
  let page: [position: number, device: DeviceRecord][] = [];
  const flush = async (): Promise<void> => {
    const transaction = await rollout.transaction(page.map(([position]) => position));
    for (const [position, device] of page)
      transaction.moveDevice(position, device, notReached(device, to, transaction.nowMs));
    await rollout.commit(transaction);
    page = [];
  };
  for await (const [key, value] of store.entries({ prefix: keys.devices(rollout.record.sequence) })) {
    const device = value as DeviceRecord;
    if (OPEN.has(device.state)) page.push([positionOf(key), device]);
    if (page.length >= PAGE_SIZE) await flush();
  }
  if (page.length > 0) await flush();
}

/** Removes the records of a preparation that will not be completed. What a crash leaves is removed with the roll-out. */
export async function clearUnfixed(rollout: OpenRollout): Promise<void> {
  const { keys } = rollout.env;
  const { sequence } = rollout.record;
  rollout.preparation = undefined;
  await clear(rollout, keys.devices(sequence));
  await clear(rollout, keys.gathered(sequence));
  await clear(rollout, keys.members(sequence));
}

/** Deletes everything under a prefix, page by page. */
export async function clear({ env }: OpenRollout, prefix: string): Promise<void> {
  let changes: StoreChange[] = [];
  for await (const [key] of env.store.entries({ prefix })) {
    changes.push({ type: 'delete', key });
    if (changes.length < PAGE_SIZE) continue;
    await env.store.batch(changes);
    changes = [];
  }
  if (changes.length > 0) await env.store.batch(changes);
}
