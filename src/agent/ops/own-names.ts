import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** What the admin server may be called in the Host header of a request. */
export interface OwnNames {
  /** `admin.host`. */
  readonly listenHost: string;
  /** The address that the server listens on. */
  readonly address: string;
  /** `console.publicUrl`. */
  readonly publicUrl?: string | undefined;
}

/** `name`, `name:port`, `[IPv6]` or `[IPv6]:port` (RFC 9110, section 7.2). */
const HOST = /^(?:\[([\da-f:.]+)\]|([^\s:@/[\]]+))(?::\d{1,5})?$/i;

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Whether a request was meant for this server: exactly one Host header, with `localhost`, the address or the name that the
 * server listens on, the name of its public URL or, if it listens on all addresses, any IP address. A web page whose own
 * name resolves to this machine (DNS rebinding) sends that name.
 */
export function isMeantFor(names: OwnNames, request: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  const host = hostOf(request);
  if (host === undefined) return false;
  const name = nameIn(host);
  if (name === undefined) return false;
  const { listenHost, address, publicUrl } = names;
  if (name === 'localhost' || name === canonical(listenHost) || name === canonical(address)) return true;
  if (publicUrl !== undefined && name === canonical(new URL(publicUrl).hostname)) return true;
  return WILDCARDS.has(address) && isIP(name) !== 0;
}

/** Whether the page that sent a request came from this server. `request` must be meant for it. */
export function isOwnOrigin(names: OwnNames, request: Pick<IncomingMessage, 'rawHeaders'>, origin: string): boolean {
  if (names.publicUrl !== undefined && origin === new URL(names.publicUrl).origin) return true;
  return origin.toLowerCase() === `http://${hostOf(request)?.toLowerCase().replace(/:80$/, '')}`;
}

/** The only Host header of a request. */
function hostOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): string | undefined {
  const values = rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === 'host');
  return values.length === 1 ? values[0] : undefined;
}

/** The name in a Host header without its port, in lower case; undefined for anything that is not of its form. */
function nameIn(host: string): string | undefined {
  const [, ipv6, name] = HOST.exec(host) ?? [];
  if (ipv6 !== undefined) return isIP(ipv6) === 6 ? canonical(ipv6) : undefined;
  return name?.toLowerCase();
}

/** Without brackets, in lower case; IPv6 addresses in their shortest form. */
function canonical(name: string): string {
  const bare = name.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 6 ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare.toLowerCase();
}
