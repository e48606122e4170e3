import { hasPassed } from '../../machine/device-states.js';
import { retryDelayMs } from '../../machine/device-transitions.js';
import { isContinuous } from '../../records/records.js';
import type { OpenRollout } from '../open-rollout.js';

/** Begins the first batch, or the one after the current. */
export async function beginBatch(rollout: OpenRollout): Promise<void> {
  const number = (rollout.record.batch?.batch ?? 0) + 1;
  const planned = rollout.plan[number - 1];
  if (!planned) throw new Error(`There is no batch ${number}.`);
  const transaction = await rollout.transaction();
  const { size, start } = planned;
  transaction.beginBatch({
    batch: number,
    size,
    startMs: transaction.nowMs,
    counts: { pending: size },
    unsettledCount: size,
  });
  transaction.update({ batch: { batch: number, attempt: 1, nextPosition: start, parts: 0 } });
  transaction.note({ event: 'batchBegun', batch: number });
  transaction.fire();
  await rollout.commit(transaction);
}

/** Sets when the next attempt begins, once the results of all hub jobs of the current one have been read. */
export async function scheduleRetry(rollout: OpenRollout): Promise<void> {
  const { batch, definition } = rollout.record;
  if (!batch) return;
  const transaction = await rollout.transaction();
  const retryMs = rollout.pauses.nowMs() + retryDelayMs(definition.retryDelaySeconds, batch.attempt);
  transaction.update({ batch: { ...batch, retryMs } });
  await rollout.commit(transaction);
}

/** Begins the next attempt of the current batch. */
export async function beginAttempt(rollout: OpenRollout): Promise<void> {
  const { batch } = rollout.record;
  if (!batch) return;
  const transaction = await rollout.transaction();
  const { retryMs: _retryMs, ...rest } = batch;
  transaction.update({ batch: { ...rest, attempt: batch.attempt + 1, parts: 0 } });
  await rollout.commit(transaction);
}

/**
 * Settles the current batch, which is final; the roll-out then continues, soaks or pauses. If a user has paused it already,
 * the reason of the batch replaces `user`; other reasons are kept.
 */
export async function settle(rollout: OpenRollout): Promise<void> {
  const { batch, definition, state, reason } = rollout.record;
  const { batch: current } = rollout;
  if (!batch || !current) return;
  const transaction = await rollout.transaction();
  const isLast = batch.batch === rollout.plan.length && !isContinuous(rollout.record);
  const soak =
    isLast || definition.soakSeconds === 0
      ? {}
      : { soakUntilMs: rollout.pauses.nowMs() + definition.soakSeconds * 1000 };
  transaction.updateBatch(current, { settledMs: transaction.nowMs });
  transaction.update({ batch: { ...batch, isSettled: true, ...soak } });
  const isPassed = hasPassed(current.counts, definition.successPercent);
  const pause = isLast ? undefined : pauseReason(rollout, isPassed);
  if (pause !== undefined && state === 'paused' && reason === 'user') transaction.update({ reason: pause });
  transaction.note({ event: 'batchSettled', batch: batch.batch });
  transaction.fire();
  if (pause !== undefined && state === 'running') transaction.enter('paused', pause);
  await rollout.commit(transaction);
}

/** Why the roll-out pauses after its current batch; undefined if it continues. */
function pauseReason({ record }: OpenRollout, isPassed: boolean): 'successPercent' | 'promotion' | undefined {
  if (!isPassed) return 'successPercent';
  const { promotion } = record.definition;
  const isManual = promotion === 'manual' || (promotion === 'afterFirst' && record.batch?.batch === 1);
  return isManual ? 'promotion' : undefined;
}
