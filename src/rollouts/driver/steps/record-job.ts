import type { CallContext } from '../../../core/call-context.js';
import { started, postponed, waiting } from '../../machine/device-transitions.js';
import type { RolloutTransaction } from '../../records/transaction.js';
import type { JobSource } from '../../machine/next-action.js';
import type { PartRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { type Chosen, chooseDevices } from './choose-devices.js';
import { pauseIfForbidden } from './withdraw-job.js';
import { type JobNumbers, jobIdOf, type JobCapacity, jobCapacity, setParts, jobTimes } from './hub-job.js';

/**
 * Records the next hub job: takes a place of the hub, chooses the devices, and stores job and devices together before the
 * hub is asked to create it. Records nothing if no place is free, no device can begin, or the window is too short for one.
 * Pauses the roll-out if the guards do not allow the method any more.
 */
export async function recordJob(rollout: OpenRollout, context: CallContext, from: JobSource): Promise<void> {
  if (await pauseIfForbidden(rollout)) return;
  const capacity = jobCapacity(rollout);
  if (capacity.maxDevices < 1) return;
  const numbers = nextNumbers(rollout, from);
  const jobId = jobIdOf(rollout, numbers);
  if (rollout.record.definition.via === 'direct')
    return await chooseAndStore(rollout, context, { jobId, numbers, from, capacity });
  rollout.isInLine = !rollout.env.places.take(placeClient(rollout), jobId);
  if (rollout.isInLine) return;
  try {
    await chooseAndStore(rollout, context, { jobId, numbers, from, capacity });
  } finally {
    if (!rollout.parts.has(jobId)) rollout.env.places.release(jobId);
  }
}

async function chooseAndStore(rollout: OpenRollout, context: CallContext, job: JobToRecord): Promise<void> {
  const { freedCount } = rollout;
  const chosen = await chooseDevices(rollout, context, job.from, job.capacity.maxDevices);
  try {
    await storeJob(rollout, chosen, job);
  } catch (error) {
    // The record may have reached the store nevertheless. Until that is known, no other roll-out may use the devices.
    rollout.reserved = chosen.devices.map(({ device }) => device.deviceId);
    throw error;
  }
  const hasNone = chosen.devices.length === 0 && chosen.busy.length > 0;
  if (hasNone && freedCount === rollout.freedCount) rollout.blocked.add(job.from);
}

/** The roll-out as a client of the hub's places. */
function placeClient(rollout: OpenRollout): { readonly name: string; readonly wake: () => void } {
  return {
    name: rollout.record.rolloutId,
    wake: () => {
      rollout.isInLine = false;
      rollout.wake();
    },
  };
}

interface JobToRecord {
  readonly jobId: string;
  readonly numbers: JobNumbers;
  readonly from: JobSource;
  readonly capacity: JobCapacity;
}

async function storeJob(rollout: OpenRollout, chosen: Chosen, job: JobToRecord): Promise<void> {
  const { devices, offline, busy, nextPosition } = chosen;
  for (const { position } of offline) rollout.deferred.delete(position);
  if (devices.length === 0 && !hasMoved(rollout, chosen)) return;
  const transaction = await rollout.transaction([...devices, ...offline, ...busy].map(({ position }) => position));
  for (const { position, device } of offline) transaction.moveDevice(position, device, waiting(device));
  for (const { position, device } of busy) transaction.moveDevice(position, device, postponed(device));
  for (const { position, device } of devices)
    transaction.moveDevice(position, device, started(device, job.jobId, transaction.nowMs));
  const { batch } = rollout.record;
  if (batch && job.from === 'batch') transaction.update({ batch: { ...batch, nextPosition } });
  const part = devices.length === 0 ? undefined : newPart(rollout, transaction, chosen, job);
  // Marked before the write: if its effect is unknown, the calls of a group that was written have not begun.
  if (part?.isDirect) rollout.unsent.add(part.jobId);
  await rollout.commit(transaction);
  if (offline.length > 0 && rollout.connections.dueMs === undefined)
    rollout.connections = { position: 0, dueMs: rollout.pauses.nowMs() + rollout.env.connectionCheckMs };
  if (!part) return;
  for (const { position } of devices) rollout.deferred.delete(position);
  rollout.unsent.add(part.jobId);
  rollout.keepPart(part, 0);
}

/** Whether a choice without devices for a job changes anything. */
function hasMoved({ record }: OpenRollout, { offline, nextPosition }: Chosen): boolean {
  return nextPosition !== record.batch?.nextPosition || offline.some(({ device }) => device.state !== 'waiting');
}

function newPart(
  rollout: OpenRollout,
  transaction: RolloutTransaction,
  { devices }: Chosen,
  job: JobToRecord,
): PartRecord {
  const { jobId, numbers, capacity } = job;
  const isDirect = rollout.record.definition.via === 'direct';
  const part: PartRecord = {
    jobId,
    ...numbers,
    ...(isDirect ? { isDirect } : {}),
    positions: devices.map(({ position }) => position),
    ...jobTimes(rollout, devices.length, capacity, transaction.nowMs),
    recordedMs: transaction.nowMs,
  };
  transaction.putPart(part);
  if (!isDirect) transaction.update({ jobCount: transaction.record.jobCount + 1 });
  setParts(transaction, numbers);
  return part;
}

/** The numbers of the next hub job: one of the current attempt, or one for deferred devices. */
function nextNumbers({ record: { batch, deferredParts } }: OpenRollout, from: JobSource): JobNumbers {
  if (from === 'deferred') return { batch: 0, attempt: 1, part: deferredParts + 1 };
  return { batch: batch?.batch ?? 1, attempt: batch?.attempt ?? 1, part: (batch?.parts ?? 0) + 1 };
}
