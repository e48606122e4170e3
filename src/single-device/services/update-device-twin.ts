import { unwrapList } from '../../jobs/json-parameters.js';
import { PATCH } from '../../jobs/parameters.js';
import { checkPatch } from '../../jobs/patch-rules.js';
import { twinOf } from '../device-documents.js';
import { addPossibleEffect } from '../device-changes.js';
import { DEVICE_ID, etagOf, MODULE_ID, plainEtag } from '../parameters.js';
import { defineDeviceService } from './device-service.js';

export const updateDeviceTwinService = defineDeviceService({
  name: 'UpdateDeviceTwin',
  description: 'Updates tags and desired properties of the twin of a device or module and returns the new twin',
  needs: ['service connect'],
  parameters: {
    deviceId: DEVICE_ID,
    moduleId: MODULE_ID,
    patch: { ...PATCH, description: PATCH.description.replace('in the twins', 'in the twin') },
    etag: etagOf('twin'),
  },
  result: { baseType: 'JSON', description: 'The twin after the update, as the hub has it' },
  run: async ({ deviceId, moduleId, ...args }, context, env) => {
    const target = { deviceId, moduleId };
    const { patch, hadReported } = checkPatch(unwrapList(args.patch));
    if (hadReported)
      context.log.warn(
        { deviceId },
        'properties.reported was removed from the patch: only a device can change what it reports',
      );
    const etag = plainEtag(args.etag);
    const twin = await env.hub
      .devices('user')
      .updateTwin(context, target, { patch, etag })
      .catch(addPossibleEffect({ effect: 'the twin may have been updated', onlyOnce: etag !== '*' }));
    return twinOf(twin, target);
  },
});
