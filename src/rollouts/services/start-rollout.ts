import { START_ROLLOUT_PARAMETERS } from '../definition/parameters.js';
import { defineRolloutService, THE_ROLLOUT_ID } from './rollout-service.js';

export const startRolloutService = defineRolloutService({
  name: 'StartRollout',
  description:
    'Starts a roll-out, which calls a direct method on many devices or updates their twins in batches, and returns its id',
  needs: ['registry write', 'registry read', 'service connect'],
  creates: 'rollout',
  parameters: START_ROLLOUT_PARAMETERS,
  result: THE_ROLLOUT_ID,
  run: async (args, context, env): Promise<string> => {
    // Loaded on demand, because commands that only list services must not load the library for cron patterns.
    const { checkedDefinition } = await import('../start/planning.js');
    const { requireState, startOnce } = await import('../start/start-once.js');
    requireState(env);
    const checked = await checkedDefinition(env, context, args);
    return await startOnce(env, context, { ...checked, rolloutId: args.rolloutId, idParameter: 'rolloutId' });
  },
});
