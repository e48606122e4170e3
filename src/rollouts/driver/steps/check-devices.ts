/** What is asked about devices between hub jobs: whether they match the condition, and whether they are connected. */
import type { CallContext } from '../../../core/call-context.js';
import { checked, notVerified, verified } from '../../machine/device-transitions.js';
import { fittingIds } from '../../plan/id-conditions.js';
import { isPauseOver } from '../../machine/pause-clock.js';
import type { DeviceIndex, DeviceRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';
import { askConnections, askMatches, idsPerConnectionQuery, matchQueryOverhead } from './device-queries.js';
import { moveDevices } from './store-outcomes.js';

/** Between two rounds over the devices that verify. */
const VERIFY_EVERY_MS = 5000;
const MAX_LIST = 2048;
/** The longest back-off of one device. */
const LONGEST_PAUSE_MS = 3_600_000;
/** A waiting device that the hub does not know in so many checks is not found. */
const MAX_UNKNOWN_CHECKS = 3;

interface Listed {
  readonly positions: readonly number[];
  readonly devices: readonly DeviceRecord[];
  /** No device of the list stands behind these. */
  readonly isLast: boolean;
}

/** Asks the next of the devices that verify. @param isLastCall whether those that do not match end now. */
export async function verify(work: RolloutWork, context: CallContext, isLastCall: boolean): Promise<void> {
  const { definition } = work.record;
  const condition = definition.verifyCondition ?? '';
  const listed = await nextOf(work, 'verifying', work.verify.position, (ids) =>
    fittingIds(ids, { around: matchQueryOverhead(condition) }),
  );
  if (listed.positions.length > 0) {
    const askedMs = work.pauses.nowMs();
    const ids = listed.devices.map(({ deviceId }) => deviceId);
    const matching = await askMatches(context, work.env.hub, ids, condition);
    await moveDevices(work, listed.positions, {
      step: (device, _position, time) => {
        if (matching.has(device.deviceId)) return verified(device, time.nowMs);
        // No device fails before it has been asked once after its time.
        const { verifyUntilMs = 0 } = device;
        const isOver = isLastCall || isPauseOver(verifyUntilMs, definition.verifyTimeoutInSeconds * 1000, askedMs);
        return isOver ? notVerified(definition, device, time) : undefined;
      },
    });
  }
  work.verify = after(work, listed, (work.record.counts.verifying ?? 0) > 0, VERIFY_EVERY_MS);
}

/** Asks the next of the devices that wait to be connected. */
export async function watchConnections(work: RolloutWork, context: CallContext): Promise<void> {
  const listed = await nextOf(work, 'waiting', work.connections.position, idsPerConnectionQuery);
  if (listed.positions.length > 0) {
    const ids = listed.devices.map(({ deviceId }) => deviceId);
    const connections = await askConnections(context, work.env.hub, ids);
    for (const [at, device] of listed.devices.entries()) {
      const position = listed.positions[at] as number;
      if (connections.get(device.deviceId) === true && !isLeftAlone(work, device)) work.late.add(position);
      else work.late.delete(position);
    }
    await countUnknown(work, listed, connections);
  }
  work.connections = after(work, listed, (work.record.counts.waiting ?? 0) > 0, work.env.connectionCheckMs);
}

/** One that says that it is connected but has failed as offline again and again. */
function isLeftAlone(work: RolloutWork, { offlineAgain }: DeviceRecord): boolean {
  return offlineAgain !== undefined && !isPauseOver(offlineAgain.untilMs, LONGEST_PAUSE_MS, work.pauses.nowMs());
}

/** Writes only the devices whose count changes. */
async function countUnknown(
  work: RolloutWork,
  { positions, devices }: Listed,
  connections: ReadonlyMap<string, boolean>,
): Promise<void> {
  const moved = positions.filter((_position, at) => {
    const device = devices[at] as DeviceRecord;
    return !connections.has(device.deviceId) || device.unknownChecks !== undefined;
  });
  if (moved.length === 0) return;
  await moveDevices(work, moved, {
    step: (device, _position, { nowMs }) =>
      checked(device, connections.has(device.deviceId), MAX_UNKNOWN_CHECKS, nowMs),
  });
}

/** As many of the listed devices from `position` on as fit one query. */
async function nextOf(
  work: RolloutWork,
  index: DeviceIndex,
  position: number,
  fitting: (deviceIds: readonly string[]) => number,
): Promise<Listed> {
  const entries = await work.indexed(index, MAX_LIST, position);
  const positions = entries.map((entry) => entry.position);
  const devices = await work.devicesAt(positions);
  const count = fitting(devices.map(({ deviceId }) => deviceId));
  return {
    positions: positions.slice(0, count),
    devices: devices.slice(0, count),
    isLast: count === positions.length && positions.length < MAX_LIST,
  };
}

/** Where and when to go on: behind these devices at once, or with the first after a pause. */
function after(
  work: RolloutWork,
  { positions, isLast }: Listed,
  hasMore: boolean,
  everyMs: number,
): { readonly position: number; readonly dueMs?: number } {
  if (!hasMore) return { position: 0 };
  const nowMs = work.pauses.nowMs();
  return isLast ? { position: 0, dueMs: nowMs + everyMs } : { position: (positions.at(-1) ?? 0) + 1, dueMs: nowMs };
}
