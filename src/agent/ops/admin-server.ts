import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, type Socket, isIP } from 'node:net';
import { AgentError, messageOf } from '../../core/errors.js';
import type { HealthReport } from './health.js';
import type { Metrics } from './prometheus.js';

export interface AdminServerOptions {
  readonly host: string;
  /** 0 selects a free port. */
  readonly port: number;
  readonly health: () => HealthReport;
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>;
  /** The response to `GET /status`. Must not contain secrets. */
  readonly status: () => unknown;
}

/** The admin server while it listens. */
export interface AdminServer {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

interface RouteRequest {
  readonly query: URLSearchParams;
  /** Whether the Host header names this server; other requests only get what plain probes need. */
  readonly isMeantForUs: boolean;
}

type Route = (request: RouteRequest) => Answer | Promise<Answer>;

const MAX_CONNECTIONS = 256;

/** Requests are short, so a client that takes longer to send one or to read its response is disconnected. */
const REQUEST_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 10_000;

/** The rest of a refused request is read for this time, so that its sender can close the connection first. */
const REFUSED_TIMEOUT_MS = 1_000;

/** Responses to requests that Node.js cannot read, by the code of its error; any other is a bad request. */
const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const SERVER_OPTIONS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: REQUEST_TIMEOUT_MS,
  // Node.js checks the time limits above only at this interval.
  connectionsCheckingInterval: 1_000,
  // Plain probes are answered whatever their Host header; the other routes check it.
  requireHostHeader: false,
};

/**
 * Starts the server for health probes, metrics and status. It has no authentication, so it listens on the loopback
 * address by default.
 * @throws AgentError `PortInUse` or `Unreachable` if it cannot listen.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const routes = routesOf(options);
  const { host: listenHost } = options;
  const server = createServer(SERVER_OPTIONS, (request, response) => {
    void answer(routes, listenHost, request, response);
  });
  server.setTimeout(IDLE_TIMEOUT_MS);
  refuseUnreadable(server);
  limitConnections(server, MAX_CONNECTIONS);
  const port = await listen(server, options);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function routesOf({ health, metrics, status }: AdminServerOptions): ReadonlyMap<string, Route> {
  const live: Route = () => text(200, 'ok');
  return new Map<string, Route>([
    ['/livez', live],
    ['/healthz', live],
    ['/readyz', (request) => readiness(health(), request)],
    ['/metrics', async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() })],
    ['/status', ({ isMeantForUs }) => (isMeantForUs ? json(200, status()) : MISDIRECTED)],
  ]);
}

function readiness(report: HealthReport, { query, isMeantForUs }: RouteRequest): Answer {
  const isVerbose = query.has('verbose');
  if (isVerbose && !isMeantForUs) return MISDIRECTED;
  const code = report.ready ? 200 : 503;
  const status = report.ready ? 'ready' : 'not ready';
  if (isVerbose || (!report.ready && isMeantForUs)) return json(code, { status, components: report.components });
  return text(code, report.ready ? 'ok' : status);
}

async function answer(
  routes: ReadonlyMap<string, Route>,
  listenHost: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, contentType, body, allow } = await answerTo(routes, listenHost, request);
  request.resume();
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(allow ? { allow } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerTo(
  routes: ReadonlyMap<string, Route>,
  listenHost: string,
  request: IncomingMessage,
): Promise<Answer & { readonly allow?: string }> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const route = routes.get(path);
  if (!route) return text(404, `not found; the paths are ${[...routes.keys()].join(', ')}`);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { ...text(405, 'only GET and HEAD are allowed'), allow: 'GET, HEAD' };
  }
  try {
    return await route({ query: new URLSearchParams(query), isMeantForUs: isMeantFor(listenHost, request) });
  } catch (error) {
    return text(500, messageOf(error));
  }
}

const text = (status: number, body: string): Answer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});

const json = (status: number, value: unknown): Answer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value, null, 2)}\n`,
});

const MISDIRECTED = text(421, 'misdirected request: Host must be an IP address, localhost or admin.host');

function listen(server: Server, { host, port }: AdminServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): AgentError {
  const where = `admin.port ${port} on ${host}`;
  if (error.code === 'EADDRINUSE') {
    return new AgentError('PortInUse', `${where} is in use; choose another port, or 0 for a free one`, {
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new AgentError(
      'PortInUse',
      `${where} requires privileges that this user does not have; choose a port above 1023`,
      { cause: error },
    );
  }
  return new AgentError('Unreachable', `cannot listen on ${where}: ${messageOf(error)}`, { cause: error });
}

/** `name`, `name:port`, `[IPv6]` or `[IPv6]:port` (RFC 9110, section 7.2). */
const HOST = /^(?:\[([\da-f:.]+)\]|([^\s:@/[\]]+))(?::\d{1,5})?$/i;

/**
 * Whether a request was meant for this server: exactly one Host header, with an IP address, `localhost` or the name that
 * the server listens on. A web page whose own name resolves to this machine (DNS rebinding) sends that name.
 */
export function isMeantFor(listenHost: string, request: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  const values = request.rawHeaders.filter((_, index, all) => index % 2 === 1 && isHostHeader(all[index - 1]));
  const [, ipv6, name] = HOST.exec(values.length === 1 ? (values[0] ?? '') : '') ?? [];
  if (ipv6 !== undefined) return isIP(ipv6) === 6;
  if (name === undefined) return false;
  const lower = name.toLowerCase();
  return isIP(name) === 4 || lower === 'localhost' || lower === listenHost.toLowerCase();
}

const isHostHeader = (name: string | undefined): boolean => name?.toLowerCase() === 'host';

/**
 * Responds to requests that cannot be read. Node.js by itself responds and closes at once, and closing with part of a
 * request unread resets the connection: the sender may then never see the response.
 */
function refuseUnreadable(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // The rest of a request that has been refused cannot be read either.
    if (socket.writableEnded) return;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(`HTTP/1.1 ${REFUSALS[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
    setTimeout(() => socket.destroy(), REFUSED_TIMEOUT_MS).unref();
  });
}

/**
 * Limits the connections of `server` to `max`: a further one replaces the connection that has been idle longest or, if
 * none is idle, the oldest one. Silent connections can therefore never keep a new one out.
 */
function limitConnections(server: Server, max: number): void {
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
