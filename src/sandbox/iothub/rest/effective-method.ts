import type { IncomingMessage } from 'node:http';

/**
 * The method that a request is meant to have. The HTTP client of Microsoft's Java SDK has no PATCH: it sends a POST with
 * `X-HTTP-Method-Override: PATCH`. On other methods the header has no effect.
 */
export function effectiveMethod({ method = '', headers }: Pick<IncomingMessage, 'method' | 'headers'>): string {
  const override = headers['x-http-method-override'];
  if (method !== 'POST' || typeof override !== 'string' || override.trim() === '') return method;
  return override.trim().toUpperCase();
}
