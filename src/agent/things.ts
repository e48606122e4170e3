import { EdgeThing } from '../edge/thing.js';
import { createJobServices } from '../jobs/catalogue.js';
import type { JobRegistrar } from '../jobs/job-port.js';
import { createJobOperations } from '../jobs/operations.js';
import type { RefusedCounts } from '../jobs/refused-counts.js';
import { JOB_EVENTS, JOB_PROPERTIES } from '../jobs/thing-definitions.js';
import type { AgentConfig, ThingConfig } from './config/agent-config.js';
import type { OpenHub } from './hubs.js';
import { withDenied } from './denied-wrappers.js';
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
  const operations = createJobOperations({
    hub: shared.hub.port,
    thing: thing.name,
    guards,
    messageLimits: thingworx,
    checkQueryCondition: services.checkQueryCondition,
    connectTimeoutInSeconds: services.connectTimeoutInSeconds,
    refusedCounts: shared.refusedCounts,
    ...(shared.registrar ? { registrar: shared.registrar } : {}),
  });
  const jobServices = createJobServices(operations, { ...services, timeoutMs: services.timeoutSeconds * 1000 });
  const wrappers = await wrapperServices(config.wrappers, operations);
  return new EdgeThing({
    name: thing.name,
    ...(thing.identifier === undefined ? {} : { identifier: thing.identifier }),
    description: `Device jobs of the Azure IoT Hub ${shared.hub.port.hostName}`,
    services: [...jobServices, ...withDenied(wrappers, services.deny)],
    properties: JOB_PROPERTIES,
    events: JOB_EVENTS,
  });
}
