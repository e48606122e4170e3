import { urlHostFault } from './host-name.js';

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
