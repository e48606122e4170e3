import { isAgentError } from '../../../core/errors.js';
import { guardMethod } from '../../../jobs/guards.js';
import { withdrawn } from '../../machine/device-transitions.js';
import type { RolloutTransaction } from '../../records/transaction.js';
import type { DeviceRecord, PartRecord } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';
import { setParts } from './hub-job.js';

const MAX_COMMENT_LENGTH = 500;

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
  if (!part.isDirect) transaction.update({ jobCount: transaction.record.jobCount - 1 });
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

/** Pauses the roll-out if the guards do not allow its method any more; returns whether they do not. */
export async function pauseIfForbidden(rollout: OpenRollout): Promise<boolean> {
  const { methodName } = rollout.record.definition;
  try {
    if (methodName !== undefined) guardMethod(rollout.env.guards, methodName);
    return false;
  } catch (error) {
    if (!isAgentError(error, 'Forbidden')) throw error;
    const transaction = await rollout.transaction();
    enterPause(transaction, 'jobRejected', error.reason);
    await rollout.commit(transaction);
    return true;
  }
}

/** Pauses the roll-out because of a hub job, unless it is already paused, or is ending. */
export function enterPause(
  transaction: RolloutTransaction,
  reason: 'jobCancelled' | 'jobRejected',
  comment?: string,
): void {
  if (transaction.record.state === 'running' && transaction.record.isExpired !== true)
    transaction.enter('paused', reason, comment?.slice(0, MAX_COMMENT_LENGTH));
}
