import type { CallContext } from '../../../core/call-context.js';
import { isAgentError } from '../../../core/errors.js';
import { guardMethod } from '../../../jobs/guards.js';
import { begun, passedOver, waiting } from '../../machine/device-transitions.js';
import type { RolloutEdit } from '../../records/transaction.js';
import type { JobSource } from '../../machine/next-action.js';
import type { PartRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';
import { type Chosen, choose } from './choose-devices.js';
import { pauseFor } from './withdraw-job.js';
import { type JobNumbers, jobIdOf, type Room, roomUntilWindowEnds, setParts, timesOf } from './hub-job.js';

/**
 * Notes the next hub job: takes a place of the hub, chooses the devices, and stores job and devices together before the hub
 * is asked. Nothing is noted when no place is free, no device may begin, or the window is too short for any. A method that
 * the operator does not allow any more pauses the roll-out.
 */
export async function assemble(work: RolloutWork, context: CallContext, from: JobSource): Promise<void> {
  const { definition } = work.record;
  try {
    if (definition.methodName !== undefined) guardMethod(work.env.guards, definition.methodName);
  } catch (error) {
    if (!isAgentError(error, 'Forbidden')) throw error;
    return await pauseFor(work, 'jobRejected', error.reason);
  }
  const room = roomUntilWindowEnds(work);
  if (room.maxDevices < 1) return;
  const numbers = nextNumbers(work, from);
  const jobId = jobIdOf(work, numbers);
  work.isInLine = !work.env.places.take(placeClient(work), jobId);
  if (work.isInLine) return;
  try {
    await fill(work, context, { jobId, numbers, from, room });
  } finally {
    if (!work.parts.has(jobId)) work.env.places.release(jobId);
  }
}

async function fill(work: RolloutWork, context: CallContext, job: JobToNote): Promise<void> {
  const { freedTimes } = work;
  const chosen = await choose(work, context, job.from, job.room.maxDevices);
  try {
    await noteJob(work, chosen, job);
  } catch (error) {
    // The note may have reached the store all the same; until that is known, no other roll-out may have the devices.
    work.reserved = chosen.devices.map(({ device }) => device.deviceId);
    throw error;
  }
  const hasNone = chosen.devices.length === 0 && chosen.busy.length > 0;
  if (hasNone && freedTimes === work.freedTimes) work.blocked.add(job.from);
}

/** How the roll-out stands in line for places. */
function placeClient(work: RolloutWork): { readonly name: string; readonly wake: () => void } {
  return {
    name: work.record.rolloutId,
    wake: () => {
      work.isInLine = false;
      work.wake();
    },
  };
}

interface JobToNote {
  readonly jobId: string;
  readonly numbers: JobNumbers;
  readonly from: JobSource;
  readonly room: Room;
}

async function noteJob(work: RolloutWork, chosen: Chosen, job: JobToNote): Promise<void> {
  const { devices, offline, busy, nextPosition } = chosen;
  for (const { position } of offline) work.late.delete(position);
  if (devices.length === 0 && !hasMoved(work, chosen)) return;
  const edit = await work.edit([...devices, ...offline, ...busy].map(({ position }) => position));
  for (const { position, device } of offline) edit.moveDevice(position, device, waiting(device));
  for (const { position, device } of busy) edit.moveDevice(position, device, passedOver(device));
  for (const { position, device } of devices) edit.moveDevice(position, device, begun(device, job.jobId, edit.nowMs));
  const { batch } = work.record;
  if (batch && job.from === 'batch') edit.update({ batch: { ...batch, nextPosition } });
  const part = devices.length === 0 ? undefined : notePart(work, edit, chosen, job);
  await work.commit(edit);
  if (offline.length > 0 && work.connections.dueMs === undefined)
    work.connections = { position: 0, dueMs: work.pauses.nowMs() + work.env.connectionCheckMs };
  if (!part) return;
  for (const { position } of devices) work.late.delete(position);
  work.untried.add(part.jobId);
  work.keepPart(part, 0);
}

/** Whether a step without a job changes anything. */
function hasMoved({ record }: RolloutWork, { offline, nextPosition }: Chosen): boolean {
  return nextPosition !== record.batch?.nextPosition || offline.some(({ device }) => device.state !== 'waiting');
}

function notePart(work: RolloutWork, edit: RolloutEdit, { devices }: Chosen, job: JobToNote): PartRecord {
  const { jobId, numbers, room } = job;
  const part: PartRecord = {
    jobId,
    ...numbers,
    positions: devices.map(({ position }) => position),
    ...timesOf(work, devices.length, room, edit.nowMs),
    notedMs: edit.nowMs,
  };
  edit.putPart(part);
  edit.update({ jobCount: edit.record.jobCount + 1 });
  setParts(edit, numbers);
  return part;
}

/** The numbers of the next hub job: of the current attempt, or of those for devices that were waited for. */
function nextNumbers({ record: { batch, lateParts } }: RolloutWork, from: JobSource): JobNumbers {
  if (from === 'late') return { batch: 0, attempt: 1, part: lateParts + 1 };
  return { batch: batch?.batch ?? 1, attempt: batch?.attempt ?? 1, part: (batch?.parts ?? 0) + 1 };
}
