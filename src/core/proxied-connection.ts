import type { RequestOptions } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { openTunnel } from './proxy-tunnel.js';

export interface ProxiedConnectionOptions {
  /** URL of an HTTP proxy, optionally with user and password. */
  readonly proxy: string;
  /** Whether the server uses TLS. */
  readonly isSecure: boolean;
  /** How long TCP, the proxy and TLS may take together; by default 10,000. */
  readonly timeoutMs?: number;
}

/** The options of a request that its connection receives. */
export interface ConnectionRequest extends RequestOptions {
  /** Aborts the attempt to connect. Node.js does not pass on the signal of a request, and ends only open sockets by it. */
  readonly connectSignal?: ConnectSignal;
}

/**
 * The signal of the request that a connection is opened for; to be emptied when that request has ended. Node.js keeps
 * these options for as long as the connection lives, and would keep all that the reason of an abort refers to.
 */
export interface ConnectSignal {
  signal: AbortSignal | undefined;
}

/** The callback that Node.js passes to `createConnection` of a request and of an agent. */
type Connected = (error: Error | null, socket?: Socket) => void;

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Returns a `createConnection` that connects through an HTTP proxy with CONNECT. A connection that is not open in time, or
 * whose request has ended, is destroyed, so that none outlives its call.
 */
export function proxiedConnection(options: ProxiedConnectionOptions): NonNullable<RequestOptions['createConnection']> {
  const proxy = new URL(options.proxy);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const connect = (request: ConnectionRequest, connected: Connected): undefined => {
    const opening = new AbortController();
    const onAbort = (): void => opening.abort(new Error('the request has ended'));
    const timer = setTimeout(() => opening.abort(timedOut(timeoutMs)), timeoutMs);
    const signal = request.connectSignal?.signal;
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    open(proxy, options.isSecure, request, opening.signal)
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      })
      .then(
        (socket) => connected(null, socket),
        (error: Error) => connected(opening.signal.aborted ? (opening.signal.reason as Error) : error),
      );
  };
  return connect as NonNullable<RequestOptions['createConnection']>;
}

async function open(proxy: URL, isSecure: boolean, request: ConnectionRequest, signal: AbortSignal): Promise<Socket> {
  const host = String(request.host ?? request.hostname).replaceAll(/^\[|\]$/g, '');
  const tunnel = await openTunnel({ proxy, host, port: Number(request.port ?? (isSecure ? 443 : 80)), signal });
  return isSecure ? await secured(tunnel, host, request) : tunnel;
}

function secured(tunnel: Socket, host: string, request: ConnectionRequest): Promise<Socket> {
  const { host: _host, port: _port, path: _path, ...tls } = request as Record<string, unknown>;
  return new Promise((resolve, reject) => {
    const socket = connectSecure({ servername: isIP(host) ? '' : host, ...tls, socket: tunnel });
    const onClose = (): void => reject(reset());
    const onError = (error: Error): void => {
      tunnel.destroy();
      reject(error);
    };
    socket.once('error', onError).once('close', onClose);
    socket.once('secureConnect', () => {
      socket.off('error', onError).off('close', onClose);
      resolve(socket);
    });
  });
}

const reset = (): Error =>
  Object.assign(new Error('the connection was closed before TLS was established'), { code: 'ECONNRESET' });

const timedOut = (timeoutMs: number): Error =>
  Object.assign(new Error(`no connection through the proxy within ${timeoutMs / 1000} s`), { code: 'ETIMEDOUT' });
