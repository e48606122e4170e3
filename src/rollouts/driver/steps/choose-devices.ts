import type { CallContext } from '../../../core/call-context.js';
import { fittingIds, MAX_QUERY_LENGTH } from '../../plan/id-conditions.js';
import { positionOf } from '../../records/keys.js';
import type { JobSource } from '../../machine/next-action.js';
import type { DeviceIndex, DeviceRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { queryConnections, idsPerConnectionQuery } from './device-queries.js';

/** Maximum number of devices that are examined for one hub job: more than fit one condition. */
const MAX_CANDIDATES = 2048;
/** What a device id takes up in a condition beside its own length, at least. */
const QUOTES_AND_COMMA = 3;

/** A device that may become part of the next hub job. */
export interface Candidate {
  readonly position: number;
  readonly device: DeviceRecord;
  /** Whether no hub job has included or skipped it so far. The positions of these are consecutive. */
  readonly isFresh?: boolean;
}

/** The choice among the candidates. Candidates that are in no list remain for a later job. */
export interface Chosen {
  /** For the job, in order. */
  readonly devices: readonly Candidate[];
  /** Not connected, and therefore deferred. */
  readonly offline: readonly Candidate[];
  /** In a job of another roll-out. */
  readonly busy: readonly Candidate[];
  /** Position of the next device of the first attempt. */
  readonly nextPosition: number;
}

/**
 * Chooses the devices of the next hub job and marks them as busy. With `offlineDevices: wait`, asks the hub which devices are
 * connected.
 */
export async function chooseDevices(
  rollout: OpenRollout,
  context: CallContext,
  from: JobSource,
  maxDevices: number,
): Promise<Chosen> {
  const candidates = await candidatesOf(rollout, from);
  const { busyDevices } = rollout.env;
  const busy = candidates.filter(({ device }) => busyDevices.has(device.deviceId));
  const free = candidates.filter(({ device }) => !busyDevices.has(device.deviceId));
  // Marked before the first await; otherwise two roll-outs could choose the same device.
  for (const deviceId of idsOf(free)) busyDevices.add(deviceId);
  let devices: readonly Candidate[] = [];
  try {
    const { online, offline, next } = await connected(rollout, context, free, maxDevices);
    devices = online.slice(0, fittingIds(idsOf(online), { maxDevices }));
    const nextPosition = positionAfter(rollout, candidates, online[devices.length] ?? free[next]);
    // Devices after the first one that does not fit remain for the next job, so that the order is kept.
    const isDecided = ({ isFresh, position }: Candidate): boolean => isFresh !== true || position < nextPosition;
    return { devices, offline: offline.filter(isDecided), busy: busy.filter(isDecided), nextPosition };
  } finally {
    const chosen = new Set(idsOf(devices));
    rollout.freeDevices(idsOf(free).filter((deviceId) => !chosen.has(deviceId)));
  }
}

const idsOf = (candidates: readonly Candidate[]): string[] => candidates.map(({ device }) => device.deviceId);

function positionAfter(
  { record }: OpenRollout,
  candidates: readonly Candidate[],
  undecided: Candidate | undefined,
): number {
  const current = record.batch?.nextPosition ?? 0;
  if (undecided) return undecided.isFresh === true ? undecided.position : current;
  const last = candidates.at(-1);
  return last?.isFresh === true ? last.position + 1 : current;
}

interface Connected {
  readonly online: readonly Candidate[];
  readonly offline: readonly Candidate[];
  /** Index of the first candidate whose connection was not checked. */
  readonly next: number;
}

/** Checks the connections of candidates until enough for one job are connected. */
async function connected(
  rollout: OpenRollout,
  context: CallContext,
  free: readonly Candidate[],
  maxDevices: number,
): Promise<Connected> {
  if (rollout.record.definition.offlineDevices !== 'wait') return { online: free, offline: [], next: free.length };
  const online: Candidate[] = [];
  const offline: Candidate[] = [];
  let next = 0;
  while (
    next < free.length &&
    fittingIds(idsOf(online), { maxDevices }) === online.length &&
    online.length < maxDevices
  ) {
    const rest = free.slice(next);
    const asked = rest.slice(0, idsPerConnectionQuery(idsOf(rest)));
    const connections = await queryConnections(context, rollout.env.hub, idsOf(asked));
    // A device that the hub does not know becomes part of the job, whose results report it.
    for (const candidate of asked)
      (connections.get(candidate.device.deviceId) === false ? offline : online).push(candidate);
    next += asked.length;
  }
  return { online, offline, next };
}

async function candidatesOf(rollout: OpenRollout, from: JobSource): Promise<Candidate[]> {
  const { batch } = rollout.record;
  if (from === 'retry') return await listed(rollout, 'retry', batch?.attempt ?? 0);
  if (from === 'deferred') return await deferredCandidates(rollout);
  const postponed = await listed(rollout, 'postponed', 0);
  const nextPosition = batch?.nextPosition ?? 0;
  const { start = 0, size = 0 } = rollout.plan[(batch?.batch ?? 0) - 1] ?? {};
  const end = Math.min(start + size, nextPosition + MAX_CANDIDATES - postponed.length);
  return [...postponed, ...(await freshCandidates(rollout, nextPosition, end))];
}

/** Devices of a range of positions; unless the hub is asked which are connected, one more than fit one condition is enough. */
async function freshCandidates(rollout: OpenRollout, fromPosition: number, end: number): Promise<Candidate[]> {
  const { keys, store, busyDevices } = rollout.env;
  const { sequence, definition } = rollout.record;
  const candidates: Candidate[] = [];
  if (fromPosition >= end) return candidates;
  let length = 0;
  for await (const [key, value] of store.entries({
    from: keys.device(sequence, fromPosition),
    to: keys.device(sequence, end),
  })) {
    const device = value as DeviceRecord;
    candidates.push({ position: positionOf(key), device, isFresh: true });
    if (busyDevices.has(device.deviceId)) continue;
    length += device.deviceId.length + QUOTES_AND_COMMA;
    if (length > MAX_QUERY_LENGTH && definition.offlineDevices !== 'wait') break;
  }
  return candidates;
}

/** Devices of an index that are due. @param due the attempt, or the time for deferred devices. */
async function listed(rollout: OpenRollout, index: DeviceIndex, due: number): Promise<Candidate[]> {
  const entries = await rollout.indexed(index, MAX_CANDIDATES);
  return await candidatesAt(
    rollout,
    entries.filter((entry) => entry.due <= due).map(({ position }) => position),
  );
}

async function deferredCandidates(rollout: OpenRollout): Promise<Candidate[]> {
  const retried = await listed(rollout, 'deferredRetry', rollout.pauses.nowMs());
  const connectedNow = [...rollout.deferred].sort((a, b) => a - b).slice(0, MAX_CANDIDATES - retried.length);
  const waiting = await candidatesAt(rollout, connectedNow);
  return [...retried, ...waiting.filter(({ device }) => device.state === 'waiting')];
}

async function candidatesAt(rollout: OpenRollout, positions: readonly number[]): Promise<Candidate[]> {
  const devices = await rollout.devicesAt(positions);
  return devices.map((device, at) => ({ position: positions[at] as number, device }));
}
