import { AgentError } from '../../core/errors.js';
import { ROLLOUT_ID } from '../definition/parameters.js';
import { defineRolloutService, fits, ONE_ROLLOUT, wholeRow } from './rollout-service.js';

export const getRolloutService = defineRolloutService({
  name: 'GetRollout',
  description: 'Returns a roll-out with its state, counts, batches, failures and history',
  isReadOnly: true,
  parameters: { rolloutId: ROLLOUT_ID },
  result: ONE_ROLLOUT,
  run: async ({ rolloutId }, _context, env) => {
    const row = await wholeRow(env, rolloutId);
    if (fits(env, row)) return [row];
    throw new AgentError(
      'ResultTooLarge',
      `The roll-out does not fit one message of the platform (${env.messageLimits.maxMessageBytes} bytes); use FindRollouts, which returns it without definition, batches, failures and history.`,
      { context: { rolloutId } },
    );
  },
});
