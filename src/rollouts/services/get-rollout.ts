import { AgentError } from '../../core/errors.js';
import { ROLLOUT_ID } from '../definition/parameters.js';
import { defineRolloutService, fits, ONE_ROLLOUT, wholeRow } from './rollout-service.js';

export const getRolloutService = defineRolloutService({
  name: 'GetRollout',
  description: 'Returns the state of a roll-out, with its counts, batches, failures and history',
  parameters: { rolloutId: ROLLOUT_ID },
  result: ONE_ROLLOUT,
  run: async ({ rolloutId }, _context, env) => {
    const row = await wholeRow(env, rolloutId);
    if (fits(env, row)) return [row];
    throw new AgentError(
      'ResultTooLarge',
      `The roll-out does not fit one message of the platform (${env.messageLimits.maxMessageBytes} bytes); read its counts with FindRollouts, which leaves definition, batches and history out.`,
      { context: { rolloutId } },
    );
  },
});
