import { withdrawn } from '../../machine/device-transitions.js';
import type { RolloutTransaction } from '../../records/transaction.js';
import type { DeviceRecord, PartRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { setParts } from './hub-job.js';

/**
 * Withdraws a recorded job that does not exist and will not be created: its devices have not begun. The next job gets its
 * number if it was the last one.
 * @param more adds other changes to the transaction.
 */
export async function withdrawJob(
  rollout: OpenRollout,
  part: PartRecord,
  devices: readonly DeviceRecord[],
  more: (transaction: RolloutTransaction) => void = () => undefined,
): Promise<void> {
  const transaction = await rollout.transaction(part.positions);
  returnDevices(transaction, part, devices);
  transaction.deletePart(part);
  transaction.update({ jobCount: transaction.record.jobCount - 1 });
  const { batch, deferredParts } = transaction.record;
  if (part.part === (part.batch === 0 ? deferredParts : batch?.parts))
    setParts(transaction, { ...part, part: part.part - 1 });
  more(transaction);
  await rollout.commit(transaction);
  rollout.forgetPart(part, devices);
}

/** Moves the devices that run in a job back to where they were before it. */
export function returnDevices(
  transaction: RolloutTransaction,
  part: PartRecord,
  devices: readonly DeviceRecord[],
): void {
  for (const [at, device] of devices.entries())
    if (device.state === 'running' && device.jobId === part.jobId)
      transaction.moveDevice(part.positions[at] as number, device, withdrawn(device));
}

const MAX_COMMENT_LENGTH = 500;

/** Pauses a running roll-out because of a hub job. */
export async function pauseFor(
  rollout: OpenRollout,
  reason: 'jobCancelled' | 'jobRejected',
  comment?: string,
): Promise<void> {
  const transaction = await rollout.transaction();
  enterPause(transaction, reason, comment);
  await rollout.commit(transaction);
}

/** The same as part of a transaction. A roll-out that is already paused, or is ending, is left as it is. */
export function enterPause(
  transaction: RolloutTransaction,
  reason: 'jobCancelled' | 'jobRejected',
  comment?: string,
): void {
  if (transaction.record.state === 'running' && transaction.record.isExpired !== true)
    transaction.enter('paused', reason, comment?.slice(0, MAX_COMMENT_LENGTH));
}
