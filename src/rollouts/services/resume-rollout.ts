import { noteChange } from '../../core/call-context.js';
import { optional } from '../../jobs/parameters.js';
import { COMMENT, ROLLOUT_ID } from '../definition/parameters.js';
import { resume } from '../driver/commands.js';
import { defineRolloutService, ONE_ROLLOUT, rowAfter } from './rollout-service.js';

export const resumeRolloutService = defineRolloutService({
  name: 'ResumeRollout',
  description:
    'Resumes a paused roll-out and returns its new state. If a stop rule has paused it, that rule counts only devices that end from then on',
  needs: ['registry write'],
  parameters: {
    rolloutId: ROLLOUT_ID,
    skipSoak: optional({
      baseType: 'BOOLEAN',
      description: 'Whether to end the wait after a batch (soakSeconds) at once; default false',
    }),
    comment: COMMENT,
  },
  result: ONE_ROLLOUT,
  run: async ({ rolloutId, skipSoak = false, comment }, context, env) => {
    noteChange(context, { rolloutId });
    return await rowAfter(env, await env.driver.command(rolloutId, (rollout) => resume(rollout, skipSoak, comment)));
  },
});
