import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Certificates } from '../../src/sandbox/certificates.js';

/** A server that misbehaves on every connection. */
export interface BadServer {
  /** `host:port` */
  readonly address: string;
  readonly port: number;
  /** How many connections have been made in all. */
  readonly accepted: number;
  /** How many connections are open now. */
  readonly open: number;
  /** Resolves once no connection is open. */
  whenClosed(): Promise<void>;
  close(): Promise<void>;
}

/** What a server does with a connection, once TLS is established if it speaks TLS. */
export type Behaviour = (socket: Socket) => void;

/** Writes `text` byte by byte, and then `more` for ever. */
export const drip =
  (text: string, more: string): Behaviour =>
  (socket) => {
    let at = 0;
    const timer = setInterval(() => {
      socket.write(at < text.length ? text.charAt(at) : more);
      at += 1;
    }, 2);
    socket.on('close', () => clearInterval(timer));
  };

/** Writes `head`, then `part` for as long as the other end reads. */
export const flood =
  (head: string, part: string | Buffer): Behaviour =>
  (socket) => {
    socket.write(head);
    const write = (): void => {
      while (!socket.destroyed && socket.write(part));
    };
    socket.on('drain', write);
    write();
  };

/** Sends nothing. */
export const silent: Behaviour = () => undefined;

/** Waits for the end of a request head before it does `then`. */
export const afterRequest =
  (then: Behaviour): Behaviour =>
  (socket) => {
    let head = '';
    const onData = (data: Buffer): void => {
      head += data.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      socket.resume();
      then(socket);
    };
    socket.on('data', onData);
  };

/** @param certificates for a server that speaks TLS. */
export async function startBadServer(behaviour: Behaviour, certificates?: Certificates): Promise<BadServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const onConnection = (socket: Socket | TLSSocket): void => {
    socket.on('error', () => undefined);
    behaviour(socket);
    // Without a reader, the end of the connection would not be detected.
    socket.resume();
  };
  const server: Server = certificates
    ? createTlsServer({ key: certificates.keyPem, cert: certificates.certPem }, onConnection)
    : createTcpServer(onConnection);
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    port,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    async whenClosed() {
      for (const socket of sockets) await new Promise((resolve) => socket.once('close', resolve));
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
