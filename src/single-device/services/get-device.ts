import { deviceRow, readDevice } from '../device-documents.js';
import { DEVICE_ID } from '../parameters.js';
import { defineDeviceService, ONE_DEVICE } from './device-service.js';

export const getDeviceService = defineDeviceService({
  name: 'GetDevice',
  description: 'Returns the identity of a device, with the tags of its twin',
  needs: ['registry read', 'service connect'],
  isReadOnly: true,
  parameters: { deviceId: DEVICE_ID },
  result: ONE_DEVICE,
  run: async ({ deviceId }, context, env) => [deviceRow(await readDevice(env.hub, context, deviceId))],
});
