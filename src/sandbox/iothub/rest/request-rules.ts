import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../answers/service-error.js';

/** The oldest accepted version. The operations that this hub offers have not changed since then. */
const OLDEST = '2018-06-30';
const API_VERSION = /^(\d{4}-\d{2}-\d{2})(?:-preview)?$/iu;
const SHOWN_CHARACTERS = 40;

/**
 * Checks the api-version of a request. Every version from 2018-06-30 on is treated as 2021-04-12, because clients send
 * versions that are newer than any list (the Azure CLI's extension 0.25.0 sends 2024-03-31).
 * @throws ServiceError InvalidProtocolVersion
 */
export function checkApiVersion(version: string | null): void {
  if (version === null) throw invalid('The query parameter api-version is missing; add api-version=2021-04-12.');
  const date = API_VERSION.exec(version)?.[1];
  if (date !== undefined && isDate(date) && date >= OLDEST) return;
  const shown = JSON.stringify(version.slice(0, SHOWN_CHARACTERS));
  throw invalid(`The api-version ${shown} is not a date from ${OLDEST} on; use 2021-04-12.`);
}

const invalid = (message: string): ServiceError => new ServiceError('InvalidProtocolVersion', message);

function isDate(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

/**
 * Returns the effective method of a request. The HTTP client of Microsoft's Java SDK lacks PATCH and sends a POST with
 * `X-HTTP-Method-Override: PATCH`. On other methods the header has no effect.
 */
export function effectiveMethod({ method = '', headers }: Pick<IncomingMessage, 'method' | 'headers'>): string {
  const override = headers['x-http-method-override'];
  if (method !== 'POST' || typeof override !== 'string' || override.trim() === '') return method;
  return override.trim().toUpperCase();
}
