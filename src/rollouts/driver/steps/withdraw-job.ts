import { notBegun } from '../../machine/device-transitions.js';
import type { RolloutEdit } from '../../records/transaction.js';
import type { DeviceRecord, PartRecord } from '../../records/records.js';
import type { RolloutWork } from '../open-rollout.js';
import { setParts } from './hub-job.js';

/**
 * A noted job that does not exist and will not be made: its devices have not begun. Its number is free again if it was the
 * last.
 * @param more what else belongs to the same step.
 */
export async function takeBack(
  work: RolloutWork,
  part: PartRecord,
  devices: readonly DeviceRecord[],
  more: (edit: RolloutEdit) => void = () => undefined,
): Promise<void> {
  const edit = await work.edit(part.positions);
  returnDevices(edit, part, devices);
  edit.deletePart(part);
  edit.update({ jobCount: edit.record.jobCount - 1 });
  const { batch, lateParts } = edit.record;
  if (part.part === (part.batch === 0 ? lateParts : batch?.parts)) setParts(edit, { ...part, part: part.part - 1 });
  more(edit);
  await work.commit(edit);
  work.forgetPart(part, devices);
}

/** The devices of a job that are running in it are as if they had not begun. */
export function returnDevices(edit: RolloutEdit, part: PartRecord, devices: readonly DeviceRecord[]): void {
  for (const [at, device] of devices.entries())
    if (device.state === 'running' && device.jobId === part.jobId)
      edit.moveDevice(part.positions[at] as number, device, notBegun(device));
}

const MAX_COMMENT_LENGTH = 500;

/** Pauses a running roll-out for a reason of its own. */
export async function pauseFor(
  work: RolloutWork,
  reason: 'jobCancelled' | 'jobRejected',
  comment?: string,
): Promise<void> {
  const edit = await work.edit();
  enterPause(edit, reason, comment);
  await work.commit(edit);
}

/** The same as part of a step. A roll-out that is paused already, or that is ending, is left as it is. */
export function enterPause(edit: RolloutEdit, reason: 'jobCancelled' | 'jobRejected', comment?: string): void {
  if (edit.record.state === 'running' && edit.record.isExpired !== true)
    edit.enter('paused', reason, comment?.slice(0, MAX_COMMENT_LENGTH));
}
