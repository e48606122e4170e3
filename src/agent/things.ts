import { createHubServices, HUB_EVENTS, HUB_PROPERTIES, type HubEnvironments } from '../catalogue/hub-services.js';
import type { CallContext } from '../core/call-context.js';
import { newId } from '../core/random.js';
import { EdgeThing } from '../edge/thing.js';
import { jobEnvironment, type JobQueue, type JobRegistrar } from '../jobs/environment.js';
import type { JobHistory } from '../jobs/history/job-history.js';
import type { RefusedCounts } from '../jobs/refused-counts.js';
import type { RolloutDriver } from '../rollouts/driver/driver.js';
import type { RolloutServiceEnvironment } from '../rollouts/services/rollout-service.js';
import type { SingleDeviceEnvironment } from '../single-device/services/device-service.js';
import { type AgentConfig, isDurable, type ThingConfig } from './config/agent-config.js';
import { createPreviews, type FindPreview } from './previews.js';
import type { OpenHub } from './hubs.js';
import { AgentError } from '../core/errors.js';
import type { Service, ServiceDefinition, ServiceParameters } from '../edge/definitions.js';
import { runService } from '../edge/service-call.js';
import { switchOff } from '../jobs/services/service-list.js';
import type { HubCalls } from '../wrappers/service.js';

/** What the Things of one hub share. */
export interface HubShared {
  readonly hub: OpenHub;
  readonly refusedCounts: RefusedCounts;
  readonly driver: RolloutDriver;
  /** The watcher of the hub. */
  readonly registrar?: JobRegistrar;
  /** The queue of the hub; absent where there is no place to keep it. */
  readonly queue?: JobQueue | undefined;
  /** The past jobs of the hub; likewise. */
  readonly history?: JobHistory | undefined;
}

/** A Thing, and what previews its services. */
export interface BuiltThing {
  readonly thing: EdgeThing;
  readonly findPreview: FindPreview;
}

/**
 * Builds the Thing of one entry of the configuration: its services (for jobs, for roll-outs, for single devices and of
 * wrappers), events and properties.
 * @throws AgentError `WrapperInvalid`, or `ConfigurationInvalid` if two services have the same name.
 */
export async function buildThing(config: AgentConfig, thing: ThingConfig, shared: HubShared): Promise<BuiltThing> {
  const { services, guards, thingworx } = config;
  const environment = jobEnvironment({
    hub: shared.hub.port,
    thing: thing.name,
    guards,
    messageLimits: thingworx,
    checkQueryCondition: services.checkQueryCondition,
    connectTimeoutInSeconds: services.connectTimeoutInSeconds,
    refusedCounts: shared.refusedCounts,
    queue: shared.queue,
    history: shared.history,
    queueJobs: services.queueJobs,
    ...(shared.registrar ? { registrar: shared.registrar } : {}),
  });
  const rollouts = rolloutEnvironment(config, thing, shared);
  const environments = { jobs: environment, rollouts, devices: singleDeviceEnvironment(config, shared) };
  const isEnabled = config.rollouts.enabled;
  const findPreview = await createPreviews(environments, (call) => load(config.wrappers, { job: call, rollout: call }));
  const wrappers = await wrapperServices(config.wrappers, environments, { deny: services.deny, isEnabled });
  const edgeThing = new EdgeThing({
    name: thing.name,
    ...(thing.identifier === undefined ? {} : { identifier: thing.identifier }),
    description: `Device jobs of the Azure IoT Hub ${shared.hub.port.hostName}`,
    services: [...createHubServices(environments, { ...services, isEnabled }), ...wrappers],
    properties: HUB_PROPERTIES,
    events: HUB_EVENTS,
  });
  return { thing: edgeThing, findPreview };
}

function rolloutEnvironment(
  config: AgentConfig,
  { name }: ThingConfig,
  { hub, driver }: HubShared,
): RolloutServiceEnvironment {
  const { services, guards, thingworx } = config;
  return {
    driver,
    isDurable: isDurable(config),
    hub: hub.port,
    guards,
    messageLimits: thingworx,
    parsesConditions: services.checkQueryCondition,
    connectTimeoutInSeconds: services.connectTimeoutInSeconds,
    thing: name,
    newRolloutId: newId,
  };
}

function singleDeviceEnvironment(
  { services, guards, thingworx }: AgentConfig,
  { hub }: HubShared,
): SingleDeviceEnvironment {
  return {
    hub: hub.port,
    guards,
    messageLimits: thingworx,
    parsesConditions: services.checkQueryCondition,
    timeoutSeconds: services.timeoutSeconds,
    showsDeviceKeys: services.showDeviceKeys,
  };
}

/**
 * The services that wrapper descriptions add. Those that `deny` names are switched off; without `isEnabled`
 * (`rollouts.enabled`) those that start roll-outs refuse every call. `services.allow` does not apply to them: naming the
 * file of a wrapper already offers its services on purpose.
 * @throws AgentError as `loadWrapperServices`.
 */
export async function wrapperServices(
  files: readonly string[],
  { jobs, rollouts }: Pick<HubEnvironments, 'jobs' | 'rollouts'>,
  { deny = [], isEnabled }: { readonly deny?: readonly string[] | undefined; readonly isEnabled: boolean },
): Promise<Service[]> {
  const services = await load(files, {
    job: (context, { definition, handler }, values) =>
      runService({ definition, handler: (part, args) => handler(part, args, jobs) }, context, values),
    rollout: (context, { definition, handler }, values) => {
      const service = {
        definition,
        handler: (part: CallContext, args: ServiceParameters) => handler(part, args, rollouts),
      };
      return runService(isEnabled ? service : switchOff(service, 'rollouts.enabled'), context, values);
    },
  });
  return services.map((service) =>
    deny.includes(service.definition.name) ? switchOff(service, 'services.deny') : service,
  );
}

/** The definitions of these services alone, for lists and checks. @throws AgentError as `loadWrapperServices`. */
export async function wrapperDefinitions(files: readonly string[]): Promise<ServiceDefinition[]> {
  const call = () => Promise.reject(new AgentError('Internal', 'Only definitions were loaded.'));
  const services = await load(files, { job: call, rollout: call });
  return services.map(({ definition }) => definition);
}

async function load(files: readonly string[], calls: HubCalls): Promise<Service[]> {
  if (files.length === 0) return [];
  const { loadWrapperServices } = await import('../wrappers/service.js');
  return await loadWrapperServices(files, calls);
}
