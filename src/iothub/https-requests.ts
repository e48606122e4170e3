import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, type TLSSocket } from 'node:tls';
import type { CallContext } from '../core/call-context.js';
import { AgentError } from '../core/errors.js';
import { type ConnectionRequest, type ConnectSignal, proxiedConnection } from '../core/proxied-connection.js';
import { BodyBudget } from './body-budget.js';
import { isRefusal, readBody } from './read-body.js';

export interface EndpointOptions {
  /** The host name of the connection string, with a port if it has one. */
  readonly hostName: string;
  /** `host:port` to connect to instead; the certificate is still checked for the host name. */
  readonly address?: string;
  /** PEM of the authorities to trust instead of those of Node.js. */
  readonly ca?: string;
  /** URL of an HTTP proxy. */
  readonly proxy?: string;
}

/** What the SDK's client passes to this builder with each request. */
export interface RequestExtras {
  readonly context: Pick<CallContext, 'onAbort' | 'signal'>;
  /**
   * Receives the text of a successful response, which counts against the budget of the hub until the promise settles. The
   * SDK receives an empty body, since it would change the digits of large numbers.
   */
  readonly onBody: (text: string) => Promise<void>;
  /** Called when the request has an open connection. Until then, nothing has been sent. */
  readonly onConnected: () => void;
}

type Done = (error: Error | null, body?: string, response?: IncomingMessage) => void;

const IDLE_SOCKET_MS = 20_000;
const MAX_SOCKETS = 128;
const MAX_IDLE_SOCKETS = 32;

/**
 * Builds requests for the SDK's REST client. Its own builder cannot abort requests, decodes each chunk by itself (which
 * breaks characters that span two), and supports no other port, CA or proxy.
 */
export class HttpsRequests {
  readonly #agent: Agent;
  readonly #budget = new BodyBudget();
  readonly #target: RequestOptions;
  readonly #hostName: string;
  readonly #isProxied: boolean;

  constructor(options: EndpointOptions) {
    const pool = {
      keepAlive: true,
      keepAliveMsecs: 10_000,
      maxSockets: MAX_SOCKETS,
      maxFreeSockets: MAX_IDLE_SOCKETS,
      timeout: IDLE_SOCKET_MS,
    };
    this.#agent = new Agent(pool);
    // All requests have the same target. Node.js would build its key from all options, the CA too, several times a request.
    Object.assign(this.#agent, { getName: () => options.hostName });
    if (options.proxy !== undefined)
      Object.assign(this.#agent, {
        createConnection: proxiedConnection({ proxy: options.proxy, isSecure: true }),
      });
    this.#hostName = options.hostName;
    this.#isProxied = options.proxy !== undefined;
    this.#target = targetOf(options);
  }

  /**
   * Called by the SDK's RestApiClient, with host, extras and callback as the last arguments. The callback is called exactly
   * once, at the latest when the context of the extras aborts.
   */
  buildRequest(method: string, path: string, headers: object, ...rest: unknown[]): ClientRequest {
    const [, extras, callback] = rest as [host: string, extras: RequestExtras, done: Done];
    const { context } = extras;
    // Reading the signal creates it, and only a connection through a proxy needs it.
    const connectSignal: ConnectSignal = { signal: this.#isProxied ? context.signal : undefined };
    const options: ConnectionRequest = {
      ...this.#target,
      method,
      path,
      agent: this.#agent,
      headers: { ...headers, host: this.#hostName } as Record<string, string>,
      connectSignal,
    };
    const request = secureRequest(options);
    let leave: (() => void) | undefined;
    const done = once((...result) => {
      leave?.();
      connectSignal.signal = undefined;
      callback(...result);
    });
    // The option `signal` of Node.js would listen for the end of the stream too, which takes 10 µs a request.
    leave = context.onAbort(() => {
      this.#forget(request);
      done(new Error('the request was aborted'));
      request.destroy();
    });
    request.once('socket', (socket) => onceConnected(socket as TLSSocket, extras.onConnected));
    request.on('response', (response: IncomingMessage) => void this.#receive(response, extras, done));
    request.on('error', (error) => done(error));
    return request;
  }

  /** Called by the SDK to set an agent of its own, which is not used. */
  setOptions(): void {}

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #receive(response: IncomingMessage, extras: RequestExtras, done: Done): Promise<void> {
    try {
      const { text, release } = await readBody(response, this.#budget);
      try {
        if (isRefusal(response)) return done(new Error(response.statusMessage ?? ''), text, response);
        await extras.onBody(text);
      } finally {
        release();
      }
      done(null, '', response);
    } catch (error) {
      done(error as Error);
    }
  }

  /** Removes an aborted request, which Node.js would keep in the queue of the agent until a connection is free. */
  #forget(request: ClientRequest): void {
    for (const queue of Object.values(this.#agent.requests)) {
      const index = queue?.indexOf(request) ?? -1;
      if (index >= 0) queue?.splice(index, 1);
    }
  }
}

/** Calls `onConnected` once the socket is open. A reused socket, or one through a proxy, is open already. */
function onceConnected(socket: TLSSocket, onConnected: () => void): void {
  if (socket.connecting) socket.once('secureConnect', onConnected);
  else onConnected();
}

/** Returns the options that all requests share: address, server name and trusted authorities. */
function targetOf(options: EndpointOptions): RequestOptions {
  const name = splitAddress(options.hostName);
  const to = options.address === undefined ? name : splitAddress(options.address);
  return {
    host: to.host,
    port: to.port ?? 443,
    servername: isIP(name.host) ? '' : name.host,
    checkServerIdentity: (_servername, certificate) => checkServerIdentity(name.host, certificate),
    ...(options.ca !== undefined && { ca: options.ca }),
  };
}

/** Splits `host`, `host:port` or `[v6]:port`. @throws AgentError `ConfigurationInvalid`. */
export function splitAddress(address: string): { readonly host: string; readonly port?: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/\s[\]]+))(?::(\d{1,5}))?$/.exec(address.trim());
  const host = match?.[1] ?? match?.[2];
  if (host === undefined)
    throw new AgentError(
      'ConfigurationInvalid',
      `\`${address}\` is not host:port; write a host name, or a host name and a port such as hub.example.com:443.`,
    );
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
