import { readTextFile } from '../core/regular-file.js';
import type { OpenHubPort } from '../iothub/azure-hub.js';
import type { HubStatus } from '../iothub/ports.js';
import type { AgentConfig, HubConfig } from './config/agent-config.js';
import type { ComponentStatus, Health } from './ops/health.js';
import { packageVersion } from './version.js';

/** An open hub of the configuration. */
export interface OpenHub {
  readonly config: HubConfig;
  readonly port: OpenHubPort;
}

/** The name of a hub as a component of the agent's health. */
export function hubComponent(config: Pick<AgentConfig, 'iothubs'>, hub: string): string {
  return config.iothubs.length === 1 ? 'hub' : `hub:${hub}`;
}

const HEALTH: Readonly<Record<HubStatus, readonly [status: ComponentStatus, detail?: string]>> = {
  connected: ['ok'],
  throttled: ['degraded', 'throttled'],
  unreachable: ['failing', 'unreachable'],
  unauthorized: ['failing', 'unauthorized: check the credentials and the rights of their policy'],
};

/** Opens one hub; nothing is sent yet. @throws AgentError `ConfigurationInvalid`. */
export async function hubPortOf(hub: HubConfig): Promise<OpenHubPort> {
  const { openHub } = await import('../iothub/azure-hub.js');
  const { credentials, tier, units, address, caFile, proxy } = hub;
  return openHub({
    credentials,
    tier,
    units,
    userAgent: `thingworx-iothub-agent/${packageVersion()}`,
    ...(address === undefined ? {} : { address }),
    ...(caFile === undefined ? {} : { ca: await readTextFile(caFile) }),
    ...(proxy === undefined ? {} : { proxy }),
  });
}

/** The open hubs with another configuration of the same hubs, whose credentials are used from now on. */
export function renewHubs(hubs: ReadonlyMap<string, OpenHub>, config: AgentConfig): ReadonlyMap<string, OpenHub> {
  const renewed = new Map(hubs);
  for (const hub of config.iothubs) {
    const open = hubs.get(hub.name);
    if (!open) continue;
    const isRenewed = JSON.stringify(hub.credentials) !== JSON.stringify(open.config.credentials);
    if (isRenewed) open.port.renew(hub.credentials);
    renewed.set(hub.name, { config: hub, port: open.port });
  }
  return renewed;
}

/**
 * Opens every hub of the configuration and reports how they respond to `health`.
 * @throws AgentError `ConfigurationInvalid`.
 */
export async function openHubs(config: AgentConfig, health: Health): Promise<ReadonlyMap<string, OpenHub>> {
  const hubs = new Map<string, OpenHub>();
  for (const hub of config.iothubs) {
    const port = await hubPortOf(hub);
    const component = hubComponent(config, hub.name);
    health.register(component, false);
    port.onStatus((status) => health.set(component, ...HEALTH[status]));
    hubs.set(hub.name, { config: hub, port });
  }
  return hubs;
}
