import { AgentError } from '../core/errors.js';
import type { Service, ServiceDefinition } from '../edge/definitions.js';
import { runService } from '../edge/service-call.js';
import type { JobEnvironment } from '../jobs/environment.js';
import { switchOff } from '../jobs/services/switches.js';
import type { CallJobService } from '../wrappers/service.js';

/**
 * The services that wrapper descriptions add. Those that `deny` names are switched off; `services.allow` does not touch
 * them, since a wrapper is offered on purpose by naming its file, also where the plain services are not.
 * @throws AgentError as `loadWrapperServices`.
 */
export async function wrapperServices(
  files: readonly string[],
  environment: JobEnvironment,
  deny: readonly string[] = [],
): Promise<Service[]> {
  const services = await load(files, (context, { definition, handler }, values) =>
    runService({ definition, handler: (part, args) => handler(part, args, environment) }, context, values),
  );
  return services.map((service) =>
    deny.includes(service.definition.name) ? switchOff(service, 'services.deny') : service,
  );
}

/** Their definitions alone, for lists and checks. @throws AgentError as `loadWrapperServices`. */
export async function wrapperDefinitions(files: readonly string[]): Promise<ServiceDefinition[]> {
  const services = await load(files, () => Promise.reject(new AgentError('Internal', 'Only definitions were loaded.')));
  return services.map(({ definition }) => definition);
}

async function load(files: readonly string[], call: CallJobService): Promise<Service[]> {
  if (files.length === 0) return [];
  const { loadWrapperServices } = await import('../wrappers/load.js');
  return await loadWrapperServices(files, call);
}
