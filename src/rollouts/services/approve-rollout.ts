import { noteChange } from '../../core/call-context.js';
import { COMMENT, ROLLOUT_ID } from '../definition/parameters.js';
import { approve } from '../driver/commands.js';
import { defineRolloutService, ONE_ROLLOUT, rowAfter } from './rollout-service.js';

export const approveRolloutService = defineRolloutService({
  name: 'ApproveRollout',
  description: 'Approves a roll-out that is awaiting approval and returns its new state',
  needs: ['registry write'],
  parameters: { rolloutId: ROLLOUT_ID, comment: COMMENT },
  result: ONE_ROLLOUT,
  run: async ({ rolloutId, comment }, context, env) => {
    noteChange(context, { rolloutId });
    return await rowAfter(env, await env.driver.command(rolloutId, (rollout) => approve(rollout, comment)));
  },
});
