import { deleteDevice } from '../device-changes.js';
import { DEVICE_ID, etagOf, plainEtag } from '../parameters.js';
import { ALWAYS_TRUE, defineDeviceService } from './device-service.js';

export const deleteDeviceService = defineDeviceService({
  name: 'DeleteDevice',
  description: 'Deletes a device from the hub, with its twin and modules',
  needs: ['registry write', 'registry read'],
  isManagement: true,
  parameters: { deviceId: DEVICE_ID, etag: etagOf('identity') },
  result: ALWAYS_TRUE,
  run: async ({ deviceId, etag }, context, env) => {
    await deleteDevice(env.hub, context, deviceId, plainEtag(etag));
    return true;
  },
});
