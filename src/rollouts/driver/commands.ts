/** What a user does to a roll-out. Each answers when the roll-out has changed in the store; a second time it has no effect. */
import { AgentError } from '../../core/errors.js';
import { countOf, OPEN_DEVICE_STATES } from '../machine/device-states.js';
import type { RolloutEdit } from '../records/transaction.js';
import { type BatchRecord, isFinal, type RolloutState } from '../records/records.js';
import { isSoaking } from '../machine/next-action.js';
import type { RolloutWork } from './open-rollout.js';
import { clearUnfixed, finish } from './steps/finish.js';

export async function pause(work: RolloutWork, comment?: string): Promise<void> {
  const { state } = work.record;
  if (state === 'paused') return;
  if (state !== 'scheduled' && state !== 'preparing' && state !== 'running')
    throw conflict(work, 'can be paused while it is scheduled, preparing or running');
  const edit = await work.edit();
  edit.enter('paused', 'user', comment);
  await work.commit(edit);
  work.preparation = undefined;
}

/** @param skipSoak ends a soak at once. */
export async function resume(work: RolloutWork, skipSoak: boolean, comment?: string): Promise<void> {
  if (isFinal(work.record)) throw conflict(work, 'can only be retried or deleted');
  const { batch, state, deviceCount } = work.record;
  const endsSoak = skipSoak && isSoaking(work.record, work.pauses.nowMs());
  if (state !== 'paused' && !endsSoak) return;
  const edit = await work.edit();
  if (batch && endsSoak) {
    const { soakUntilMs: _soakUntilMs, ...soaked } = batch;
    edit.update({ batch: soaked });
  }
  if (state === 'paused') await goOn(work, edit, deviceCount === undefined ? 'scheduled' : 'running', comment);
  await work.commit(edit);
  work.lookNow();
}

async function goOn(work: RolloutWork, edit: RolloutEdit, to: RolloutState, comment?: string): Promise<void> {
  const { reason, stoppedBy } = edit.record;
  edit.enter(to, '', comment);
  if (reason !== 'abort' && reason !== 'successPercent') return;
  edit.note({ event: 'override', reason });
  if (stoppedBy === undefined) return;
  await override(work, edit, stoppedBy);
}

/** From now on the criterion leaves out the devices that are final by now. */
async function override(work: RolloutWork, edit: RolloutEdit, index: number): Promise<void> {
  const { stoppedBy: _stoppedBy, ...record } = edit.record;
  if (record.definition.abort[index]?.scope === 'rollout')
    return edit.replace({ ...record, baselines: { ...record.baselines, [index]: record.counts } });
  edit.replace(record);
  for (const batch of await openBatches(work))
    edit.updateBatch(batch, { baselines: { ...batch.baselines, [index]: batch.counts } });
}

/** Batches that have begun and have devices that are not final. */
async function openBatches({ env, record }: RolloutWork): Promise<BatchRecord[]> {
  const open: BatchRecord[] = [];
  for await (const [, value] of env.store.entries({ prefix: env.keys.batches(record.sequence) })) {
    const batch = value as BatchRecord;
    if (countOf(batch.counts, OPEN_DEVICE_STATES) > 0) open.push(batch);
  }
  return open;
}

/** Cancels; without an open hub job and without devices that verify, it is cancelled in the answer. */
export async function cancel(work: RolloutWork, comment?: string): Promise<void> {
  const { state, deviceCount, counts } = work.record;
  if (state === 'cancelling' || state === 'cancelled') return;
  if (isFinal(work.record)) throw conflict(work, 'can only be retried or deleted');
  const edit = await work.edit();
  if (deviceCount === undefined) {
    edit.enter('cancelled', 'user', comment);
    await work.commit(edit);
    return await clearUnfixed(work);
  }
  const isAtOnce = work.parts.size === 0 && (counts.verifying ?? 0) === 0;
  if (isAtOnce) edit.update({ cancelRequest: comment === undefined ? {} : { comment } });
  else edit.enter('cancelling', 'user', comment);
  await work.commit(edit);
  work.lookNow();
  if (isAtOnce) await finish(work);
}

export async function approve(work: RolloutWork, comment?: string): Promise<void> {
  const { state, countedDevices = 0, approvedDevices } = work.record;
  if (state !== 'awaitingApproval') {
    if (approvedDevices !== undefined) return;
    throw conflict(work, 'can be approved only while it is awaitingApproval');
  }
  const edit = await work.edit();
  edit.update({ approvedDevices: countedDevices });
  edit.enter('scheduled');
  edit.note({ event: 'approved', ...(comment === undefined ? {} : { comment }) });
  await work.commit(edit);
}

/** A call that the state of a roll-out does not allow. @param possible continues "The roll-out is <state>; it ...". */
export function stateConflict(rolloutId: string, state: RolloutState, possible: string): AgentError {
  return new AgentError('RolloutStateConflict', `The roll-out ${rolloutId} is ${state}; it ${possible}.`, {
    context: { rolloutId, state },
  });
}

const conflict = ({ record }: RolloutWork, possible: string): AgentError =>
  stateConflict(record.rolloutId, record.state, possible);
