import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type RawData, WebSocketServer } from 'ws';
import { PlatformEnd, type PlatformPolicy, policy } from './platform-end.js';

/** A server that accepts connections and then falls silent or misbehaves at one point. */
export interface SilentEnd {
  readonly port: number;
  /** Connections that are open. */
  readonly open: ReadonlySet<Socket>;
  /** Resolves once this many connections have been made since the start. */
  connections(count: number): Promise<void>;
  /** Resolves once no connection is open. */
  allClosed(): Promise<void>;
  close(): Promise<void>;
}

/** What such a server does with a connection. */
export type Behaviour = (socket: Socket) => void;

const DRIP_MS = 15;

/** Serves every TCP connection by `behave`. */
export async function startSilentEnd(behave: Behaviour): Promise<SilentEnd> {
  const open = new Set<Socket>();
  const made: Socket[] = [];
  const server = createServer((socket) => {
    made.push(socket);
    open.add(socket);
    socket
      .on('error', () => undefined)
      .on('close', () => {
        open.delete(socket);
        server.emit('changed');
      });
    behave(socket);
    server.emit('changed');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    open,
    async connections(count) {
      while (made.length < count) await once(server, 'changed');
    },
    async allClosed() {
      while (open.size > 0) await once(server, 'changed');
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Reads, and sends nothing. */
export const saysNothing: Behaviour = (socket) => void socket.resume();

/** Sends one text as soon as something has arrived, then nothing more. */
export const sends =
  (text: string): Behaviour =>
  (socket) =>
    void socket.once('data', () => socket.write(text));

/** Sends `next(index)` again and again, at short intervals. */
export const drips =
  (next: (index: number) => string | Buffer): Behaviour =>
  (socket) =>
    void socket.once('data', () => {
      let index = 0;
      const timer = setInterval(() => socket.write(next(index++)), DRIP_MS);
      socket.on('close', () => clearInterval(timer));
    });

/** Sends `chunk` as fast as the other end reads it. */
export const floods =
  (chunk: string): Behaviour =>
  (socket) =>
    void socket.once('data', () => {
      const pump = (): void => {
        if (!socket.destroyed && socket.write(chunk)) setImmediate(pump);
      };
      socket.on('drain', pump);
      pump();
    });

/** Accepts CONNECT, then behaves in this way. */
export const afterConnect =
  (behave: Behaviour): Behaviour =>
  (socket) =>
    void socket.once('data', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      behave(socket);
    });

const UPGRADE_ANSWER = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Padding: ';

/** Sends the answer to an upgrade one byte at a time, without an end. */
export const dripsUpgrade: Behaviour = drips((index) => UPGRADE_ANSWER[index] ?? 'x');

/** Sends a TLS record that announces 16 KiB of handshake, one byte at a time. */
export const dripsTls: Behaviour = drips((index) =>
  Buffer.from([[0x16, 3, 3, 0x3f, 0xff, 2, 0, 0x3f, 0xf0][index] ?? 3]),
);

/** Completes upgrades, and answers AUTH and BIND by its policy and pings if asked to. */
export function speaks(changes: Partial<PlatformPolicy>, answersPings = true): Behaviour {
  const server = createHttpServer();
  const made = policy(changes);
  new WebSocketServer({ server, autoPong: answersPings }).on('connection', (webSocket) => {
    const end = new PlatformEnd(made, (frame) => webSocket.send(frame));
    webSocket.on('message', (data: RawData) => end.onFrame(data as Buffer)).on('error', () => undefined);
  });
  return (socket) => void server.emit('connection', socket);
}
