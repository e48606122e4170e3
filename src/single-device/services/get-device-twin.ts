import { twinOf } from '../device-documents.js';
import { DEVICE_ID, MODULE_ID } from '../parameters.js';
import { defineDeviceService } from './device-service.js';

export const getDeviceTwinService = defineDeviceService({
  name: 'GetDeviceTwin',
  description: 'Returns the twin of a device or module',
  needs: ['service connect'],
  isReadOnly: true,
  parameters: { deviceId: DEVICE_ID, moduleId: MODULE_ID },
  result: { baseType: 'JSON', description: 'The twin as the hub has it' },
  run: async (target, context, env) => twinOf(await env.hub.devices('user').getTwin(context, target), target),
});
