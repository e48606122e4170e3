import { AgentError } from '../core/errors.js';
import type { Service } from '../edge/definitions.js';

/**
 * Switches wrappers off that `services.deny` names. `services.allow` does not touch them: a wrapper is offered on
 * purpose by naming its file, also where the plain services are not.
 */
export function withDenied(services: readonly Service[], deny: readonly string[] | undefined): Service[] {
  return services.map((service) => (deny?.includes(service.definition.name) ? switchedOff(service) : service));
}

function switchedOff({ definition }: Service): Service {
  const text = `The service ${definition.name} is switched off in this agent; ask its operator to change services.deny.`;
  return { definition, handler: () => Promise.reject(new AgentError('Forbidden', text)) };
}
