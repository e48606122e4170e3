import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { SECURITY_HEADERS } from '../../console/headers.js';
import type { RequestBindings, RequestEnvironment } from '../../console/request.js';
import { AgentError, messageOf } from '../../core/errors.js';
import { type AdminFacts, adminRoutes } from './admin-routes.js';
import { dropUnreadBodies, inTurn, limitConnections, refuseUnreadable } from './connections.js';
import { isMeantFor, isOwnOrigin, type OwnNames } from './own-names.js';

export interface AdminServerOptions extends AdminFacts {
  readonly host: string;
  /** 0 selects a free port. */
  readonly port: number;
  /** `console.publicUrl`. */
  readonly publicUrl?: string | undefined;
  /** The console; without it, only the server's own paths are served. */
  readonly console?: Hono<RequestEnvironment> | undefined;
}

/** The admin server while it listens. */
export interface AdminServer {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;

/** Requests are short, so a client that takes longer to send one or to read its response is disconnected. */
const REQUEST_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 10_000;
/** A call through the API may take as long as the longest deadline of a service, 29 s. */
const API_TIMEOUT_MS = 60_000;
const API_PATH = '/api/';

const SERVER_OPTIONS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: REQUEST_TIMEOUT_MS,
  // Node.js checks the time limits above only at this interval.
  connectionsCheckingInterval: 1_000,
  // Plain probes are answered whatever their Host header; the other routes check it.
  requireHostHeader: false,
};

/** Stands for the Host header where a URL is made of a request: the header itself has been checked, or does not matter. */
const PLACEHOLDER_HOST = 'agent';
/** Stands for a target that is not a plain path. */
const NO_TARGET = '/not-a-path';
/** A path that URL would rewrite, `%2e` counting as a dot, could name another one than it seems to. */
const PLAIN_TARGET = /^\/(?!\/)(?:(?!\/(?:\.|%2e){1,2}(?:[/?#]|$))[^\\#\s])*$/i;

/**
 * Starts the server for health probes, metrics, status and the console. The former have no authentication, so it listens
 * on the loopback address by default.
 * @throws AgentError `PortInUse` or `Unreachable` if it cannot listen.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = createServer(SERVER_OPTIONS);
  server.setTimeout(IDLE_TIMEOUT_MS);
  refuseUnreadable(server);
  dropUnreadBodies(server);
  limitConnections(server, MAX_CONNECTIONS);
  const port = await listen(server, options);
  const { address } = server.address() as AddressInfo;
  answerRequests(server, adminRoutes(options, options.console), {
    listenHost: options.host,
    address,
    publicUrl: options.publicUrl,
  });
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

function answerRequests(server: Server, app: Hono<RequestEnvironment>, names: OwnNames): void {
  const listener = getRequestListener(
    async (request, env) => {
      const { incoming, outgoing } = env as Pick<RequestBindings, 'incoming' | 'outgoing'>;
      const isMeantForUs = isMeantFor(names, incoming);
      const bindings: RequestBindings = {
        incoming,
        outgoing,
        isMeantForUs,
        isOwnOrigin: (origin) => isMeantForUs && isOwnOrigin(names, incoming, origin),
      };
      return withSecurityHeaders(await app.fetch(request, bindings));
    },
    { overrideGlobalObjects: false, autoCleanupIncoming: false },
  );
  const handle = inTurn((incoming, outgoing) => {
    const { socket } = incoming;
    if (incoming.url?.startsWith(API_PATH) === true) {
      socket.setTimeout(API_TIMEOUT_MS);
      outgoing.once('close', () => socket.setTimeout(IDLE_TIMEOUT_MS));
    }
    makePlain(incoming);
    void listener(incoming, outgoing);
  });
  server.on('request', handle);
}

/** The listener makes a URL of the target and the Host header, and would refuse or rewrite unusual ones. */
function makePlain(incoming: IncomingMessage): void {
  incoming.headers.host = PLACEHOLDER_HOST;
  if (!PLAIN_TARGET.test(incoming.url ?? '')) incoming.url = NO_TARGET;
}

function withSecurityHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
  return response;
}

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
