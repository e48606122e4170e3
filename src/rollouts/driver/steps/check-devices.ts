/** The checks of devices outside hub jobs: whether they match `verifyCondition`, and whether they are connected. */
import type { CallContext } from '../../../core/call-context.js';
import { checked, notVerified, verified } from '../../machine/device-transitions.js';
import { isPauseOver } from '../../machine/pause-clock.js';
import type { DeviceIndex, DeviceRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { queryConnections, queryMatches, idsPerConnectionQuery, idsPerMatchQuery } from './device-queries.js';
import { moveDevices } from './store-outcomes.js';

/** Time between two rounds of checks of the `verifying` devices. */
const VERIFY_EVERY_MS = 5000;
const MAX_LIST = 2048;
/** The longest pause of a device that is reported as connected and fails as offline. */
const LONGEST_PAUSE_MS = 3_600_000;
/** Checks in a row without a waiting device in the hub, after which it is `notFound`. */
const MAX_UNKNOWN_CHECKS = 3;

/** The devices of one check. */
interface Listed {
  readonly positions: readonly number[];
  readonly devices: readonly DeviceRecord[];
  /** Whether no device follows these in the index. */
  readonly isLast: boolean;
}

/** Checks the next `verifying` devices. @param isLastCheck whether those that do not match become final now. */
export async function verify(rollout: OpenRollout, context: CallContext, isLastCheck: boolean): Promise<void> {
  const { definition } = rollout.record;
  const condition = definition.verifyCondition ?? '';
  const listed = await nextOf(rollout, 'verifying', rollout.verify.position, (ids) => idsPerMatchQuery(ids, condition));
  if (listed.positions.length > 0) {
    const askedMs = rollout.pauses.nowMs();
    const ids = listed.devices.map(({ deviceId }) => deviceId);
    const matching = await queryMatches(context, rollout.env.hub, ids, condition);
    await moveDevices(rollout, listed.positions, {
      step: (device, _position, time) => {
        if (matching.has(device.deviceId)) return verified(device, time.nowMs);
        // A device does not become `unverified` before it was checked once after its timeout.
        const { verifyUntilMs = 0 } = device;
        const isOver = isLastCheck || isPauseOver(verifyUntilMs, definition.verifyTimeoutInSeconds * 1000, askedMs);
        return isOver ? notVerified(definition, device, time) : undefined;
      },
    });
  }
  rollout.verify = after(rollout, listed, (rollout.record.counts.verifying ?? 0) > 0, VERIFY_EVERY_MS);
}

/** Checks the connections of the next `waiting` devices. */
export async function checkConnections(rollout: OpenRollout, context: CallContext): Promise<void> {
  const listed = await nextOf(rollout, 'waiting', rollout.connections.position, idsPerConnectionQuery);
  if (listed.positions.length > 0) {
    const ids = listed.devices.map(({ deviceId }) => deviceId);
    const connections = await queryConnections(context, rollout.env.hub, ids);
    for (const [at, device] of listed.devices.entries()) {
      const position = listed.positions[at] as number;
      if (connections.get(device.deviceId) === true && !isPausing(rollout, device)) rollout.deferred.add(position);
      else rollout.deferred.delete(position);
    }
    await countUnknown(rollout, listed, connections);
  }
  rollout.connections = after(rollout, listed, (rollout.record.counts.waiting ?? 0) > 0, rollout.env.connectionCheckMs);
}

/** Whether a device pauses because it is reported as connected and repeatedly failed as offline. */
function isPausing(rollout: OpenRollout, { offlineAgain }: DeviceRecord): boolean {
  return offlineAgain !== undefined && !isPauseOver(offlineAgain.untilMs, LONGEST_PAUSE_MS, rollout.pauses.nowMs());
}

/** Counts the checks that did not find a device; writes only devices whose count changes. */
async function countUnknown(
  rollout: OpenRollout,
  { positions, devices }: Listed,
  connections: ReadonlyMap<string, boolean>,
): Promise<void> {
  const moved = positions.filter((_position, at) => {
    const device = devices[at] as DeviceRecord;
    return !connections.has(device.deviceId) || device.unknownChecks !== undefined;
  });
  if (moved.length === 0) return;
  await moveDevices(rollout, moved, {
    step: (device, _position, { nowMs }) =>
      checked(device, connections.has(device.deviceId), MAX_UNKNOWN_CHECKS, nowMs),
  });
}

/** Reads as many devices of an index, from `position` on, as fit one query. */
async function nextOf(
  rollout: OpenRollout,
  index: DeviceIndex,
  position: number,
  fitting: (deviceIds: readonly string[]) => number,
): Promise<Listed> {
  const entries = await rollout.indexed(index, MAX_LIST, position);
  const positions = entries.map((entry) => entry.position);
  const devices = await rollout.devicesAt(positions);
  const count = fitting(devices.map(({ deviceId }) => deviceId));
  return {
    positions: positions.slice(0, count),
    devices: devices.slice(0, count),
    isLast: count === positions.length && positions.length < MAX_LIST,
  };
}

/** Where and when the next check begins: after these devices at once, or with the first one after a pause. */
function after(
  rollout: OpenRollout,
  { positions, isLast }: Listed,
  hasMore: boolean,
  everyMs: number,
): { readonly position: number; readonly dueMs?: number } {
  if (!hasMore) return { position: 0 };
  const nowMs = rollout.pauses.nowMs();
  return isLast ? { position: 0, dueMs: nowMs + everyMs } : { position: (positions.at(-1) ?? 0) + 1, dueMs: nowMs };
}
