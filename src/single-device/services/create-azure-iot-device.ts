import { isAgentError } from '../../core/errors.js';
import { createDevice } from '../device-changes.js';
import { identityOf } from '../device-documents.js';
import { THING_NAME } from '../parameters.js';
import { ALWAYS_TRUE, defineDeviceService } from './device-service.js';

export const createAzureIotDeviceService = defineDeviceService({
  name: 'CreateAzureIotDevice',
  aliasOf: 'CreateDevice',
  description: "Creates a device in the hub unless it exists; the name in PTC's connector",
  needs: ['registry write', 'registry read'],
  isManagement: true,
  parameters: { thingName: THING_NAME },
  result: ALWAYS_TRUE,
  run: async ({ thingName: deviceId }, context, env) => {
    try {
      await createDevice(env.hub, context, { deviceId, identity: identityOf({ deviceId }) });
    } catch (error) {
      if (!isAgentError(error, 'DeviceAlreadyExists')) throw error;
    }
    return true;
  },
});
