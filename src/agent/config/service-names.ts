import { nearMiss } from '../../documents/near-miss.js';
import type { Problem } from '../../documents/problem.js';
import {
  isJobServiceName,
  JOB_SERVICE_DEFINITIONS,
  SHORT_JOB_SERVICE_DEFINITIONS,
} from '../../jobs/services/services.js';
import { wrapperDefinitions } from '../things.js';
import type { AgentConfig } from './agent-config.js';
import type { LayeredValue } from './layers.js';

/**
 * Reports names in `services.allow` and `services.deny` that are not services: a typing error would leave a service
 * enabled that was meant to be disabled.
 * @throws AgentError `WrapperInvalid` for wrapper descriptions with errors.
 */
export async function checkServiceNames(config: AgentConfig, layered: LayeredValue): Promise<Problem[]> {
  const wrappers = (await wrapperDefinitions(config.wrappers)).map(({ name }) => name);
  const definitions = [...JOB_SERVICE_DEFINITIONS, ...SHORT_JOB_SERVICE_DEFINITIONS];
  const known = [...definitions.map(({ name }) => name), ...wrappers];
  return (['allow', 'deny'] as const).flatMap((list) =>
    (config.services[list] ?? []).flatMap((name, index): Problem[] => {
      if (isJobServiceName(name) || wrappers.includes(name)) return [];
      const path = ['services', list, index];
      const meant = nearMiss(name, known);
      const hint = meant ? `did you mean "${meant}"?` : 'see `twx-iothub services`';
      return [{ origin: layered.locate(path), path, message: 'is not a service', hint }];
    }),
  );
}
