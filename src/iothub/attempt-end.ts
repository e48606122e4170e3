import { type CallContext, remainingMs } from '../core/call-context.js';
import { AgentError } from '../core/errors.js';

/** Timers fire up to a millisecond early; so much less than it is the deadline all the same. */
const TIMER_SLACK_MS = 20;

/** Whether an aborted call was ended by its deadline, and not because the caller went or the agent stops. */
export function isDeadline(context: CallContext): boolean {
  const reason: unknown = context.signal.reason;
  return remainingMs(context) < TIMER_SLACK_MS || (reason instanceof Error && reason.message === 'deadline');
}

/** The error of an attempt that was ended before it had an answer. */
export function abortError(context: CallContext, hostName: string): AgentError {
  return isDeadline(context)
    ? new AgentError('HubTimeout', `The hub ${hostName} has not answered in time; repeat the call.`, {
        context: { answerLost: true },
      })
    : new AgentError('ServiceUnavailable', 'The call was ended before the hub answered.', {
        context: { answerLost: true },
      });
}
