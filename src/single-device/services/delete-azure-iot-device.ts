import { isAgentError } from '../../core/errors.js';
import { deleteDevice } from '../device-changes.js';
import { THING_NAME } from '../parameters.js';
import { ALWAYS_TRUE, defineDeviceService } from './device-service.js';

export const deleteAzureIotDeviceService = defineDeviceService({
  name: 'DeleteAzureIotDevice',
  aliasOf: 'DeleteDevice',
  description: "Deletes a device from the hub if it exists; the name in PTC's connector",
  needs: ['registry write', 'registry read'],
  isManagement: true,
  parameters: { thingName: THING_NAME },
  result: ALWAYS_TRUE,
  run: async ({ thingName }, context, env) => {
    try {
      await deleteDevice(env.hub, context, thingName, '*');
    } catch (error) {
      if (!isAgentError(error, 'DeviceNotFound')) throw error;
    }
    return true;
  },
});
