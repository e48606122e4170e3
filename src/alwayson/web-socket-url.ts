import { AgentError } from '../core/errors.js';

const PATH = '/Thingworx/WS';

/**
 * Returns the WebSocket address [AO 1.1] for any form in which people write the address of a ThingWorx server:
 * `ws`, `wss`, `http` or `https`; path empty, `/Thingworx` or `/Thingworx/WS`.
 * @throws AgentError ConfigurationInvalid for other schemes and paths, for an address with credentials or query, and
 * for an unencrypted one unless `allowInsecure`.
 */
export function webSocketUrl(text: string, options: { readonly allowInsecure?: boolean } = {}): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol))
    throw invalid('must be an address that begins with wss:// or https:// (or ws:// or http:// with allowInsecure)');
  if (url.username || url.password || url.search || url.hash)
    throw invalid('must have no user, password, query or fragment; set the application key by its own option');
  if (!['', '/thingworx', '/thingworx/ws'].includes(url.pathname.replace(/\/+$/, '').toLowerCase()))
    throw invalid(`must have no path, or the path /Thingworx or ${PATH}`);
  const isSecure = url.protocol === 'wss:' || url.protocol === 'https:';
  if (!isSecure && !options.allowInsecure)
    throw invalid(
      'is not encrypted; use wss://, or set allowInsecure if others may read the application key in transit',
    );
  return new URL(`${isSecure ? 'wss' : 'ws'}://${url.host}${PATH}`);
}

function invalid(what: string): AgentError {
  return new AgentError('ConfigurationInvalid', `The ThingWorx URL ${what}.`);
}
