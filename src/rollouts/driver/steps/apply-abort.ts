import { type AbortMatch, finalSince, metCriteria } from '../../machine/abort.js';
import { countOf } from '../../machine/device-states.js';
import type { RolloutEdit } from '../../records/transaction.js';
import { isClosing } from '../../machine/next-action.js';

/** The numbers by which a roll-out was stopped. */
export interface Stopped {
  readonly matching: number;
  readonly executed: number;
}

/**
 * Evaluates the criteria after devices have become final: the first that is met acts. When no device is left to begin, it is
 * only noted. While the roll-out is paused by one of them, only those that cancel can still act.
 * @param batches the batches of these devices.
 */
export function abortIfMet(edit: RolloutEdit, batches: ReadonlySet<number>): Stopped | undefined {
  const { state, definition, stoppedBy } = edit.record;
  if (definition.abort.length === 0 || (state !== 'running' && state !== 'paused')) return undefined;
  const met = metCriteria(definition.abort, (index) => countsFor(edit, batches, index));
  const canStop = !isClosing(edit.record) && countOf(edit.record.counts, ['pending', 'retrying', 'waiting']) > 0;
  if (!canStop) {
    noteOnce(edit, met[0]);
    return undefined;
  }
  const match = met.find(({ criterion }) => stoppedBy === undefined || criterion.action === 'cancel');
  if (!match) return undefined;
  stop(edit, match);
  return { matching: match.matching, executed: match.executed };
}

function stop(edit: RolloutEdit, match: AbortMatch): void {
  if (match.criterion.action === 'cancel') edit.enter('cancelling', 'abort');
  else if (edit.record.state === 'running') edit.enter('paused', 'abort');
  else edit.update({ reason: 'abort' });
  edit.update({ stoppedBy: match.index });
  note(edit, match);
}

function noteOnce(edit: RolloutEdit, match: AbortMatch | undefined): void {
  const { notedAborts = [] } = edit.record;
  if (!match || notedAborts.includes(match.index)) return;
  edit.update({ notedAborts: [...notedAborts, match.index] });
  note(edit, match);
}

function note(edit: RolloutEdit, { criterion, matching, executed, batch }: AbortMatch): void {
  const number = batch ?? edit.record.batch?.batch;
  edit.note({
    event: 'abort',
    reason: 'abort',
    ...(number === undefined ? {} : { batch: number }),
    abort: { criterion, matching, executed },
  });
}

/** What a criterion is held against: once it was overridden, only devices that became final later. */
function countsFor(edit: RolloutEdit, batches: ReadonlySet<number>, index: number) {
  const { counts, baselines } = edit.record;
  return {
    rollout: finalSince(counts, baselines[index]),
    batches: new Map(
      [...batches].map((number) => {
        const batch = edit.loadedBatch(number);
        return [number, finalSince(batch?.counts ?? {}, batch?.baselines?.[index])];
      }),
    ),
  };
}
