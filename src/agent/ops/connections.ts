import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';

/** The rest of a refused request is read for this time, so that its sender can close the connection first. */
const REFUSED_TIMEOUT_MS = 1_000;

/** Responses to requests that Node.js cannot read, by the code of its error; any other is a bad request. */
const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/**
 * Responds to requests that cannot be read. Node.js by itself responds and closes at once, and closing with part of a
 * request unread resets the connection: the sender may then never see the response.
 */
export function refuseUnreadable(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // The rest of a request that has been refused cannot be read either.
    if (socket.writableEnded) return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(`HTTP/1.1 ${REFUSALS[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
    destroyLater(socket);
  });
}

/**
 * Calls `handle` for each request of a connection when the one before it has been answered, so that the pipelined requests
 * of one client do not delay those of others.
 */
export function inTurn(handle: RequestListener): RequestListener {
  const answered = new WeakMap<Socket, Promise<void>>();
  return (request, response) => {
    const { socket } = request;
    const before = answered.get(socket);
    const now = new Promise<void>((resolve) => {
      response.once('finish', resolve);
      response.once('close', resolve);
    });
    answered.set(socket, now);
    if (!before) return handle(request, response);
    void before.then(() => {
      if (!socket.destroyed) handle(request, response);
    });
  };
}

/** Reads and drops what a client still sends of a request that has been answered, for a while. */
export function dropUnreadBodies(server: Server): void {
  server.on('request', (request, response) => {
    response.once('finish', () => {
      if (request.complete) return;
      request.resume();
      const { socket } = request;
      const timer = destroyLater(socket);
      request.once('end', () => clearTimeout(timer));
    });
  });
}

function destroyLater(socket: Socket): NodeJS.Timeout {
  return setTimeout(() => socket.destroy(), REFUSED_TIMEOUT_MS).unref();
}

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
