import type { HubPort } from '../../../src/iothub/ports.js';
import { DEFAULT_MESSAGE_LIMITS } from '../../../src/jobs/result-size.js';
import type { SingleDeviceEnvironment } from '../../../src/single-device/services/device-service.js';

/** The environment of the services for one device, with the defaults of the configuration. */
export const singleDeviceEnvironment = (
  hub: HubPort,
  changes: Partial<SingleDeviceEnvironment> = {},
): SingleDeviceEnvironment => ({
  hub,
  guards: {},
  messageLimits: DEFAULT_MESSAGE_LIMITS,
  parsesConditions: true,
  timeoutSeconds: 25,
  showsDeviceKeys: false,
  ...changes,
});
