import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';

/** An HTTP proxy that only tunnels (CONNECT), and records the destinations. */
export async function startHttpProxy(): Promise<{
  readonly url: string;
  readonly targets: string[];
  close(): Promise<void>;
}> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    targets.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * A network between client and server that can silently drop everything, until it heals and resets all connections.
 * @param onConnection called for each connection of a client.
 */
export async function startSwallowingLink(
  targetPort: number,
  onConnection: () => void = () => undefined,
): Promise<{ readonly port: number; swallow(): void; heal(): void; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let isSwallowing = false;
  const server = createTcpServer((client) => {
    onConnection();
    const target = connect(targetPort, '127.0.0.1');
    const forward = (from: Socket, to: Socket): void => {
      sockets.add(from);
      from.on('data', (data) => isSwallowing || to.write(data));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (!isSwallowing) to.destroy();
      });
    };
    forward(client, target);
    forward(target, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => (isSwallowing = true),
    heal() {
      isSwallowing = false;
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
