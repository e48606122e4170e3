import type { Trace } from '../../core/instruments.js';
import { isAgentError } from '../../core/errors.js';

/** The global symbol under which an SDK registers with the OpenTelemetry API, whichever copy of the API it uses. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/**
 * Returns a function that creates spans through the OpenTelemetry API; undefined, without loading the API, unless an SDK was
 * loaded before the agent (`node --require`).
 */
export async function loadTrace(version: string): Promise<Trace | undefined> {
  const registered = (globalThis as unknown as Record<symbol, { readonly trace?: unknown } | undefined>)[REGISTERED];
  if (registered?.trace === undefined) return undefined;
  const { SpanStatusCode, trace } = await import('@opentelemetry/api');
  const tracer = trace.getTracer('thingworx-iothub-agent', version);
  return ({ name, attributes, isRoot = false }, run) =>
    tracer.startActiveSpan(name, { attributes, root: isRoot }, async (span) => {
      try {
        return await run();
      } catch (error) {
        // Messages may contain text from the other end, so only the code is recorded.
        const code = isAgentError(error) ? error.code : 'Internal';
        span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR, message: code });
        throw error;
      } finally {
        span.end();
      }
    });
}
