import { NO_DEVICES } from '../iothub/no-devices.js';
import type { NativeRow, Service } from '../../../src/edge/definitions.js';
import type { HubOperations, HubPort } from '../../../src/iothub/ports.js';
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from '../../../src/jobs/result-size.js';
import type { RolloutServiceEnvironment } from '../../../src/rollouts/services/rollout-service.js';
import { createRolloutServices, type RolloutOfferOptions } from '../../../src/rollouts/services/services.js';
import { callService } from '../jobs/callers.js';
import { RolloutRig, type RigOptions } from './rig.js';

export interface ServiceRigOptions extends RigOptions {
  readonly services?: Partial<RolloutServiceEnvironment>;
  readonly offer?: RolloutOfferOptions;
}

/** The services for roll-outs with a driver, a hub in memory and a manual clock. */
export class ServiceRig extends RolloutRig {
  readonly #services: ServiceRigOptions;
  /** The lanes that the services use; a test can replace them. */
  userLane: HubOperations;
  spareLane: HubOperations;

  constructor(options: ServiceRigOptions = {}) {
    super({ ...options, environment: { guards: options.services?.guards ?? {}, ...options.environment } });
    this.#services = options;
    this.userLane = this.hub.operations;
    this.spareLane = this.hub.operations;
  }

  /** Calls a service with native values, as a wrapper does. */
  async call(name: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return await callService(this.services, name, parameters, { clock: this.clock });
  }

  /** Calls a service that returns one row. */
  async row(name: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<NativeRow> {
    const rows = (await this.call(name, parameters)) as readonly NativeRow[];
    if (rows.length !== 1 || !rows[0]) throw new Error(`${name} returned ${rows.length} rows`);
    return rows[0];
  }

  get services(): Service[] {
    return createRolloutServices(this.#environment(), this.#services.offer);
  }

  #environment(): RolloutServiceEnvironment {
    return {
      driver: this.driver,
      isDurable: true,
      hub: this.#port(),
      guards: {},
      messageLimits: DEFAULT_MESSAGE_LIMITS,
      parsesConditions: true,
      connectTimeoutInSeconds: 30,
      thing: 'Hub',
      newRolloutId: () => 'generated',
      ...this.#services.services,
    };
  }

  #port(): HubPort {
    return {
      hostName: 'hub.local',
      deviceOperationsPerSecond: 10,
      devices: () => NO_DEVICES,
      lane: (lane) => (lane === 'spare' ? this.spareLane : this.userLane),
      onStatus: () => () => undefined,
      onJob: () => () => undefined,
      budgetUse: () => ({ perMinute: Infinity, stepMs: 15_000, points: [] }),
      close: () => undefined,
    };
  }
}

/** Limits of a platform that accepts this many bytes in one message. */
export const limitsOf = (maxMessageBytes: number): MessageLimits => ({ ...DEFAULT_MESSAGE_LIMITS, maxMessageBytes });
