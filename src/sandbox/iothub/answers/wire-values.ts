import type { IncomingHttpHeaders } from 'node:http';

/** The service's time of "never". */
export const NEVER = '0001-01-01T00:00:00Z';

/** Milliseconds since 1970 as the service writes times: UTC with seven decimals. `undefined` is "never". */
export function wireTime(ms: number | undefined): string {
  return ms === undefined ? NEVER : new Date(ms).toISOString().replace('Z', '0000Z');
}

/** An ETag of the service: a counter as eight bytes, big-endian, in base64 (`AAAAAAAAAAc=` is 7). */
export function etagOf(counter: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(counter));
  return bytes.toString('base64');
}

/** The condition in an `If-Match` header. The SDKs quote every value, `*` included. */
export type Match = { readonly kind: 'absent' } | { readonly kind: 'any' } | { readonly kind: 'etag'; etag: string };

export function readIfMatch(headers: IncomingHttpHeaders): Match {
  const header = headers['if-match'];
  if (header === undefined || header.trim() === '') return { kind: 'absent' };
  return matchOf(header);
}

/** The condition in a body, as bulk operations send it. */
export function matchOf(text: string): Match {
  const etag = text
    .trim()
    .replace(/^W\//u, '')
    .replace(/^"(.*)"$/u, '$1');
  return etag === '*' ? { kind: 'any' } : { kind: 'etag', etag };
}

/** Whether something with `etag` satisfies the condition. */
export const isMatch = (match: Match, etag: string): boolean => match.kind !== 'etag' || match.etag === etag;

/** At most 15 digits, which a double represents exactly. */
const DIGITS = /^\s*[+-]?\d{1,15}\s*$/u;

/**
 * Reads a whole number that may be text: the service accepts `"30"` for 30, and the Azure CLI sends its default
 * timeouts like that [HUB A.1]. Undefined for everything else.
 */
export function readWholeNumber(given: unknown): number | undefined {
  if (typeof given === 'number') return Number.isSafeInteger(given) ? given : undefined;
  return typeof given === 'string' && DIGITS.test(given) ? Number(given) : undefined;
}
