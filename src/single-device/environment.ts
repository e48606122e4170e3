import type { HubPort } from '../iothub/ports.js';
import type { Guards } from '../jobs/guards.js';
import type { MessageLimits } from '../jobs/result-size.js';

/** The dependencies of the services for one device of one Thing. */
export interface SingleDeviceEnvironment {
  readonly hub: HubPort;
  readonly guards: Guards;
  readonly messageLimits: MessageLimits;
  readonly parsesConditions: boolean;
  /** `services.timeoutSeconds`: the deadline of each call. */
  readonly timeoutSeconds: number;
  /** `services.showDeviceKeys`. */
  readonly showsDeviceKeys: boolean;
}
