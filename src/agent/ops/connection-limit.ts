import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Limits the connections of `server` to `max`: a further one replaces the connection that has been idle longest or, if
 * none is idle, the oldest one. Silent connections can therefore never keep a new one out.
 */
export function limitConnections(server: Server, max: number): void {
  // In the order in which they were opened or became idle; the value is the number of requests in flight.
  const open = new Map<Socket, number>();
  server.on('connection', (socket) => {
    if (open.size >= max) replaceOne(open);
    open.set(socket, 0);
    socket.on('close', () => open.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    open.set(socket, (open.get(socket) ?? 0) + 1);
    response.on('close', () => {
      const requests = open.get(socket);
      if (requests === undefined) return;
      open.delete(socket);
      open.set(socket, requests - 1);
    });
  });
}

function replaceOne(open: Map<Socket, number>): void {
  const [oldest] = open.keys();
  const victim = [...open].find(([, requests]) => requests === 0)?.[0] ?? oldest;
  if (!victim) return;
  open.delete(victim);
  victim.destroy();
}
