import type { CallContext } from '../../core/call-context.js';
import { type Action, isClosing } from '../machine/next-action.js';
import type { OpenRollout } from './open-rollout.js';
import { recordJob } from './steps/record-job.js';
import { beginAttempt, beginBatch, scheduleRetry, settle } from './steps/batches.js';
import { expire, finish } from './steps/finish.js';
import { recur } from './steps/recur.js';
import { createJob } from './steps/create-job.js';
import { prepare } from './steps/prepare.js';
import { cancelJob, pollJob } from './steps/poll-job.js';
import { readResults } from './steps/read-results.js';
import { verify, checkConnections } from './steps/check-devices.js';

/** Runs the step that an action asks for. */
export function performStep(
  rollout: OpenRollout,
  action: Exclude<Action, { readonly kind: 'wait' }>,
  context: CallContext,
): Promise<void> {
  switch (action.kind) {
    case 'expire':
      return expire(rollout);
    case 'prepare':
      return prepare(rollout, context);
    case 'recur':
      return recur(rollout);
    case 'createJob':
      return createJob(rollout, context, action.part);
    case 'pollJob':
      return pollJob(rollout, context, action.part);
    case 'cancelJob':
      return cancelJob(rollout, context, action.part);
    case 'readResults':
      return readResults(rollout, context, action.part);
    case 'beginBatch':
      return beginBatch(rollout);
    case 'scheduleRetry':
      return scheduleRetry(rollout);
    case 'beginAttempt':
      return beginAttempt(rollout);
    case 'recordJob':
      return recordJob(rollout, context, action.from);
    case 'settle':
      return settle(rollout);
    case 'verify':
      return verify(rollout, context, isClosing(rollout.record));
    case 'checkConnections':
      return checkConnections(rollout, context);
    case 'finish':
      return finish(rollout);
  }
}
