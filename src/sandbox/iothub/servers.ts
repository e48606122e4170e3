import { createServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { type Clock, systemClock } from '../../core/clock.js';
import { AgentError, messageOf } from '../../core/errors.js';
import { type Log, silentLog } from '../../core/log.js';
import { answerMalformed, statusOfClientError } from '../http/malformed-request.js';
import type { Router } from '../http/router.js';
import { errorAnswer } from './answers/error-answer.js';
import { ServiceError } from './answers/service-error.js';
import type { MqttGateway } from './devices/mqtt-gateway.js';
import type { HubState } from './hub-state.js';
import { configurationRoutes } from './rest/configuration-routes.js';
import { identityRoutes } from './rest/identity-routes.js';
import { jobRoutes } from './rest/job-routes.js';
import { methodRoutes } from './rest/method-routes.js';
import { notBuiltRoutes } from './rest/not-built-routes.js';
import { queryRoutes } from './rest/query-routes.js';
import { ServiceApi } from './rest/service-api.js';
import type { ServiceRoute } from './rest/service-route.js';
import { twinRoutes } from './rest/twin-routes.js';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Clients keep their connections: longer than any pause of an agent that polls. */
const KEEP_ALIVE_MS = 120_000;

export interface ServiceServerOptions {
  readonly state: HubState;
  readonly network: MqttGateway;
  readonly cert: string;
  readonly key: string;
  readonly strict?: boolean;
  readonly latencyMs?: number;
  readonly adminRoutes?: Router;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** The HTTPS server of the service API, which also takes MQTT over WebSocket. Not yet listening. */
export function createServiceServer(options: ServiceServerOptions): Server {
  const { state, network, cert, key, clock = systemClock, log = silentLog } = options;
  const api = new ServiceApi({
    routes: serviceRoutes(options),
    ...(options.adminRoutes ? { adminRoutes: options.adminRoutes } : {}),
    gatekeeper: state.gatekeeper,
    throttle: state.throttle,
    latencyMs: options.latencyMs ?? 0,
    clock,
    log,
  });
  const server = createServer(
    {
      cert,
      key,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // For devices with X.509 authentication over WebSocket; all other clients need none.
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => void api.serve(request, response),
  );
  server.on('upgrade', (request, socket, head) => network.handleWebSocket(request, socket, head));
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('clientError', (error, socket) => {
    const refusal = new ServiceError('GenericBadRequest', 'The request is not valid HTTP.');
    const answer = errorAnswer(refusal, clock.nowMs());
    answerMalformed(socket, { ...answer, status: statusOfClientError(error) }, clock);
  });
  return server;
}

/** All routes of the service API. */
export function serviceRoutes({
  state,
  strict = true,
}: Pick<ServiceServerOptions, 'state' | 'strict'>): ServiceRoute[] {
  return [
    ...identityRoutes(state),
    ...twinRoutes(state.twins),
    ...methodRoutes(state),
    ...jobRoutes({ ...state, strict }),
    ...queryRoutes(state),
    ...configurationRoutes(state.configurations, state.journal),
    ...notBuiltRoutes(),
  ];
}

/** A server that listens, and how to end it. */
export interface ListeningServer {
  /** `host:port`. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Starts to listen.
 * @throws AgentError PortInUse
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<ListeningServer> {
  const open = new Set<Socket>();
  // The raw connection below TLS: closing must not wait for a handshake.
  server.prependListener('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, port)));
    server.listen(port, host, resolve);
  });
  const { port: actualPort } = server.address() as AddressInfo;
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function listenError(error: NodeJS.ErrnoException, port: number): AgentError {
  const isTaken = error.code === 'EADDRINUSE';
  const message = isTaken
    ? `Port ${port} is in use by another program; choose another port, or 0 for a free one.`
    : `Port ${port} cannot be listened on: ${messageOf(error)}.`;
  return new AgentError('PortInUse', message, { cause: error });
}
