import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { AgentError } from '../core/errors.js';

export interface EndpointOptions {
  /** As in the connection string; with a port if that has one. */
  readonly hostName: string;
  /** `host:port` to connect to instead; the certificate is still checked for the host name. */
  readonly address?: string;
  /** PEM of the CAs to trust instead of the system's. */
  readonly ca?: string;
  /** URL of an HTTP proxy. */
  readonly proxy?: string;
}

/** What goes with one request through the SDK's client to this builder. */
export interface RequestExtras {
  readonly signal: AbortSignal;
  /** Receives the body of a response with a good status; the SDK, which would change digits in it, gets none. */
  readonly onBody?: (text: string) => void;
}

type Done = (error: Error | null, body?: string, response?: IncomingMessage) => void;

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const IDLE_SOCKET_MS = 20_000;
const MAX_SOCKETS = 128;
const MAX_IDLE_SOCKETS = 32;

/**
 * Builds requests for the SDK's REST client in place of its own builder, whose requests cannot be ended, which decodes
 * text chunk by chunk (and so breaks characters that lie across two) and which knows no other port, CA or proxy.
 */
export class HttpsRequests {
  readonly #agent: Agent | HttpsProxyAgent<string>;
  readonly #target: RequestOptions;
  readonly #hostName: string;

  constructor(options: EndpointOptions) {
    const pool = {
      keepAlive: true,
      keepAliveMsecs: 10_000,
      maxSockets: MAX_SOCKETS,
      maxFreeSockets: MAX_IDLE_SOCKETS,
      timeout: IDLE_SOCKET_MS,
    };
    this.#agent = options.proxy === undefined ? new Agent(pool) : new HttpsProxyAgent(options.proxy, pool);
    this.#hostName = options.hostName;
    this.#target = targetOf(options);
  }

  /** Called by the SDK's RestApiClient with host, extras (when there are any) and callback at the end. The callback is called once, whatever happens. */
  buildRequest(method: string, path: string, headers: object, ...rest: unknown[]): ClientRequest {
    const done = once(rest.at(-1) as Done);
    const extras = rest.length > 2 ? (rest[1] as RequestExtras) : undefined;
    const request = secureRequest({
      ...this.#target,
      method,
      path,
      agent: this.#agent,
      headers: { ...headers, host: this.#hostName } as Record<string, string>,
      ...(extras ? { signal: extras.signal } : {}),
    });
    request.on('response', (response: IncomingMessage) => collect(response, done, extras?.onBody));
    request.on('error', (error) => done(error));
    return request;
  }

  /** The SDK sets an agent of its own with it; ours stays. */
  setOptions(): void {}

  /** Ends the idle connections. */
  close(): void {
    this.#agent.destroy();
  }
}

function collect(response: IncomingMessage, done: Done, onBody?: (text: string) => void): void {
  const parts: Buffer[] = [];
  let size = 0;
  response.on('data', (part: Buffer) => {
    size += part.length;
    parts.push(part);
    if (size > MAX_BODY_BYTES) response.destroy(new Error('the answer of the hub is too long'));
  });
  response.on('end', () => {
    const isError = (response.statusCode ?? 0) >= 300;
    const text = Buffer.concat(parts, size).toString('utf8');
    if (isError) return done(new Error(response.statusMessage ?? ''), text, response);
    onBody?.(text);
    done(null, onBody ? '' : text, response);
  });
  response.on('error', (error) => done(error));
  response.on('close', () => done(Object.assign(new Error('the answer was cut off'), { code: 'ECONNRESET' })));
}

/** Address, name and trust of every request. */
function targetOf(options: EndpointOptions): RequestOptions {
  const name = splitAddress(options.hostName);
  const to = options.address === undefined ? name : splitAddress(options.address);
  return {
    // Said outright: otherwise the proxy's agent guesses it from the call stack, and never finds its idle sockets again.
    protocol: 'https:',
    host: to.host,
    port: to.port ?? 443,
    servername: isIP(name.host) ? '' : name.host,
    checkServerIdentity: (_servername, certificate) => checkServerIdentity(name.host, certificate),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
}

/** Takes `host`, `host:port` or `[v6]:port` apart. */
export function splitAddress(address: string): { readonly host: string; readonly port?: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/\s[\]]+))(?::(\d{1,5}))?$/.exec(address.trim());
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw new AgentError('ConfigurationInvalid', `\`${address}\` is not host:port.`);
  return match?.[3] === undefined ? { host } : { host, port: Number(match[3]) };
}

function once(done: Done): Done {
  let isDone = false;
  return (...result) => {
    if (isDone) return;
    isDone = true;
    done(...result);
  };
}
