import { type OwnedCallContext, startCall, startPart } from '../../../src/core/call-context.js';
import type { Clock } from '../../../src/core/clock.js';
import { type AgentError, isAgentError } from '../../../src/core/errors.js';
import type { Log } from '../../../src/core/log.js';
import type { Service, ServiceParameters } from '../../../src/edge/definitions.js';
import { runService } from '../../../src/edge/service-call.js';
import type { JobEnvironment } from '../../../src/jobs/environment.js';
import { createJobServices } from '../../../src/jobs/services/services.js';

/** Runs `use` in the context of one call. */
export async function inCall<T>(
  use: (context: OwnedCallContext) => Promise<T>,
  options: {
    readonly timeoutMs?: number;
    readonly clock?: Clock;
    readonly log?: Log;
    readonly signal?: AbortSignal;
  } = {},
): Promise<T> {
  const context = startCall({ timeoutMs: 5000, ...options });
  try {
    return await use(context);
  } finally {
    context.dispose();
  }
}

/** Calls a service by name with native values, as a caller in the same process does. */
export function callService(
  services: readonly Service[],
  name: string,
  parameters: ServiceParameters,
  options: Parameters<typeof inCall>[1] = {},
): Promise<unknown> {
  const service = services.find((candidate) => candidate.definition.name === name);
  if (!service) throw new Error(`no service ${name}`);
  return inCall((context) => runService(service, context, parameters), options);
}

/** Calls a job service of an environment by name. */
export function callJobService(
  environment: JobEnvironment,
  name: string,
  parameters: ServiceParameters,
  options: Parameters<typeof inCall>[1] = {},
): Promise<unknown> {
  return callService(createJobServices(environment), name, parameters, options);
}

/** The same services, each with a shorter deadline. */
export function withDeadline(services: readonly Service[], timeoutMs: number): Service[] {
  return services.map((service) => ({
    ...service,
    handler: async (context, parameters) => {
      const part = startPart(context, { maxMs: timeoutMs });
      try {
        return await service.handler(part, parameters);
      } finally {
        part.dispose();
      }
    },
  }));
}

/** The AgentError that a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<AgentError> {
  try {
    await promise;
  } catch (error) {
    if (isAgentError(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
