import { START_ROLLOUT_PARAMETERS } from '../definition/parameters.js';
import type { RolloutPreview } from '../start/preview.js';
import { defineRolloutService } from './rollout-service.js';

export const previewRolloutService = defineRolloutService({
  name: 'PreviewRollout',
  description: 'Returns what StartRollout would do with the same parameters, without starting anything',
  needs: ['service connect'],
  parameters: START_ROLLOUT_PARAMETERS,
  result: {
    baseType: 'JSON',
    description:
      '{deviceCount, connectedCount, disconnectedCount, batches: [{batch, size, jobs}], batchCount, jobCount, estimatedSeconds, needsApproval, nextWindow: {start, end} or null}; the two counts of connections are null if the hub has no quota or time left for them',
  },
  run: async (args, context, env): Promise<RolloutPreview> => {
    const { previewRollout } = await import('../start/preview.js');
    return await previewRollout(env, context, args);
  },
});
