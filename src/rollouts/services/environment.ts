import type { HubPort } from '../../iothub/ports.js';
import type { MessageLimits } from '../../jobs/result-size.js';
import type { RolloutDriver } from '../driver.js';
import type { RolloutGuards } from '../environment.js';

/** What the services for roll-outs of one Thing work with. */
export interface RolloutServiceEnvironment {
  readonly driver: RolloutDriver;
  /** Whether the driver's store survives a restart; without it no roll-out is started. */
  readonly isDurable: boolean;
  readonly hub: HubPort;
  readonly guards: RolloutGuards;
  readonly messageLimits: MessageLimits;
  readonly parsesConditions: boolean;
  /** `services.connectTimeoutInSeconds`. */
  readonly connectTimeoutInSeconds: number;
  /** The Thing in whose name roll-outs are started. */
  readonly thing: string;
  readonly newRolloutId: () => string;
}
