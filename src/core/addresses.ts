import { isIPv4, isIPv6 } from 'node:net';

/**
 * Returns why `text` is not a bare host name, as the end of a sentence; undefined for a host name or an IPv4 address.
 * Never repeats the text.
 */
export function hostNameFault(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return 'it has a scheme (such as https://), which must be left out';
  if (/[\s\p{C}]/u.test(text)) return 'it has a blank or an invisible character';
  if (/[/\\?#]/.test(text)) return 'it has a path, which must be left out';
  if (text.includes('@')) return 'it has a user, which must be left out';
  if (/^[^:]*:\d*$/.test(text)) return 'it has a port, which must be left out';
  // Host names of containers may have underscores, although those of the Internet may not.
  if (!/^[a-z\d._-]+$/i.test(text)) return 'a host name has letters, digits, dots and dashes only';
  if (text.length > 253) return 'it is longer than 253 characters';
  return labelsFault(text.split('.'), text);
}

function labelsFault(labels: readonly string[], text: string): string | undefined {
  if (labels.includes('')) return 'it has one dot too many';
  if (labels.some((label) => label.length > 63)) return 'a part between dots is longer than 63 characters';
  if (labels.some((label) => label.startsWith('-') || label.endsWith('-'))) {
    return 'a part between dots begins or ends with a dash';
  }
  // Resolvers read such names as addresses in old notations: 1.2.3 means 1.2.0.3.
  if (/^(?:\d+|0x[\da-f]*)$/i.test(labels.at(-1) ?? '') && !isIPv4(text)) return 'it is not a complete IPv4 address';
  return undefined;
}

/**
 * Returns why the host in the text of a URL is invalid. The text itself is checked, since a URL parser completes addresses
 * and removes blanks.
 */
export function urlHostFault(text: string): string | undefined {
  const authority = /^[a-z][a-z\d+.-]*:\/\/([^/?#\\]*)/i.exec(text)?.[1];
  if (authority === undefined) return 'there is no host in it';
  const address = authority.slice(authority.lastIndexOf('@') + 1);
  const port = /:(\d*)$/.exec(address)?.[1];
  if (port !== undefined && port !== '' && !isPort(port)) return 'its port is not between 1 and 65535';
  const host = address.replace(/:\d*$/, '');
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1)) ? undefined : 'it is not an IPv6 address in brackets';
  // A name in another script is looked up in its ASCII form.
  const isAscii = /^[\u0000-\u007f]*$/.test(host); // oxlint-disable-line no-control-regex
  return hostNameFault(isAscii || !URL.canParse(`http://${host}`) ? host : new URL(`http://${host}`).hostname);
}

/** Returns why `text` is not `host:port`, where host is a name, an IPv4 address, or an IPv6 address in brackets. */
export function addressFault(text: string): string | undefined {
  const match = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(text);
  if (!match) return 'must be host:port';
  const [, host = '', port = ''] = match;
  if (!isPort(port)) return 'must be host:port with a port between 1 and 65535';
  if (host.startsWith('['))
    return isIPv6(host.slice(1, -1)) ? undefined : 'must be host:port; the IPv6 address is not one';
  const fault = hostNameFault(host);
  return fault === undefined ? undefined : `must be host:port; the host cannot be one: ${fault}`;
}

const isPort = (text: string): boolean => text.length <= 5 && Number(text) >= 1 && Number(text) <= 65_535;

/** The address of a ThingWorx server in each form that is needed. */
export interface ThingWorxAddress {
  /** `wss://host[:port]/Thingworx/WS` */
  readonly webSocketUrl: string;
  /** `https://host[:port]/Thingworx` */
  readonly restUrl: string;
  /** Whether TLS is used. */
  readonly isSecure: boolean;
}

/** Why an address is invalid: `message` says what is wrong, `hint` how to correct it. */
export interface AddressFault {
  readonly message: string;
  readonly hint: string;
}

const EXAMPLE = 'for example wss://thingworx.example.com/Thingworx/WS';
const PATHS = new Set(['', '/thingworx', '/thingworx/ws']);

/** Normalizes an address of ThingWorx: ws, wss, http or https; path empty, `/Thingworx` or `/Thingworx/WS`. */
export function parseThingWorxAddress(given: string): ThingWorxAddress | AddressFault {
  const text = given.trim();
  const url = /^(?:wss?|https?):\/\/[^/\\]/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return { message: 'must be a URL that begins with wss, https, ws or http', hint: EXAMPLE };
  if (url.username !== '' || url.password !== '') {
    return { message: 'must not hold a user or password', hint: 'the agent signs in with its application key' };
  }
  const hostFault = urlHostFault(text);
  if (hostFault !== undefined) return { message: `must name a host: ${hostFault}`, hint: EXAMPLE };
  if (url.search !== '' || url.hash !== '' || !PATHS.has(url.pathname.replace(/\/+$/, '').toLowerCase())) {
    return { message: 'must have the path /Thingworx/WS, /Thingworx or none', hint: EXAMPLE };
  }
  const isSecure = url.protocol === 'wss:' || url.protocol === 'https:';
  const suffix = isSecure ? 's' : '';
  return {
    webSocketUrl: `ws${suffix}://${url.host}/Thingworx/WS`,
    restUrl: `http${suffix}://${url.host}/Thingworx`,
    isSecure,
  };
}

/** Whether an address is invalid. */
export const isAddressFault = (address: ThingWorxAddress | AddressFault): address is AddressFault =>
  'message' in address;
