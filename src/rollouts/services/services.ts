/** The list of the services for roll-outs; nothing else lists them. */
import type { Service } from '../../edge/definitions.js';
import { type OfferOptions, ServiceList } from '../../jobs/services/service-list.js';
import { switchOff } from '../../jobs/services/service-list.js';
import { approveRolloutService } from './approve-rollout.js';
import { cancelRolloutService } from './cancel-rollout.js';
import { deleteRolloutService } from './delete-rollout.js';
import type { RolloutServiceEnvironment } from './rollout-service.js';
import { findRolloutsService } from './find-rollouts.js';
import { getRolloutService } from './get-rollout.js';
import { pauseRolloutService } from './pause-rollout.js';
import { previewRolloutService } from './preview-rollout.js';
import { queryRolloutDevicesService } from './query-rollout-devices.js';
import { resumeRolloutService } from './resume-rollout.js';
import { retryRolloutService } from './retry-rollout.js';
import type { RolloutService } from './rollout-service.js';
import { startRolloutService } from './start-rollout.js';

/** In the order of the documentation. */
export const ROLLOUT_SERVICES: readonly RolloutService[] = [
  startRolloutService,
  previewRolloutService,
  getRolloutService,
  findRolloutsService,
  queryRolloutDevicesService,
  pauseRolloutService,
  resumeRolloutService,
  cancelRolloutService,
  approveRolloutService,
  retryRolloutService,
  deleteRolloutService,
];

/** The services under both their names. */
const ROLLOUT_SERVICE_LIST = new ServiceList(ROLLOUT_SERVICES);

export interface RolloutOfferOptions extends OfferOptions {
  /** `rollouts.enabled`; default true. If false, every call is refused. */
  readonly isEnabled?: boolean;
}

/** The services for roll-outs of one Thing. Those that are switched off refuse every call. */
export function createRolloutServices(
  environment: RolloutServiceEnvironment,
  options: RolloutOfferOptions = {},
): Service[] {
  const services = ROLLOUT_SERVICE_LIST.offer(
    ({ handler }) =>
      (context, parameters) =>
        handler(context, parameters, environment),
    options,
  );
  return options.isEnabled === false ? services.map((service) => switchOff(service, 'rollouts.enabled')) : services;
}
