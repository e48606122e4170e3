import { isAgentError } from '../../core/errors.js';
import { deviceRow, readDevice } from '../device-documents.js';
import { THING_NAME } from '../parameters.js';
import { defineDeviceService, DEVICES } from './device-service.js';

export const describeAzureIotDeviceService = defineDeviceService({
  name: 'DescribeAzureIotDevice',
  aliasOf: 'GetDevice',
  description: "Returns the identity of a device, with the tags of its twin; the name in PTC's connector",
  needs: ['registry read', 'service connect'],
  isReadOnly: true,
  parameters: { thingName: THING_NAME },
  result: DEVICES,
  run: async ({ thingName }, context, env) => {
    try {
      return [deviceRow(await readDevice(env.hub, context, thingName))];
    } catch (error) {
      if (isAgentError(error, 'DeviceNotFound')) return [];
      throw error;
    }
  },
});
