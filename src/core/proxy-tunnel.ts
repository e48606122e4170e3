import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { connect as connectSecure } from 'node:tls';
import { printable } from './printable.js';

export interface TunnelOptions {
  /** URL of the proxy, `http:` or `https:`, optionally with user and password. */
  readonly proxy: URL;
  /** The target of the tunnel: a host name or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Destroys the socket when it aborts, before or after the proxy has answered. */
  readonly signal: AbortSignal;
}

/** The limit of the HTTP parser of Node.js. A proxy that sends more does not speak HTTP. */
const MAX_HEADER_BYTES = 16_384;

const HEADER_END = '\r\n\r\n';

/** A longer status text explains nothing more. */
const MAX_STATUS_LENGTH = 120;

/**
 * Opens a connection through an HTTP proxy with CONNECT (RFC 9110, section 9.3.6) and resolves with the socket once the
 * proxy has accepted. The socket flows from the next turn of the event loop on, when the request that received it reads
 * from it. There is no time limit: the caller aborts `signal`.
 * @throws Error if the proxy cannot be reached, refuses, closes, or answers with something other than HTTP. The socket
 * has been destroyed by then.
 */
export function openTunnel({ proxy, host, port, signal }: TunnelOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = addAbortSignal(signal, connectTo(proxy));
    let header = '';
    const settle = (error: Error | undefined): void => {
      socket.off('data', onData).off('close', onClose).pause();
      if (error) {
        socket.destroy();
        return reject(error);
      }
      setImmediate(() => socket.resume());
      resolve(socket);
    };
    const onData = (data: Buffer): void => {
      header += data.toString('latin1');
      const end = header.indexOf(HEADER_END);
      if (Math.max(end, header.length - data.length) > MAX_HEADER_BYTES) {
        return settle(new Error(`the proxy answered CONNECT with a header of more than ${MAX_HEADER_BYTES} bytes`));
      }
      if (end < 0) return;
      const refusal = refusalIn(header.slice(0, end));
      const rest = header.slice(end + HEADER_END.length);
      settle(refusal);
      if (!refusal && rest !== '') socket.unshift(Buffer.from(rest, 'latin1'));
    };
    const onClose = (): void => settle(new Error('the proxy closed the connection before it answered CONNECT'));
    // Errors after the tunnel is open end the connection that uses it, which reports them.
    socket
      .on('error', (error) => settle(error))
      .on('data', onData)
      .on('close', onClose);
    socket.write(connectRequest(proxy, isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`));
  });
}

function connectTo(proxy: URL): Socket {
  const host = proxy.hostname.replaceAll(/^\[|\]$/g, '');
  if (proxy.protocol !== 'https:') return connectPlain({ host, port: Number(proxy.port || 80) });
  const servername = isIP(host) ? '' : host;
  return connectSecure({ host, port: Number(proxy.port || 443), servername });
}

function connectRequest({ username, password }: URL, authority: string): string {
  const credentials = `${decoded(username)}:${decoded(password)}`;
  const authorization =
    username || password ? [`Proxy-Authorization: Basic ${Buffer.from(credentials).toString('base64')}`] : [];
  return [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`, ...authorization, '', ''].join('\r\n');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refusalIn(header: string): Error | undefined {
  const [statusLine = ''] = header.split('\r\n', 1);
  const status = /^HTTP\/1\.\d (\d{3}(?: .*)?)$/.exec(statusLine)?.[1];
  if (status === undefined) return new Error('the proxy answered CONNECT with something other than HTTP');
  if (status.startsWith('2')) return undefined;
  return new Error(`the proxy answered CONNECT with ${printable(status).slice(0, MAX_STATUS_LENGTH)}`);
}
