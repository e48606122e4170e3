import type { CallContext } from '../../../core/call-context.js';
import { fittingIds } from '../../plan/id-conditions.js';
import type { JobSource } from '../../machine/next-action.js';
import type { DeviceIndex, DeviceRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';
import { askConnections, idsPerConnectionQuery } from './device-queries.js';

/** Devices that are looked at for one hub job: more than fit one condition of the shortest ids. */
const MAX_CANDIDATES = 2048;

/** A device that may become part of the next hub job. */
export interface Candidate {
  readonly position: number;
  readonly device: DeviceRecord;
  /** Its turn in the first attempt has come only now: these follow one another. */
  readonly isFresh?: boolean;
}

/** What becomes of the candidates. Those that are not named are left for a later job. */
export interface Chosen {
  /** For the job, in order. */
  readonly devices: readonly Candidate[];
  /** Not connected: they are waited for. */
  readonly offline: readonly Candidate[];
  /** In a job of another roll-out. */
  readonly busy: readonly Candidate[];
  /** Position of the next device of the first attempt. */
  readonly nextPosition: number;
}

/**
 * Chooses the devices of the next hub job, which are busy from then on. With `offlineDevices: wait` the hub is asked which
 * are connected.
 */
export async function choose(
  work: RolloutWork,
  context: CallContext,
  from: JobSource,
  maxDevices: number,
): Promise<Chosen> {
  const candidates = await candidatesOf(work, from);
  const { busyDevices } = work.env;
  const busy = candidates.filter(({ device }) => busyDevices.has(device.deviceId));
  const free = candidates.filter(({ device }) => !busyDevices.has(device.deviceId));
  // Taken before anything is waited for: otherwise two roll-outs could choose the same device.
  for (const deviceId of idsOf(free)) busyDevices.add(deviceId);
  let devices: readonly Candidate[] = [];
  try {
    const { online, offline, next } = await connected(work, context, free, maxDevices);
    devices = online.slice(0, fittingIds(idsOf(online), { maxDevices }));
    const nextPosition = positionAfter(work, candidates, online[devices.length] ?? free[next]);
    // What stands behind the first device that does not fit is left for the next job, in its order.
    const isDecided = ({ isFresh, position }: Candidate): boolean => isFresh !== true || position < nextPosition;
    return { devices, offline: offline.filter(isDecided), busy: busy.filter(isDecided), nextPosition };
  } finally {
    const chosen = new Set(idsOf(devices));
    work.freeDevices(idsOf(free).filter((deviceId) => !chosen.has(deviceId)));
  }
}

const idsOf = (candidates: readonly Candidate[]): string[] => candidates.map(({ device }) => device.deviceId);

function positionAfter(
  { record }: RolloutWork,
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
  /** The first candidate that was not asked for. */
  readonly next: number;
}

/** Asks for as many candidates as fill one job with connected ones. */
async function connected(
  work: RolloutWork,
  context: CallContext,
  free: readonly Candidate[],
  maxDevices: number,
): Promise<Connected> {
  if (work.record.definition.offlineDevices !== 'wait') return { online: free, offline: [], next: free.length };
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
    const connections = await askConnections(context, work.env.hub, idsOf(asked));
    // A device that the hub does not know becomes part of the job, whose results say so.
    for (const candidate of asked)
      (connections.get(candidate.device.deviceId) === false ? offline : online).push(candidate);
    next += asked.length;
  }
  return { online, offline, next };
}

async function candidatesOf(work: RolloutWork, from: JobSource): Promise<Candidate[]> {
  const { batch } = work.record;
  if (from === 'retry') return await listed(work, 'retry', batch?.attempt ?? 0);
  if (from === 'late') return await lateCandidates(work);
  const again = await listed(work, 'again', 0);
  const nextPosition = batch?.nextPosition ?? 0;
  const { start = 0, size = 0 } = work.plan[(batch?.batch ?? 0) - 1] ?? {};
  const end = Math.min(start + size, nextPosition + MAX_CANDIDATES - again.length);
  const positions = Array.from({ length: Math.max(0, end - nextPosition) }, (_, offset) => nextPosition + offset);
  const devices = await work.devicesAt(positions);
  const fresh = devices.map((device, at) => ({ position: positions[at] as number, device, isFresh: true }));
  return [...again, ...fresh];
}

/** Devices of a list that are due. @param due the attempt, or the time for those that were waited for. */
async function listed(work: RolloutWork, index: DeviceIndex, due: number): Promise<Candidate[]> {
  const entries = await work.indexed(index, MAX_CANDIDATES);
  return await candidatesAt(
    work,
    entries.filter((entry) => entry.due <= due).map(({ position }) => position),
  );
}

async function lateCandidates(work: RolloutWork): Promise<Candidate[]> {
  const retried = await listed(work, 'lateRetry', work.pauses.nowMs());
  const connectedNow = [...work.late].sort((a, b) => a - b).slice(0, MAX_CANDIDATES - retried.length);
  const waiting = await candidatesAt(work, connectedNow);
  return [...retried, ...waiting.filter(({ device }) => device.state === 'waiting')];
}

async function candidatesAt(work: RolloutWork, positions: readonly number[]): Promise<Candidate[]> {
  const devices = await work.devicesAt(positions);
  return devices.map((device, at) => ({ position: positions[at] as number, device }));
}
