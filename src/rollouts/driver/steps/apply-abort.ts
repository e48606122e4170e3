import { type AbortMatch, finalSince, metCriteria } from '../../machine/abort.js';
import { countOf } from '../../machine/device-states.js';
import type { RolloutTransaction } from '../../records/transaction.js';
import { isContinuous } from '../../records/records.js';
import { isClosing } from '../../machine/next-action.js';

/** The numbers that met a criterion. */
export interface Stopped {
  readonly matching: number;
  readonly executed: number;
}

/**
 * Evaluates the abort criteria after devices have become final; the first that is met takes effect. If no device is left to
 * begin, it is only added to the history. While a criterion has paused the roll-out, only one that cancels can take effect.
 * @param batches the batches of these devices.
 */
export function abortIfMet(transaction: RolloutTransaction, batches: ReadonlySet<number>): Stopped | undefined {
  const { state, definition, stoppedBy } = transaction.record;
  if (definition.abort.length === 0 || (state !== 'running' && state !== 'paused')) return undefined;
  const met = metCriteria(definition.abort, (index) => countsFor(transaction, batches, index));
  const { record } = transaction;
  const hasMore = isContinuous(record) || countOf(record.counts, ['pending', 'retrying', 'waiting']) > 0;
  const canStop = !isClosing(record) && hasMore;
  if (!canStop) {
    addToHistoryOnce(transaction, met[0]);
    return undefined;
  }
  const match = met.find(({ criterion }) => stoppedBy === undefined || criterion.action === 'cancel');
  if (!match) return undefined;
  stop(transaction, match);
  return { matching: match.matching, executed: match.executed };
}

function stop(transaction: RolloutTransaction, match: AbortMatch): void {
  if (match.criterion.action === 'cancel') transaction.enter('cancelling', 'abort');
  else if (transaction.record.state === 'running') transaction.enter('paused', 'abort');
  else transaction.update({ reason: 'abort' });
  transaction.update({ stoppedBy: match.index });
  addToHistory(transaction, match);
}

function addToHistoryOnce(transaction: RolloutTransaction, match: AbortMatch | undefined): void {
  const { notedAborts = [] } = transaction.record;
  if (!match || notedAborts.includes(match.index)) return;
  transaction.update({ notedAborts: [...notedAborts, match.index] });
  addToHistory(transaction, match);
}

function addToHistory(transaction: RolloutTransaction, { criterion, matching, executed, batch }: AbortMatch): void {
  const number = batch ?? transaction.record.batch?.batch;
  transaction.note({
    event: 'abort',
    reason: 'abort',
    ...(number === undefined ? {} : { batch: number }),
    abort: { criterion, matching, executed },
  });
}

/** The counts to evaluate a criterion on: of an overridden one, only devices that became final after the override. */
function countsFor(transaction: RolloutTransaction, batches: ReadonlySet<number>, index: number) {
  const { counts, baselines } = transaction.record;
  return {
    rollout: finalSince(counts, baselines[index]),
    batches: new Map(
      [...batches].map((number) => {
        const batch = transaction.loadedBatch(number);
        return [number, finalSince(batch?.counts ?? {}, batch?.baselines?.[index])];
      }),
    ),
  };
}
