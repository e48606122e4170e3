import { type OwnedCallContext, startCall } from '../../../src/core/call-context.js';
import type { Clock } from '../../../src/core/clock.js';
import { type AgentError, isAgentError } from '../../../src/core/errors.js';
import type { Log, LogFields } from '../../../src/core/log.js';
import type { Service, ServiceParameters } from '../../../src/edge/definitions.js';

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

/** Calls a service by name as an edge does, once its parameters are checked. */
export function callService(
  services: readonly Service[],
  name: string,
  parameters: ServiceParameters,
  options: Parameters<typeof inCall>[1] = {},
): Promise<unknown> {
  const service = services.find((candidate) => candidate.definition.name === name);
  if (!service) throw new Error(`no service ${name}`);
  return inCall((context) => service.handler(context, parameters), options);
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

/** A log that keeps its lines. */
export function keepingLog(): Log & {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
} {
  const lines: { level: string; message: string; fields: LogFields }[] = [];
  const at =
    (level: string) =>
    (fields: LogFields, message: string): void =>
      void lines.push({ level, message, fields });
  const log = {
    lines,
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (): Log => log,
  };
  return log;
}
