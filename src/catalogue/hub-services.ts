/** All that the hub Thing offers: the lists of jobs, roll-outs and single devices as one. */
import type { DataShapeDefinition, EventDefinition, PropertyDefinition, Service } from '../edge/definitions.js';
import { JOB_DATA_SHAPES } from '../jobs/data-shapes.js';
import type { JobEnvironment } from '../jobs/environment.js';
import type { HubService } from '../jobs/services/job-service.js';
import { ServiceList } from '../jobs/services/service-list.js';
import { createJobServices, JOB_SERVICES } from '../jobs/services/services.js';
import { JOB_EVENTS, JOB_PROPERTIES } from '../jobs/thing-definitions.js';
import type { RolloutServiceEnvironment } from '../rollouts/services/rollout-service.js';
import { createRolloutServices, ROLLOUT_SERVICES, type RolloutOfferOptions } from '../rollouts/services/services.js';
import { ROLLOUT_DATA_SHAPES, ROLLOUT_EVENTS, ROLLOUT_PROPERTIES } from '../rollouts/reporting/thing-definitions.js';
import { SINGLE_DEVICE_DATA_SHAPES } from '../single-device/data-shapes.js';
import type { SingleDeviceEnvironment } from '../single-device/services/device-service.js';
import {
  createSingleDeviceServices,
  SINGLE_DEVICE_SERVICES,
  type SingleDeviceOfferOptions,
} from '../single-device/services/services.js';

export { FULL_NAME_PREFIX, type OfferOptions } from '../jobs/services/service-list.js';

/** The services, in the order of the documentation. */
export const HUB_SERVICES = new ServiceList<HubService>([
  ...JOB_SERVICES,
  ...ROLLOUT_SERVICES,
  ...SINGLE_DEVICE_SERVICES,
]);

export const HUB_DATA_SHAPES: readonly DataShapeDefinition[] = [
  ...JOB_DATA_SHAPES,
  ...ROLLOUT_DATA_SHAPES,
  ...SINGLE_DEVICE_DATA_SHAPES,
];

export const HUB_EVENTS: readonly EventDefinition[] = [...JOB_EVENTS, ...ROLLOUT_EVENTS];

export const HUB_PROPERTIES: readonly PropertyDefinition[] = [...JOB_PROPERTIES, ...ROLLOUT_PROPERTIES];

export interface HubEnvironments {
  readonly jobs: JobEnvironment;
  readonly rollouts: RolloutServiceEnvironment;
  readonly devices: SingleDeviceEnvironment;
}

/** Creates the services of one Thing, under full and, unless disabled, short names. Disabled ones refuse every call. */
export function createHubServices(
  { jobs, rollouts, devices }: HubEnvironments,
  options: RolloutOfferOptions & SingleDeviceOfferOptions = {},
): Service[] {
  return [
    ...createJobServices(jobs, options),
    ...createRolloutServices(rollouts, options),
    ...createSingleDeviceServices(devices, options),
  ];
}
