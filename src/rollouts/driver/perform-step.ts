import type { CallContext } from '../../core/call-context.js';
import { type Action, isClosing } from '../machine/next-action.js';
import type { OpenRollout } from './open-rollout.js';
import { recordJob } from './steps/record-job.js';
import { beginAttempt, beginBatch, scheduleRetry, settle } from './steps/batches.js';
import { expire, finish } from './steps/finish.js';
import { joinDevices } from './steps/join-devices.js';
import { callDevices } from './steps/call-devices.js';
import { recur } from './steps/recur.js';
import { createJob } from './steps/create-job.js';
import { prepare } from './steps/prepare.js';
import { cancelJob, pollJob } from './steps/poll-job.js';
import { readResults } from './steps/read-results.js';
import { verify, checkConnections } from './steps/check-devices.js';

type Step = Exclude<Action, { readonly kind: 'wait' }>;

type Steps = {
  readonly [K in Step['kind']]: (
    rollout: OpenRollout,
    context: CallContext,
    action: Extract<Step, { readonly kind: K }>,
  ) => Promise<void>;
};

const STEPS: Steps = {
  expire,
  prepare,
  recur,
  join: joinDevices,
  callDevices: (rollout, context, { part }) => callDevices(rollout, context, part),
  createJob: (rollout, context, { part }) => createJob(rollout, context, part),
  pollJob: (rollout, context, { part }) => pollJob(rollout, context, part),
  cancelJob: (rollout, context, { part }) => cancelJob(rollout, context, part),
  readResults: (rollout, context, { part }) => readResults(rollout, context, part),
  beginBatch,
  scheduleRetry,
  beginAttempt,
  recordJob: (rollout, context, { from }) => recordJob(rollout, context, from),
  settle,
  verify: (rollout, context) => verify(rollout, context, isClosing(rollout.record)),
  checkConnections,
  finish,
};

/** Runs the step that an action asks for. */
export function performStep(rollout: OpenRollout, action: Step, context: CallContext): Promise<void> {
  // The compiler cannot relate the kind of an action to its step.
  const step = STEPS[action.kind] as (rollout: OpenRollout, context: CallContext, action: Step) => Promise<void>;
  return step(rollout, context, action);
}
