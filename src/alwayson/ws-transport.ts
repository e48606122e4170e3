import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import { messageOf } from '../core/errors.js';
import { openTunnel } from '../core/proxy-tunnel.js';
import { MessageTurns } from './message-turns.js';
import type { Dial, Transport, TransportListener } from './transport.js';

export interface WsTransportOptions {
  readonly url: URL;
  /** Announced to the platform in the upgrade; the platform must not send larger messages. */
  readonly maxFrameBytes: number;
  /** A larger WebSocket message closes the connection (1009). */
  readonly maxPayloadBytes: number;
  /** Offers permessage-deflate. */
  readonly compression?: boolean;
  /** PEM; instead of the certificates that Node.js trusts. */
  readonly ca?: string | undefined;
  /** PEM; the client's own certificate and its key. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** URL of an HTTP proxy, used with CONNECT. May hold credentials: never logged. */
  readonly proxy?: string | undefined;
}

/** How long a closing handshake may take before the socket is dropped. */
const CLOSE_TIMEOUT_MS = 1_000;

/** The codes of a clean close: normal, going away, none, service restart. */
const CLEAN_CLOSE_CODES: ReadonlySet<number> = new Set([1000, 1001, 1005, 1012]);

/**
 * Connects by WebSocket [AO 1]. The application key is not sent as a header: AUTH carries it. An attempt has no time limit
 * of its own: the session ends it.
 */
export function wsDial(options: WsTransportOptions): Dial {
  return (listener) => {
    try {
      return new WsTransport(options, listener);
    } catch (error) {
      // A certificate or the URL of the proxy cannot be parsed.
      setImmediate(() => listener.onClose({ cause: messageOf(error), isClean: false }));
      return NO_TRANSPORT;
    }
  };
}

const NO_TRANSPORT: Transport = {
  bufferedBytes: 0,
  send: () => undefined,
  ping: () => undefined,
  close: () => undefined,
  terminate: () => undefined,
};

class WsTransport implements Transport {
  readonly #socket: WebSocket;
  /** Aborts the tunnel through a proxy, which the socket cannot end because it does not know of it. */
  readonly #opening = new AbortController();
  /** Under the WebSocket; known from the upgrade on. */
  #stream: Socket | undefined;
  #isCorked = false;
  #error: string | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  constructor(options: WsTransportOptions, listener: TransportListener) {
    this.#socket = openSocket(options, this.#opening.signal);
    const turns = new MessageTurns({
      deliver: (frame) => (frame ? listener.onFrame(frame) : listener.onText()),
      pause: () => this.#socket.pause(),
      resume: () => this.#socket.resume(),
    });
    let peerMaxFrameBytes: number | undefined;
    this.#socket
      .on('upgrade', (response) => {
        this.#stream = response.socket;
        peerMaxFrameBytes = maxFrameSizeOf(response);
      })
      .on('open', () =>
        listener.onOpen({
          isCompressed: this.#socket.extensions.includes('permessage-deflate'),
          ...(peerMaxFrameBytes !== undefined && { peerMaxFrameBytes }),
        }),
      )
      .on('message', (data, isBinary) => turns.push(isBinary ? (data as Buffer) : undefined))
      .on('pong', () => listener.onPong())
      .on('error', (error) => (this.#error ??= describe(error)))
      .on('close', (code, reason) => {
        clearTimeout(this.#closeTimer);
        this.#opening.abort();
        turns.flush();
        const isClean = this.#error === undefined && CLEAN_CLOSE_CODES.has(code);
        listener.onClose({ cause: this.#error ?? closeCause(code, reason.toString()), isClean });
      });
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#corkForThisTurn();
    // A failed write is followed by a close event, which reports it.
    this.#socket.send(frame, () => undefined);
  }

  /** Frames of one turn of the event loop leave in one system call: with 64 calls in flight, 9.3 instead of 11.4 µs a call. */
  #corkForThisTurn(): void {
    if (this.#isCorked || !this.#stream) return;
    this.#isCorked = true;
    this.#stream.cork();
    setImmediate(() => {
      this.#isCorked = false;
      this.#stream?.uncork();
    });
  }

  ping(payload: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping(payload, undefined, () => undefined);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.#closeTimer ??= setTimeout(() => this.#socket.terminate(), CLOSE_TIMEOUT_MS);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

function openSocket(options: WsTransportOptions, signal: AbortSignal): WebSocket {
  const { proxy } = options;
  return new WebSocket(options.url, {
    headers: { 'User-Agent': 'thingworx-iothub-agent', 'Max-Frame-Size': String(options.maxFrameBytes) },
    perMessageDeflate: options.compression ?? false,
    maxPayload: options.maxPayloadBytes,
    followRedirects: false,
    ca: options.ca,
    cert: options.clientCertificate,
    key: options.clientKey,
    ...(proxy !== undefined && { createConnection: throughProxy(new URL(proxy), options, signal) }),
  });
}

/** The callback that `http.request` passes to its option `createConnection`. */
type Connected = (error: Error | null, socket?: Socket) => void;

function throughProxy(
  proxy: URL,
  { url, ca, clientCertificate, clientKey }: WsTransportOptions,
  signal: AbortSignal,
): NonNullable<ClientOptions['createConnection']> {
  const isSecure = url.protocol === 'wss:';
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  const port = Number(url.port || (isSecure ? 443 : 80));
  const create = (_options: unknown, connected: Connected): undefined => {
    openTunnel({ proxy, host, port, signal }).then(
      (tunnel) => connected(null, isSecure ? secured(tunnel) : tunnel),
      (error: Error) => connected(error),
    );
  };
  const secured = (socket: Socket): Socket =>
    connectSecure({ socket, host, servername: isIP(host) ? '' : host, ca, cert: clientCertificate, key: clientKey });
  return create as unknown as NonNullable<ClientOptions['createConnection']>;
}

function maxFrameSizeOf(response: IncomingMessage): number | undefined {
  const size = Number(response.headers['max-frame-size'] ?? Number.NaN);
  return Number.isInteger(size) && size > 0 ? size : undefined;
}

function describe(error: Error & { readonly code?: string }): string {
  // If several addresses failed, the error is an AggregateError without a message of its own.
  const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined;
  return first?.message || error.message || (error.code ?? error.name);
}

function closeCause(code: number, reason: string): string {
  // 1005 and 1006 are never sent: they mean a close without a code, and no close at all.
  if (code === 1006) return 'the connection broke';
  const what = code === 1005 ? 'closed by the platform' : `closed by the platform with ${code}`;
  // A reason has at most 123 bytes (RFC 6455, section 5.5). It is not cut: half a secret would not be recognized.
  return reason ? `${what} (${reason})` : what;
}
