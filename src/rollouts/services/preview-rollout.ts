import { START_ROLLOUT_PARAMETERS } from '../definition/parameters.js';
import type { RolloutPreview } from '../start/preview.js';
import { defineRolloutService } from './rollout-service.js';

export const previewRolloutService = defineRolloutService({
  name: 'PreviewRollout',
  description:
    'Returns the devices, batches and hub jobs that StartRollout would use for the same parameters, without starting a roll-out',
  needs: ['service connect'],
  isReadOnly: true,
  parameters: START_ROLLOUT_PARAMETERS,
  result: {
    baseType: 'JSON',
    description:
      '{deviceCount, connectedCount, disconnectedCount, batches: [{batch, size, jobs}], batchCount, jobCount, estimatedSeconds, needsApproval, nextWindow: {start, end} or null}; connectedCount and disconnectedCount are null if the quota of the hub or the time of the call does not allow them',
  },
  run: async (args, context, env): Promise<RolloutPreview> => {
    const { previewRollout } = await import('../start/preview.js');
    return await previewRollout(env, context, args);
  },
});
