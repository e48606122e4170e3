import { urlHostFault } from '../../core/addresses.js';

export interface ProxyFault {
  readonly message: string;
  readonly hint?: string;
}

const ENCODE = 'write special characters in user and password as %XX, such as %23 for # and %40 for @';

/** Why a string is not the URL of an HTTP proxy; undefined if it is. Never repeats any of the text. */
export function proxyFault(text: string): ProxyFault | undefined {
  if (!/^https?:\/\/[^/\\]/i.test(text)) {
    return { message: 'must be the URL of an HTTP proxy, such as http://proxy:3128' };
  }
  if (/[\s\p{Cc}\\]/u.test(text)) return { message: 'must not contain white space or backslashes', hint: ENCODE };
  if (!URL.canParse(text)) return { message: 'is not a valid URL', hint: ENCODE };
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

/** Whether a proxy URL has a user or password; true for text that cannot be parsed, because it may contain one. */
export function hasProxyCredentials(text: string): boolean {
  if (proxyFault(text) !== undefined) return true;
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}

/** A proxy URL with user and password masked; text that cannot be parsed is masked as a whole. */
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
