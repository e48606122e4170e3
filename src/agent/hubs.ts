import { readTextFile } from '../core/regular-file.js';
import type { OpenHubPort } from '../iothub/azure-hub.js';
import type { HubStatus } from '../iothub/ports.js';
import { JobIndex, type JobIndexOptions } from '../jobs/read-model/job-index.js';
import { RefusedCounts } from '../jobs/refused-counts.js';
import type { AgentChanges } from './agent-changes.js';
import type { AgentConfig, HubConfig } from './config/agent-config.js';
import type { ComponentStatus, Health } from './ops/health.js';
import { packageVersion } from './version.js';

/** An open hub of the configuration. */
export interface OpenHub {
  readonly config: HubConfig;
  readonly port: OpenHubPort;
  /** The jobs of the hub, for viewers. */
  readonly index: JobIndex;
  readonly refusedCounts: RefusedCounts;
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

/** Gives open hubs another configuration of the same hubs, whose credentials are used from now on. */
export function renewHubs(hubs: Map<string, OpenHub>, config: AgentConfig): void {
  for (const hub of config.iothubs) {
    const open = hubs.get(hub.name);
    if (!open) continue;
    const isRenewed = JSON.stringify(hub.credentials) !== JSON.stringify(open.config.credentials);
    if (isRenewed) open.port.renew(hub.credentials);
    hubs.set(hub.name, { ...open, config: hub });
  }
}

/** Reports that this agent begins to serve a hub, or that another one does: how the hub responds is not known then. */
export function reportServing(health: Health, component: string, isServing: boolean): void {
  health.set(component, 'starting', isServing ? undefined : 'standby: another agent serves the hub');
}

/**
 * Opens every hub of the configuration and reports how those that are served respond to `health`.
 * @throws AgentError `ConfigurationInvalid`.
 */
export async function openHubs(
  config: AgentConfig,
  health: Health,
  options: Omit<JobIndexOptions, 'hub'> & {
    readonly isServing: (hub: string) => boolean;
    readonly changes: AgentChanges;
  },
): Promise<Map<string, OpenHub>> {
  const { isServing, changes, ...observed } = options;
  const hubs = new Map<string, OpenHub>();
  for (const hub of config.iothubs) {
    const port = await hubPortOf(hub);
    const component = hubComponent(config, hub.name);
    health.register(component, false);
    port.onStatus((status) => {
      if (isServing(hub.name)) health.set(component, ...HEALTH[status]);
    });
    const index = new JobIndex({ ...observed, hub: port });
    index.onChange((id) => changes.emit({ kind: 'job', hub: hub.name, id }));
    const refusedCounts = new RefusedCounts({ onRead: (jobId) => index.touch(jobId) });
    hubs.set(hub.name, { config: hub, port, index, refusedCounts });
  }
  return hubs;
}
