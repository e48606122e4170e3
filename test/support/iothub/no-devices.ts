import { AgentError } from '../../../src/core/errors.js';
import type { DeviceOperations } from '../../../src/iothub/device-ports.js';

const missing = (): Promise<never> => Promise.reject(new AgentError('DeviceNotFound', 'The hub has no devices.'));

/** The operations on the devices of a hub that has none. */
export const NO_DEVICES: DeviceOperations = {
  invokeMethod: missing,
  getTwin: missing,
  updateTwin: missing,
  getIdentity: missing,
  putIdentity: missing,
  deleteIdentity: missing,
};
