import { AgentError } from '../core/errors.js';

const PATH = '/Thingworx/WS';

/**
 * The WebSocket address (protocol notes 1.1) for any of the forms in which people write the address of a ThingWorx:
 * `ws`, `wss`, `http` or `https`; path empty, `/Thingworx` or `/Thingworx/WS`.
 * @throws AgentError ConfigurationInvalid for other schemes and paths, for an address with credentials or query, and
 * for an unencrypted one unless `allowInsecure`.
 */
export function webSocketUrl(text: string, options: { readonly allowInsecure?: boolean } = {}): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol))
    throw invalid('must be an address that begins with wss:// or https:// (or ws:// or http:// with allowInsecure)');
  if (url.username || url.password || url.search || url.hash)
    throw invalid('must hold no user, password, query or fragment; the application key has an option of its own');
  if (!['', '/thingworx', '/thingworx/ws'].includes(url.pathname.replace(/\/+$/, '').toLowerCase()))
    throw invalid(`must have no path, or /Thingworx, or ${PATH}`);
  const isSecure = url.protocol === 'wss:' || url.protocol === 'https:';
  if (!isSecure && !options.allowInsecure)
    throw invalid('is not encrypted: use wss://, or set allowInsecure if the application key may be read on the way');
  return new URL(`${isSecure ? 'wss' : 'ws'}://${url.host}${PATH}`);
}

function invalid(what: string): AgentError {
  return new AgentError('ConfigurationInvalid', `The ThingWorx URL ${what}.`);
}
