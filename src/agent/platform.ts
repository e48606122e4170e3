import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import { readTextFile } from '../core/regular-file.js';
import type { EdgeClient, EdgeClientOptions } from '../edge/edge-client.js';
import type { PlatformPresence } from '../rollouts/environment.js';
import type { AgentConfig } from './config/agent-config.js';
import type { ConnectionStatus } from '../alwayson/session-types.js';
import type { Health } from './ops/health.js';

const REBIND_MS = 2000;

/** The options of the connection to ThingWorx; reads the certificates that the configuration names. */
export async function edgeOptions(config: AgentConfig, log: Log, instruments: Instruments): Promise<EdgeClientOptions> {
  const { thingworx, services } = config;
  return {
    url: thingworx.address.webSocketUrl,
    appKey: thingworx.appKey,
    allowInsecure: thingworx.allowInsecure,
    compression: thingworx.compression,
    maxFrameBytes: thingworx.maxFrameBytes,
    maxMessageBytes: thingworx.maxMessageBytes,
    maxRequestsInFlight: thingworx.maxRequestsInFlight,
    pingIntervalMs: thingworx.pingIntervalSeconds * 1000,
    pongTimeoutMs: thingworx.pongTimeoutSeconds * 1000,
    serviceTimeoutMs: services.timeoutSeconds * 1000,
    log,
    instruments,
    // The Things of a hub that was taken over are refused until its former agent has let go of them.
    ...(config.database ? { reconnect: { rebindBaseMs: REBIND_MS, rebindCapMs: REBIND_MS } } : {}),
    ...(thingworx.gateway ? { gateway: thingworx.gateway } : {}),
    ...(thingworx.proxy === undefined ? {} : { proxy: thingworx.proxy }),
    ...(await pem('ca', thingworx.caFile)),
    ...(await pem('clientCertificate', thingworx.clientCertificateFile)),
    ...(await pem('clientKey', thingworx.clientKeyFile)),
  };
}

async function pem<Name extends string>(name: Name, file: string | undefined): Promise<Partial<Record<Name, string>>> {
  if (file === undefined) return {};
  return { [name]: await readTextFile(file) } as Record<Name, string>;
}

/** Reports the state of the connection to ThingWorx to `health`. */
export function reportPlatform(health: Health, status: ConnectionStatus): void {
  switch (status.type) {
    case 'bound':
      return reportBound(health, status.names, status.refused);
    case 'refused':
      return reportRefused(health, status);
    case 'lost':
      return health.set('platform', 'failing', status.cause);
    case 'connecting':
    case 'authenticated':
    case 'unbound':
    case 'closed':
      return;
  }
}

/** Follows whether a Thing is bound. */
export function presenceOf(edge: EdgeClient): PlatformPresence {
  const listeners = new Set<() => void>();
  let isAway = true;
  const update = (now: boolean): void => {
    if (now === isAway) return;
    isAway = now;
    for (const listener of listeners) listener();
  };
  edge.on('status', (status) => {
    if (status.type === 'bound') update(status.names.length === 0);
    else if (status.type === 'lost' || status.type === 'closed') update(true);
  });
  return {
    get isAway() {
      return isAway;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A Thing that is refused while others are bound is reported when the round of BINDs ends. */
function reportRefused(health: Health, status: Extract<ConnectionStatus, { readonly type: 'refused' }>): void {
  if (status.what === 'auth') health.set('platform', 'failing', `application key refused: ${status.reason}`);
  else if (!['ok', 'degraded'].includes(health.statusOf('platform') ?? '')) {
    health.set('platform', 'failing', `ThingWorx refuses to bind ${status.name}: ${status.reason}`);
  }
}

function reportBound(health: Health, names: readonly string[], refused: readonly string[]): void {
  if (refused.length === 0) {
    const detail = names.length === 0 ? 'authenticated; no Thing is to be bound' : `bound: ${names.join(', ')}`;
    return health.set('platform', 'ok', detail);
  }
  const status = names.length === 0 ? 'failing' : 'degraded';
  return health.set('platform', status, `ThingWorx refuses to bind ${refused.join(', ')}`);
}
