import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { PlatformEnd, type PlatformPolicy, policy } from './platform-end.js';

export interface SocketPlatformOptions {
  readonly policy?: Partial<PlatformPolicy>;
  readonly port?: number;
  readonly perMessageDeflate?: boolean;
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

/** A platform on a real socket, scripted by its policy. */
export class SocketPlatform {
  readonly policy: PlatformPolicy;
  readonly ends: PlatformEnd[] = [];
  readonly upgrades: IncomingMessage[] = [];
  readonly sockets = new Set<Socket>();
  readonly events = new EventEmitter();
  readonly #server: Server;
  readonly #wss: WebSocketServer;

  private constructor(server: Server, wss: WebSocketServer, platformPolicy: PlatformPolicy) {
    this.policy = platformPolicy;
    this.#server = server;
    this.#wss = wss;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    wss.on('connection', (socket, request) => this.#accept(socket, request));
  }

  static async start(options: SocketPlatformOptions = {}): Promise<SocketPlatform> {
    const { tls } = options;
    const server = tls
      ? createTlsServer({
          cert: tls.cert,
          key: tls.key,
          ...(tls.clientCa && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
        })
      : createServer();
    const wsOptions: ServerOptions = {
      server,
      path: '/Thingworx/WS',
      perMessageDeflate: options.perMessageDeflate ?? false,
    };
    const platform = new SocketPlatform(server, new WebSocketServer(wsOptions), policy(options.policy));
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    return platform;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The newest connection. */
  get end(): PlatformEnd {
    return this.ends.at(-1) as PlatformEnd;
  }

  async nextEnd(): Promise<PlatformEnd> {
    const [end] = (await once(this.events, 'connection')) as [PlatformEnd];
    return end;
  }

  /** Closes every connection with this code, in good order. */
  closeAll(code: number): void {
    for (const client of this.#wss.clients) client.close(code);
  }

  /** Drops every connection and stops listening. */
  async kill(): Promise<void> {
    for (const client of this.#wss.clients) client.terminate();
    for (const socket of this.sockets) socket.destroy();
    this.#wss.close();
    const isClosed = once(this.#server, 'close');
    this.#server.close();
    await isClosed;
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    const end = new PlatformEnd(this.policy, (frame) => socket.send(frame));
    socket
      .on('message', (data) => end.onFrame(data as Buffer))
      .on('ping', (payload) => end.onPing(payload.toString()))
      .on('error', () => undefined)
      .on('close', (code) => end.onClose(code));
    this.upgrades.push(request);
    this.ends.push(end);
    this.events.emit('connection', end);
  }
}
