import type { RolloutEdit } from '../edit.js';
import type { RolloutWork } from '../work.js';

const MAX_COMMENT_LENGTH = 500;

/** Pauses a running roll-out for a reason of its own. */
export async function pauseFor(
  work: RolloutWork,
  reason: 'jobCancelled' | 'jobRejected',
  comment?: string,
): Promise<void> {
  const edit = await work.edit();
  enterPause(edit, reason, comment);
  await work.commit(edit);
}

/** The same as part of a step. A roll-out that is paused already, or that is ending, is left as it is. */
export function enterPause(edit: RolloutEdit, reason: 'jobCancelled' | 'jobRejected', comment?: string): void {
  if (edit.record.state === 'running' && edit.record.isExpired !== true)
    edit.enter('paused', reason, comment?.slice(0, MAX_COMMENT_LENGTH));
}
