import { notBegun } from '../device-steps.js';
import type { RolloutEdit } from '../edit.js';
import type { DeviceRecord, PartRecord } from '../records.js';
import type { RolloutWork } from '../work.js';
import { setParts } from './assemble.js';

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
