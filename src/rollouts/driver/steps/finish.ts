import type { StoreChange } from '../../../store/store.js';
import { OPEN_DEVICE_STATES, type DeviceState } from '../../machine/device-states.js';
import { notReached } from '../../machine/device-transitions.js';
import { positionOf } from '../../records/keys.js';
import type { DeviceRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';

const PAGE_SIZE = 1000;

/** Its time is over: from now on nothing begins. Without a set of devices it ends at once. */
export async function expire(work: RolloutWork): Promise<void> {
  const { state, deviceCount } = work.record;
  const edit = await work.edit();
  edit.update({ isExpired: true });
  if (state === 'awaitingApproval') edit.enter('cancelled', 'expired');
  else if (deviceCount === undefined) edit.enter('completed', 'expired');
  await work.commit(edit);
  work.lookNow();
  if (deviceCount === undefined) await clearUnfixed(work);
}

/** Nothing more will happen: every device gets its end, then the roll-out. */
export async function finish(work: RolloutWork): Promise<void> {
  const { state, isExpired, reason, cancelRequest } = work.record;
  if (state === 'cancelling' || cancelRequest) {
    await sweep(work, 'cancelled');
    return await end(work, 'cancelled', cancelRequest ? 'user' : reason, cancelRequest?.comment);
  }
  if (isExpired === true) await sweep(work, 'expired');
  await end(work, 'completed', isExpired === true ? 'expired' : '');
}

async function end(
  work: RolloutWork,
  state: 'cancelled' | 'completed',
  reason: string,
  comment?: string,
): Promise<void> {
  const edit = await work.edit();
  edit.enter(state, reason, comment);
  await work.commit(edit);
}

const OPEN: ReadonlySet<DeviceState> = new Set(OPEN_DEVICE_STATES);

/** Ends the devices that are not final, page by page; a crash in between leaves the rest for the next sweep. */
async function sweep(work: RolloutWork, to: 'cancelled' | 'expired'): Promise<void> {
  const { keys, store } = work.env;
  let page: [position: number, device: DeviceRecord][] = [];
  const flush = async (): Promise<void> => {
    const edit = await work.edit(page.map(([position]) => position));
    for (const [position, device] of page) edit.moveDevice(position, device, notReached(device, to, edit.nowMs));
    await work.commit(edit);
    page = [];
  };
  for await (const [key, value] of store.entries({ prefix: keys.devices(work.record.sequence) })) {
    const device = value as DeviceRecord;
    if (OPEN.has(device.state)) page.push([positionOf(key), device]);
    if (page.length >= PAGE_SIZE) await flush();
  }
  if (page.length > 0) await flush();
}

/** Removes what was gathered of a set of devices that will not be fixed. What a crash leaves goes with the roll-out. */
export async function clearUnfixed(work: RolloutWork): Promise<void> {
  const { keys } = work.env;
  const { sequence } = work.record;
  work.preparation = undefined;
  await clear(work, keys.devices(sequence));
  await clear(work, keys.gathered(sequence));
}

/** Deletes everything under a prefix, page by page. */
export async function clear({ env }: RolloutWork, prefix: string): Promise<void> {
  let changes: StoreChange[] = [];
  for await (const [key] of env.store.entries({ prefix })) {
    changes.push({ type: 'delete', key });
    if (changes.length < PAGE_SIZE) continue;
    await env.store.batch(changes);
    changes = [];
  }
  if (changes.length > 0) await env.store.batch(changes);
}
