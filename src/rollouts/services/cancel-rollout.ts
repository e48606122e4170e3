import { noteChange } from '../../core/call-context.js';
import { COMMENT, ROLLOUT_ID } from '../definition/parameters.js';
import { cancel } from '../driver/commands.js';
import { defineRolloutService, ONE_ROLLOUT, rowAfter } from './rollout-service.js';

export const cancelRolloutService = defineRolloutService({
  name: 'CancelRollout',
  description: 'Cancels a roll-out and returns its new state. Hub jobs that are running are completed first',
  needs: ['registry write'],
  parameters: { rolloutId: ROLLOUT_ID, comment: COMMENT },
  result: ONE_ROLLOUT,
  run: async ({ rolloutId, comment }, context, env) => {
    noteChange(context, { rolloutId });
    return await rowAfter(env, await env.driver.command(rolloutId, (rollout) => cancel(rollout, comment)));
  },
});
