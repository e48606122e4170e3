import { urlHostFault } from '../../core/host-name.js';

export interface ProxyFault {
  readonly message: string;
  readonly hint?: string;
}

const ENCODE = 'write special characters in user and password as %XX, such as %23 for # and %40 for @';

/** Why a text cannot be the URL of an HTTP proxy; undefined when it can. Never repeats any of it. */
export function proxyFault(text: string): ProxyFault | undefined {
  if (!/^https?:\/\/[^/\\]/i.test(text)) {
    return { message: 'must be the URL of an HTTP proxy, such as http://proxy:3128' };
  }
  if (/[\s\p{Cc}\\]/u.test(text)) return { message: 'must not have blanks or backslashes', hint: ENCODE };
  if (!URL.canParse(text)) return { message: 'cannot be read as a URL', hint: ENCODE };
  const url = new URL(text);
  if (url.search !== '' || url.hash !== '' || url.pathname !== '/') {
    return { message: 'must have neither path nor query', hint: ENCODE };
  }
  const hostFault = urlHostFault(text);
  if (hostFault !== undefined) return { message: `must name a host: ${hostFault}` };
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    return {
      message: 'has a % in user or password that is not followed by two hexadecimal digits',
      hint: 'write %25 for %',
    };
  }
  return undefined;
}

/** Whether a proxy has a user or password; what cannot be read as a proxy may have. */
export function hasProxyCredentials(text: string): boolean {
  if (proxyFault(text) !== undefined) return true;
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}

/** A proxy that may be shown: without user and password, and all of it masked where it cannot be read as a proxy. */
export function maskProxy(text: string, mask: string): string {
  if (proxyFault(text) !== undefined) return mask;
  if (!hasProxyCredentials(text)) return text;
  const { protocol, host } = new URL(text);
  return `${protocol}//${mask}@${host}`;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
