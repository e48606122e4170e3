import type { IncomingHttpHeaders } from 'node:http';

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
