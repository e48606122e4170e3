import type { RolloutRecord } from '../records/records.js';
import { wait, type Wait } from './waiting.js';

/** What decides about a recurring roll-out. */
export interface RecurringFacts {
  /** Epoch milliseconds by the wall clock. */
  readonly nowMs: number;
  readonly record: RolloutRecord;
  /** Whether its open run has ended. */
  readonly isRunOver?: boolean | undefined;
}

/** Returns the next action of a roll-out that only starts others. Its times pass while it is paused, too. */
export function recurringAction({
  record,
  nowMs,
  isRunOver = false,
}: RecurringFacts): Wait | { readonly kind: 'recur' } {
  const { state, startMs, expiresMs, recurring } = record;
  if (!recurring) {
    if (state === 'paused') return wait('resume', expiresMs);
    return nowMs < startMs ? wait('startTime', startMs) : { kind: 'recur' };
  }
  const { dueMs = Infinity, openRun } = recurring;
  if (nowMs >= dueMs || isRunOver || (nowMs >= expiresMs && openRun === undefined)) return { kind: 'recur' };
  if (nowMs >= expiresMs) return wait('devices');
  return wait(state === 'paused' ? 'resume' : 'startTime', Math.min(dueMs, expiresMs));
}
