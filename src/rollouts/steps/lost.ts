import type { DeviceRecord, PartRecord } from '../records.js';
import type { RolloutWork } from '../work.js';
import { endDevices } from './outcomes.js';

/** The hub does not know the job any more: what it did to its devices cannot be known. */
export async function failLost(work: RolloutWork, part: PartRecord, devices: readonly DeviceRecord[]): Promise<void> {
  const positions = part.positions.filter((_position, at) => devices[at]?.state === 'running');
  const outcome = {
    state: 'failed' as const,
    errorCode: 'JobLost',
    errorDescription: 'The hub does not know this job any more; whether the device was reached is not known.',
  };
  await endDevices(work, new Map(positions.map((position) => [position, outcome])), (edit) => edit.deletePart(part));
  work.countJob('lost');
  work.forgetPart(part, devices);
}
