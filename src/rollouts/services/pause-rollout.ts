import { noteChange } from '../../core/call-context.js';
import { COMMENT, ROLLOUT_ID } from '../definition/parameters.js';
import { pause } from '../driver/commands.js';
import { defineRolloutService, ONE_ROLLOUT, rowAfter } from './rollout-service.js';

export const pauseRolloutService = defineRolloutService({
  name: 'PauseRollout',
  description: 'Pauses a roll-out and returns its new state. Open hub jobs are completed; no further one begins',
  needs: ['registry write'],
  parameters: { rolloutId: ROLLOUT_ID, comment: COMMENT },
  result: ONE_ROLLOUT,
  run: async ({ rolloutId, comment }, context, env) => {
    noteChange(context, { rolloutId });
    return await rowAfter(env, await env.driver.command(rolloutId, (rollout) => pause(rollout, comment)));
  },
});
