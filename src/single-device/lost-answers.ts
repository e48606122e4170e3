import { AgentError, isAgentError } from '../core/errors.js';
import { isAnswerLost } from '../iothub/retry.js';

export interface LostAnswerRules {
  /** What the hub may have done although the call failed: `the method may have run`. */
  readonly effect: string;
  /** Whether the call was not repeated, so that a broken connection is the end of it. */
  readonly onlyOnce: boolean;
}

/**
 * Says in the error of a call whose outcome is unknown what may have happened. A connection that broke before the response
 * arrived is `HubTimeout` if the call was not repeated.
 */
export function sayingEffect({ effect, onlyOnce }: LostAnswerRules): (error: unknown) => never {
  return (error) => {
    if (!isAgentError(error) || !isAnswerLost(error)) throw error;
    const isBroken = onlyOnce && error.context['network'] !== undefined;
    const code = isBroken ? 'HubTimeout' : error.code;
    throw new AgentError(code, `${sentenceOf(error, isBroken)} Look before you repeat the call: ${effect}.`, {
      cause: error,
      context: { ...error.context, answerLost: true },
    });
  };
}

/** The errors of the port ask to repeat the call, which must not be done blindly here. */
function sentenceOf(error: AgentError, isBroken: boolean): string {
  if (isBroken) return 'The connection to the hub broke before its response arrived.';
  return error.code === 'HubTimeout' ? 'The hub did not answer before the deadline of the call.' : error.message;
}
