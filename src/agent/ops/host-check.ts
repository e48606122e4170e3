import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** `name`, `name:port`, `[IPv6]` or `[IPv6]:port` (RFC 9110, section 7.2). */
const HOST = /^(?:\[([\da-f:.]+)\]|([^\s:@/[\]]+))(?::\d{1,5})?$/i;

/**
 * Whether a request was meant for this server: exactly one Host header, with an IP address, `localhost` or the name that
 * the server listens on. A web page that has its own name resolve to this machine (DNS rebinding) sends its own name.
 */
export function isMeantFor(listenHost: string, request: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  const values = request.rawHeaders.filter((_, index, all) => index % 2 === 1 && isHostHeader(all[index - 1]));
  const [, ipv6, name] = HOST.exec(values.length === 1 ? (values[0] ?? '') : '') ?? [];
  if (ipv6 !== undefined) return isIP(ipv6) === 6;
  if (name === undefined) return false;
  const lower = name.toLowerCase();
  return isIP(name) === 4 || lower === 'localhost' || lower === listenHost.toLowerCase();
}

const isHostHeader = (name: string | undefined): boolean => name?.toLowerCase() === 'host';
