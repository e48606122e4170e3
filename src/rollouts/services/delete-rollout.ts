import { noteChange } from '../../core/call-context.js';
import { ROLLOUT_ID } from '../definition/parameters.js';
import { defineRolloutService } from './rollout-service.js';

export const deleteRolloutService = defineRolloutService({
  name: 'DeleteRollout',
  description: 'Deletes a roll-out that has ended, with its devices and history. Its jobs remain in the hub',
  parameters: { rolloutId: ROLLOUT_ID },
  result: { baseType: 'BOOLEAN', description: 'Always true' },
  run: async ({ rolloutId }, context, env) => {
    noteChange(context, { rolloutId });
    await env.driver.delete(rolloutId);
    return true;
  },
});
