/** The calls of users on a roll-out. Each resolves when the store has the change; a repeated call has no effect. */
import { AgentError } from '../../core/errors.js';
import { countOf, OPEN_DEVICE_STATES } from '../machine/device-states.js';
import type { RolloutTransaction } from '../records/transaction.js';
import { type BatchRecord, isFinal, type RolloutRecord, type RolloutState } from '../records/records.js';
import { isSoaking } from '../machine/next-action.js';
import type { OpenRollout } from './open-rollout.js';
import { clearUnfixed, finish } from './steps/finish.js';

export async function pause(rollout: OpenRollout, comment?: string): Promise<void> {
  const { state } = rollout.record;
  if (state === 'paused') return;
  if (state !== 'scheduled' && state !== 'recurring' && state !== 'preparing' && state !== 'running')
    throw conflict(rollout, 'can be paused while it is scheduled, recurring, preparing or running');
  const transaction = await rollout.transaction();
  transaction.enter('paused', 'user', comment);
  await rollout.commit(transaction);
  rollout.preparation = undefined;
}

/** Resumes a paused roll-out. @param skipSoak whether to end a soak. */
export async function resume(rollout: OpenRollout, skipSoak: boolean, comment?: string): Promise<void> {
  if (isFinal(rollout.record)) throw conflict(rollout, 'can only be retried or deleted');
  const { batch, state } = rollout.record;
  const endsSoak = skipSoak && isSoaking(rollout.record, rollout.pauses.nowMs());
  if (state !== 'paused' && !endsSoak) return;
  const transaction = await rollout.transaction();
  if (batch && endsSoak) {
    const { soakUntilMs: _soakUntilMs, ...soaked } = batch;
    transaction.update({ batch: soaked });
  }
  if (state === 'paused') await leavePause(rollout, transaction, resumedState(rollout.record), comment);
  await rollout.commit(transaction);
  rollout.pollNow();
}

function resumedState({ recurring, deviceCount }: RolloutRecord): RolloutState {
  if (recurring) return 'recurring';
  return deviceCount === undefined ? 'scheduled' : 'running';
}

async function leavePause(
  rollout: OpenRollout,
  transaction: RolloutTransaction,
  to: RolloutState,
  comment?: string,
): Promise<void> {
  const { reason, stoppedBy } = transaction.record;
  rollout.attentiveSinceMs = transaction.nowMs;
  transaction.enter(to, '', comment);
  if (reason !== 'abort' && reason !== 'successPercent') return;
  transaction.note({ event: 'override', reason });
  if (stoppedBy === undefined) return;
  await override(rollout, transaction, stoppedBy);
}

/** Excludes the devices that are final now from a criterion. */
async function override(rollout: OpenRollout, transaction: RolloutTransaction, index: number): Promise<void> {
  const { stoppedBy: _stoppedBy, ...record } = transaction.record;
  if (record.definition.abort[index]?.scope === 'rollout')
    return transaction.replace({ ...record, baselines: { ...record.baselines, [index]: record.counts } });
  transaction.replace(record);
  for (const batch of await openBatches(rollout))
    transaction.updateBatch(batch, { baselines: { ...batch.baselines, [index]: batch.counts } });
}

/** Reads the batches that have begun and have devices that are not final. */
async function openBatches({ env, record }: OpenRollout): Promise<BatchRecord[]> {
  const open: BatchRecord[] = [];
  for await (const [, value] of env.store.entries({ prefix: env.keys.batches(record.sequence) })) {
    const batch = value as BatchRecord;
    if (countOf(batch.counts, OPEN_DEVICE_STATES) > 0) open.push(batch);
  }
  return open;
}

/** Cancels a roll-out; at once if it has neither an open hub job nor a `verifying` device. */
export async function cancel(rollout: OpenRollout, comment?: string): Promise<void> {
  const { state, deviceCount, counts } = rollout.record;
  if (state === 'cancelling' || state === 'cancelled') return;
  if (isFinal(rollout.record)) throw conflict(rollout, 'can only be retried or deleted');
  const transaction = await rollout.transaction();
  if (deviceCount === undefined) {
    transaction.enter('cancelled', 'user', comment);
    await rollout.commit(transaction);
    return await clearUnfixed(rollout);
  }
  const isAtOnce = rollout.parts.size === 0 && (counts.verifying ?? 0) === 0;
  if (isAtOnce) transaction.update({ cancelRequest: comment === undefined ? {} : { comment } });
  else transaction.enter('cancelling', 'user', comment);
  await rollout.commit(transaction);
  rollout.pollNow();
  if (isAtOnce) await finish(rollout);
}

export async function approve(rollout: OpenRollout, comment?: string): Promise<void> {
  const { state, countedDevices = 0, approvedDevices } = rollout.record;
  if (state !== 'awaitingApproval') {
    if (approvedDevices !== undefined) return;
    throw conflict(rollout, 'can be approved only while it is awaitingApproval');
  }
  const transaction = await rollout.transaction();
  rollout.attentiveSinceMs = transaction.nowMs;
  transaction.update({ approvedDevices: countedDevices });
  transaction.enter('scheduled');
  transaction.note({ event: 'approved', ...(comment === undefined ? {} : { comment }) });
  await rollout.commit(transaction);
}

/** The services that the state of a roll-out allows. */
export const ROLLOUT_ACTIONS = [
  'ApproveRollout',
  'PauseRollout',
  'ResumeRollout',
  'CancelRollout',
  'RetryRollout',
  'DeleteRollout',
] as const;
export type RolloutAction = (typeof ROLLOUT_ACTIONS)[number];

/** Returns the services that have an effect on a roll-out in this state. @param isSoaking whether its soak can be ended. */
export function actionsOn({ state, deviceCount = 0, counts }: RolloutRecord, isSoaking: boolean): RolloutAction[] {
  switch (state) {
    case 'awaitingApproval':
      return ['ApproveRollout', 'CancelRollout'];
    case 'scheduled':
    case 'recurring':
    case 'preparing':
    case 'running':
      return ['PauseRollout', ...(isSoaking ? (['ResumeRollout'] as const) : []), 'CancelRollout'];
    case 'paused':
      return ['ResumeRollout', 'CancelRollout'];
    case 'cancelling':
      return [];
    case 'completed':
    case 'cancelled':
    case 'failed':
      return [...((counts.succeeded ?? 0) < deviceCount ? (['RetryRollout'] as const) : []), 'DeleteRollout'];
  }
}

/** The error of a call that the state of a roll-out does not allow. @param possible continues "The roll-out is <state>; it ...". */
export function stateConflict(rolloutId: string, state: RolloutState, possible: string): AgentError {
  return new AgentError('RolloutStateConflict', `The roll-out ${rolloutId} is ${state}; it ${possible}.`, {
    context: { rolloutId, state },
  });
}

const conflict = ({ record }: OpenRollout, possible: string): AgentError =>
  stateConflict(record.rolloutId, record.state, possible);
