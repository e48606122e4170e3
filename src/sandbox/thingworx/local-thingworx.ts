import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { InfoTable } from '../../alwayson/codec/values-model.js';
import type { CodecLimits } from '../../alwayson/codec/limits.js';
import { type Clock, systemClock } from '../../core/clock.js';
import { type Log, silentLog } from '../../core/log.js';
import type { Store } from '../../store/store.js';
import { listen } from '../http/listen.js';
import type { Router } from '../http/router.js';
import { AlwaysOnServer, WEBSOCKET_PATH } from './alwayson/alwayson-server.js';
import type { BindPolicy } from './alwayson/bindings.js';
import { serveEdgeRequest } from './alwayson/edge-requests.js';
import { appKeyCheck, newAppKey } from './app-key.js';
import { Archive } from './archive.js';
import { PlatformThing } from './model/thing.js';
import { Things } from './model/things.js';
import type { Platform, ServiceRun } from './platform.js';
import { restHandler } from './rest/http-server.js';
import { invokeRemote } from './services/invoke.js';
import { unableToInvoke } from './model/service-failure.js';
import { platformRoutes } from './rest/routes.js';
import { runScript } from './scripts/run-script.js';
import { ScriptPool } from './scripts/script-pool.js';

export interface ThingToCreate {
  readonly name: string;
  readonly identifier?: string;
  /** RemoteThing if omitted. */
  readonly template?: string;
}

export interface LocalThingWorxOptions {
  readonly host?: string;
  /** 0 chooses a free port. */
  readonly port: number;
  /** Generated if omitted. */
  readonly appKey?: string;
  /** Serves HTTPS and wss instead of HTTP and ws. */
  readonly tls?: { readonly certPem: string; readonly keyPem: string };
  readonly compression?: boolean;
  readonly bindPolicy?: BindPolicy;
  /** Created at start unless they already exist. */
  readonly things?: readonly ThingToCreate[];
  /** How long an edge may take to authenticate; default 15 s. */
  readonly authTimeoutMs?: number;
  /** How long an edge may be silent; default 90 s. */
  readonly idleTimeoutMs?: number;
  /** How long a request to an edge may take; default 30 s. */
  readonly requestTimeoutMs?: number;
  /** How long a script may run, including everything that it calls; default 30 s. */
  readonly scriptTimeoutMs?: number;
  readonly maxFrameBytes?: number;
  readonly maxMessageBytes?: number;
  readonly limits?: Partial<CodecLimits>;
  /** Keeps Things and imported entities across restarts. */
  readonly store?: Store;
  /** Called with the server before it listens, so that faults can be injected. */
  readonly onServer?: (server: Server) => void;
  /** Routes of the sandbox itself. */
  readonly mount?: Router;
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface LocalThingWorx {
  readonly url: string;
  readonly wsUrl: string;
  readonly port: number;
  readonly appKey: string;
  readonly platform: Platform;
  close(): Promise<void>;
}

const MEBIBYTE = 1_048_576;
const MAX_BODY_BYTES = 16 * MEBIBYTE;

/** Starts a local ThingWorx: AlwaysOn and REST on one port. Throws AgentError `PortInUse`. */
export async function startLocalThingWorx(options: LocalThingWorxOptions): Promise<LocalThingWorx> {
  const { host = '127.0.0.1', appKey = newAppKey(), log = silentLog, tls } = options;
  const isAppKey = appKeyCheck(appKey);
  const { clock = systemClock, scriptTimeoutMs = 30_000 } = options;
  const pool = new ScriptPool({ maxThreads: 4, maxWaiting: 1000, timeoutMs: scriptTimeoutMs, clock });
  const platform = createPlatform(options, isAppKey, pool);
  await platform.archive.load(platform.things);
  for (const { name, template = 'RemoteThing', identifier } of options.things ?? [])
    if (!platform.things.get(name))
      platform.things.put(new PlatformThing(name, template, identifier === undefined ? {} : { identifier }));
  const handler = restHandler({
    routes: platformRoutes(platform),
    ...(options.mount ? { mount: options.mount } : {}),
    isAppKey,
    maxBodyBytes: MAX_BODY_BYTES,
    log,
  });
  const server = tls ? createHttpsServer({ cert: tls.certPem, key: tls.keyPem }, handler) : createHttpServer(handler);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?')[0] === WEBSOCKET_PATH) platform.alwaysOn.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  options.onServer?.(server);
  const port = await listen(server, options.port, host);
  const authority = `${reachableHost(host)}:${port}`;
  return {
    url: `${tls ? 'https' : 'http'}://${authority}`,
    wsUrl: `${tls ? 'wss' : 'ws'}://${authority}${WEBSOCKET_PATH}`,
    port,
    appKey,
    platform,
    close: () => close(server, platform, pool),
  };
}

/** Runs a service on the edge or as a script, depending on its implementation. */
function runService(platform: Platform, pool: ScriptPool, call: ServiceRun): Promise<InfoTable | null> {
  const { service, thing } = call;
  if (service.implementation.kind === 'remote') return invokeRemote(platform.alwaysOn, call);
  if (service.implementation.kind === 'script') return runScript(platform, pool, call);
  const cause = `No service handler defined for service ${service.name} on thing [${thing.name}]`;
  return Promise.reject(unableToInvoke('failed', service.name, thing.name, cause));
}

function createPlatform(
  options: LocalThingWorxOptions,
  isAppKey: (key: string) => boolean,
  pool: ScriptPool,
): Platform {
  const { clock = systemClock, log = silentLog } = options;
  const things = new Things();
  const archive = new Archive(options.store);
  const warnNotStored = (error: unknown): void => log.warn({ err: error }, 'a Thing could not be stored');
  const alwaysOn = new AlwaysOnServer({
    things,
    isAppKey,
    bindPolicy: options.bindPolicy ?? 'first-in-wins',
    compression: options.compression ?? false,
    authTimeoutMs: options.authTimeoutMs ?? 15_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 90_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    maxFrameBytes: options.maxFrameBytes ?? 8192,
    maxMessageBytes: options.maxMessageBytes ?? MEBIBYTE,
    maxInFlight: 10_000,
    maxConnections: 1000,
    limits: options.limits ?? {},
    clock,
    log,
    onConnected: (thing) => void archive.keepThing(thing).catch(warnNotStored),
    serve: (edge, request, code) => serveEdgeRequest(platform, edge, request, code),
  });
  const platform: Platform = {
    things,
    alwaysOn,
    archive,
    clock,
    log,
    run: (call) => runService(platform, pool, call),
  };
  return platform;
}

async function close(server: Server, platform: Platform, pool: ScriptPool): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  platform.alwaysOn.close();
  server.closeIdleConnections();
  // Edges that do not answer the close, and requests that wait for such an edge, would keep the server open.
  setImmediate(() => {
    platform.alwaysOn.terminate();
    server.closeAllConnections();
  });
  await closed;
  await pool.close();
}

/** Returns the host by which a client on this machine reaches a server that listens on `host`. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
