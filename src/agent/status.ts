import type { ClusterStatus } from '../cluster/roles.js';
import type { ViewedStatus } from '../console/agent-view.js';
import { omitUndefined } from '../core/objects.js';
import type { AgentConfig } from './config/agent-config.js';
import type { HealthReport } from './ops/health.js';
import { packageVersion } from './version.js';
import type { Log } from '../core/log.js';

export interface StatusFacts {
  readonly health: HealthReport;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly requestsInFlight: number;
  /** Only for an agent that shares its state with others. */
  readonly cluster?: ClusterStatus;
}

/** The response of the admin server to `GET /status`. Contains no secrets. */
export function statusReport(config: AgentConfig, facts: StatusFacts): Record<string, unknown> {
  return {
    version: packageVersion(),
    startedAt: new Date(facts.startedMs).toISOString(),
    uptimeSeconds: Math.round((facts.nowMs - facts.startedMs) / 1000),
    ready: facts.health.ready,
    components: facts.health.components,
    thingworx: { url: config.thingworx.address.webSocketUrl, requestsInFlight: facts.requestsInFlight },
    iothubs: config.iothubs.map(({ name, tier, units, address }) => ({ name, tier, units, address })),
    things: config.things,
    ...(facts.cluster ? { cluster: facts.cluster } : {}),
    residentMemoryBytes: process.memoryUsage.rss(),
  };
}

/** The status as the console shows it. */
export function viewedStatus(config: AgentConfig, facts: Omit<StatusFacts, 'nowMs'>): ViewedStatus {
  const { health, startedMs, requestsInFlight, cluster } = facts;
  return {
    version: packageVersion(),
    startedMs,
    ready: health.ready,
    components: health.components,
    thingworx: { url: config.thingworx.address.webSocketUrl, requestsInFlight },
    things: config.things,
    ...omitUndefined({ cluster }),
  };
}

/** Logs what was started, with a warning for each setting that exposes secrets or data. */
export function logStart(
  log: Log,
  { thingworx, things, iothubs, services }: AgentConfig,
  adminUrl: string | undefined,
): void {
  const { webSocketUrl: url, isSecure } = thingworx.address;
  if (!isSecure)
    log.warn(
      { url },
      'the connection to ThingWorx has no TLS: the application key and all data are sent in clear text',
    );
  warnOfShownKeys(log, services);
  const fields = {
    version: packageVersion(),
    url,
    things: things.map(({ name }) => name),
    hubs: iothubs.map(({ name }) => name),
    adminUrl,
  };
  log.info(fields, 'agent started');
}

/** Logs a warning while the keys of new devices are returned. */
export function warnOfShownKeys(log: Log, { showDeviceKeys }: AgentConfig['services']): void {
  if (!showDeviceKeys) return;
  log.warn(
    { key: 'services.showDeviceKeys' },
    'CreateDevice returns the keys of new devices: each user who may call it can read them',
  );
}
