import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyPair } from './policies.js';

/** The fields of a shared access signature [HUB A.2], not verified yet. */
export interface SasToken {
  /** The resource exactly as in the token, percent-encoding included, because that is what was signed. */
  readonly sr: string;
  readonly signature: string;
  /** Seconds since 1970, as text, because that is what was signed. */
  readonly se: string;
  /** The policy; undefined for the token of a device. */
  readonly skn: string | undefined;
}

const SCHEME = 'SharedAccessSignature ';
const MAX_TOKEN_LENGTH = 4096;

/** Reads a token; the order of its fields differs between SDKs. Undefined if it is not one. */
export function parseSasToken(text: string): SasToken | undefined {
  if (text.length > MAX_TOKEN_LENGTH || !text.startsWith(SCHEME)) return undefined;
  const fields = new Map<string, string>();
  for (const part of text.slice(SCHEME.length).trim().split('&')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals);
    if (equals <= 0 || fields.has(name)) return undefined;
    fields.set(name, part.slice(equals + 1));
  }
  const [sr, se] = [fields.get('sr'), fields.get('se')];
  const [signature, skn] = [decode(fields.get('sig')), decode(fields.get('skn'))];
  if (!sr || !se || !signature || !/^\d{1,12}$/u.test(se)) return undefined;
  return { sr, se, signature, skn: skn === '' ? undefined : skn };
}

/** Whether one of the two keys created the signature. Both are always checked, in constant time. */
export function isSignedBy(token: SasToken, keys: KeyPair): boolean {
  const given = Buffer.from(token.signature, 'utf8');
  const matches = [keys.primaryKey, keys.secondaryKey].map((key) => {
    const expected = Buffer.from(sign(key, token.sr, token.se), 'utf8');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return matches.includes(true);
}

/** No clock skew is allowed, because both ends of a sandbox share a clock. */
export const isExpired = (token: SasToken, nowMs: number): boolean => Number(token.se) * 1000 <= nowMs;

/**
 * Whether the token's resource covers `path` of one of `hostNames`: the host alone or with a port, then a prefix of the
 * path that ends at a slash; raw or percent-encoded, compared without case.
 */
export function covers(token: SasToken, hostNames: readonly string[], path: string): boolean {
  const resource = decode(token.sr)?.toLowerCase().replace(/\/+$/u, '');
  if (resource === undefined) return false;
  const slash = resource.indexOf('/');
  const authority = slash < 0 ? resource : resource.slice(0, slash);
  const host = authority.replace(/:\d{1,5}$/u, '');
  if (!hostNames.some((name) => name.toLowerCase() === host)) return false;
  return slash < 0 || `${path.toLowerCase()}/`.startsWith(`${resource.slice(slash)}/`);
}

/** A token for tests and for the sandbox's own calls. */
export function makeSasToken(options: {
  readonly resource: string;
  readonly key: string;
  readonly expirySeconds: number;
  readonly policy?: string;
}): string {
  const sr = encodeURIComponent(options.resource);
  const signature = encodeURIComponent(sign(options.key, sr, String(options.expirySeconds)));
  const skn = options.policy === undefined ? '' : `&skn=${encodeURIComponent(options.policy)}`;
  return `${SCHEME}sr=${sr}&sig=${signature}&se=${options.expirySeconds}${skn}`;
}

const sign = (key: string, sr: string, se: string): string =>
  createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
