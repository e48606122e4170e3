import { hasPassed } from '../../machine/device-states.js';
import { retryDelayMs } from '../../machine/device-transitions.js';
import type { RolloutWork } from '../open-rollout.js';

/** Begins the first batch, or the one after the current. */
export async function beginBatch(work: RolloutWork): Promise<void> {
  const number = (work.record.batch?.batch ?? 0) + 1;
  const planned = work.plan[number - 1];
  if (!planned) throw new Error(`There is no batch ${number}.`);
  const edit = await work.edit();
  const { size, start } = planned;
  edit.beginBatch({ batch: number, size, startMs: edit.nowMs, counts: { pending: size }, holding: size });
  edit.update({ batch: { batch: number, attempt: 1, nextPosition: start, parts: 0 } });
  edit.note({ event: 'batchBegun', batch: number });
  edit.fire();
  await work.commit(edit);
}

/** All hub jobs of the attempt have been read: the next attempt is due after the delay. */
export async function scheduleRetry(work: RolloutWork): Promise<void> {
  const { batch, definition } = work.record;
  if (!batch) return;
  const edit = await work.edit();
  const retryMs = work.pauses.nowMs() + retryDelayMs(definition.retryDelaySeconds, batch.attempt);
  edit.update({ batch: { ...batch, retryMs } });
  await work.commit(edit);
}

/** Begins the next attempt of the current batch. */
export async function beginAttempt(work: RolloutWork): Promise<void> {
  const { batch } = work.record;
  if (!batch) return;
  const edit = await work.edit();
  const { retryMs: _retryMs, ...rest } = batch;
  edit.update({ batch: { ...rest, attempt: batch.attempt + 1, parts: 0 } });
  await work.commit(edit);
}

/**
 * Nothing holds the current batch any more: it is settled for good, and the roll-out goes on, soaks or pauses. One that is
 * paused already keeps the reason of a rule that stopped it; a pause by a user is taken over by the batch's own reason.
 */
export async function settle(work: RolloutWork): Promise<void> {
  const { batch, definition, state, reason } = work.record;
  const { batch: current } = work;
  if (!batch || !current) return;
  const edit = await work.edit();
  const isLast = batch.batch === work.plan.length;
  const soak =
    isLast || definition.soakSeconds === 0 ? {} : { soakUntilMs: work.pauses.nowMs() + definition.soakSeconds * 1000 };
  edit.updateBatch(current, { settledMs: edit.nowMs });
  edit.update({ batch: { ...batch, isSettled: true, ...soak } });
  const isPassed = hasPassed(current.counts, definition.successPercent);
  const pause = isLast ? undefined : pauseReason(work, isPassed);
  if (pause !== undefined && state === 'paused' && reason === 'user') edit.update({ reason: pause });
  edit.note({ event: 'batchSettled', batch: batch.batch });
  edit.fire();
  if (pause !== undefined && state === 'running') edit.enter('paused', pause);
  await work.commit(edit);
}

/** Why the roll-out pauses after its current batch; undefined if it goes on. */
function pauseReason({ record }: RolloutWork, isPassed: boolean): 'successPercent' | 'promotion' | undefined {
  if (!isPassed) return 'successPercent';
  const { promotion } = record.definition;
  const isByHand = promotion === 'manual' || (promotion === 'afterFirst' && record.batch?.batch === 1);
  return isByHand ? 'promotion' : undefined;
}
