import { EdgeThing } from '../edge/thing.js';
import { jobEnvironment, type JobRegistrar } from '../jobs/environment.js';
import type { RefusedCounts } from '../jobs/refused-counts.js';
import { createJobServices } from '../jobs/services/services.js';
import { JOB_EVENTS, JOB_PROPERTIES } from '../jobs/thing-definitions.js';
import type { AgentConfig, ThingConfig } from './config/agent-config.js';
import type { OpenHub } from './hubs.js';
import { wrapperServices } from './wrapper-services.js';

/** What the Things of one hub share. */
export interface HubShared {
  readonly hub: OpenHub;
  readonly refusedCounts: RefusedCounts;
  /** The watcher of the hub. */
  readonly registrar?: JobRegistrar;
}

/**
 * The Thing of one entry of the configuration: job services and those of the wrappers, with event and properties.
 * @throws AgentError `WrapperInvalid`, `ConfigurationInvalid` when two services have one name.
 */
export async function buildThing(config: AgentConfig, thing: ThingConfig, shared: HubShared): Promise<EdgeThing> {
  const { services, guards, thingworx } = config;
  const environment = jobEnvironment({
    hub: shared.hub.port,
    thing: thing.name,
    guards,
    messageLimits: thingworx,
    checkQueryCondition: services.checkQueryCondition,
    connectTimeoutInSeconds: services.connectTimeoutInSeconds,
    refusedCounts: shared.refusedCounts,
    ...(shared.registrar ? { registrar: shared.registrar } : {}),
  });
  const wrappers = await wrapperServices(config.wrappers, environment, services.deny);
  return new EdgeThing({
    name: thing.name,
    ...(thing.identifier === undefined ? {} : { identifier: thing.identifier }),
    description: `Device jobs of the Azure IoT Hub ${shared.hub.port.hostName}`,
    services: [...createJobServices(environment, services), ...wrappers],
    properties: JOB_PROPERTIES,
    events: JOB_EVENTS,
  });
}
