import { AgentError } from '../../core/errors.js';
import type { Service } from '../../edge/definitions.js';

/** Which services may be called, by full or short name. */
export interface ServiceSwitches {
  /** Absent: all. */
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
}

/**
 * A service that stays in the metadata but refuses every call, whatever its parameters.
 * @param keys the configuration keys that disable it.
 */
export function switchOff(service: Service, keys: string): Service {
  const { name } = service.definition;
  const sentence = `The service ${name} is switched off in this agent; ask its operator to change ${keys}.`;
  return { ...service, refuse: () => new AgentError('Forbidden', sentence) };
}
