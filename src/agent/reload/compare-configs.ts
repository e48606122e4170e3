import { isPlainObject } from '../../core/objects.js';
import type { HubCredentials } from '../../iothub/credentials.js';
import { hostNameOf } from '../../iothub/credentials.js';
import type { AgentConfig, HubConfig } from '../config/agent-config.js';

/** The changes between a running configuration and a new one. Keys are written as in the file, without values. */
export interface ConfigComparison {
  /** Keys whose new values can be applied while the agent runs. */
  readonly live: readonly string[];
  /** Keys whose new values require a restart. */
  readonly restart: readonly string[];
  /** The running configuration with the new values of the live keys. */
  readonly merged: AgentConfig;
}

/** Sections that only the agent itself depends on, so their new values can be applied while it runs. */
const LIVE_SECTIONS = ['log', 'guards', 'services', 'watch', 'history', 'wrappers', 'rollouts', 'shutdown'] as const;

/** Keys of these sections that the connection reads only once. */
const RESTART_KEYS: readonly string[] = ['services.timeoutSeconds'];

/**
 * Compares a running configuration with a new one. Credentials can change while the agent runs, as long as they are for
 * the same hub.
 */
export function compareConfigs(running: AgentConfig, next: AgentConfig): ConfigComparison {
  const [before, after] = [leavesOf(running), leavesOf(next)];
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
  const renewable = running.iothubs.flatMap((hub) => renewableKeys(hub, hubOf(next, hub.name)));
  const isKeyReplaced = running.console.key !== undefined && next.console.key !== undefined;
  const isLive = (key: string): boolean =>
    key === 'thingworx.appKey' ||
    (key === 'database.url' && running.database !== undefined && next.database !== undefined) ||
    (key === 'console.key' && isKeyReplaced) ||
    renewable.includes(key) ||
    (LIVE_SECTIONS.some((section) => key === section || key.startsWith(`${section}.`)) && !RESTART_KEYS.includes(key));
  return {
    live: changed.filter(isLive).sort(),
    restart: changed.filter((key) => !isLive(key)).sort(),
    merged: merge(running, next),
  };
}

function merge(running: AgentConfig, next: AgentConfig): AgentConfig {
  const sections = Object.fromEntries(LIVE_SECTIONS.map((section) => [section, next[section]]));
  return {
    ...running,
    ...(sections as Pick<AgentConfig, (typeof LIVE_SECTIONS)[number]>),
    services: { ...next.services, timeoutSeconds: running.services.timeoutSeconds },
    console: consoleOf(running, next),
    thingworx: { ...running.thingworx, appKey: next.thingworx.appKey },
    ...(running.database && next.database ? { database: { ...running.database, url: next.database.url } } : {}),
    iothubs: running.iothubs.map((hub) => mergeHub(hub, hubOf(next, hub.name))),
  };
}

/** A new key replaces another one. Adding or removing the key needs a restart, since it decides which routes exist. */
function consoleOf({ console: running }: AgentConfig, { console: next }: AgentConfig): AgentConfig['console'] {
  return running.key === undefined || next.key === undefined ? running : { ...running, key: next.key };
}

/** Defaults that depend on the tier keep their values until a restart applies the new tier. */
function mergeHub(running: HubConfig, next: HubConfig | undefined): HubConfig {
  if (!next) return running;
  const { watchIntervalSeconds, maxConcurrentJobs } = next.tier === running.tier ? next : running;
  const credentials = isSameHub(running, next) ? next.credentials : running.credentials;
  return { ...running, credentials, watchIntervalSeconds, maxConcurrentJobs };
}

const hubOf = ({ iothubs }: AgentConfig, name: string): HubConfig | undefined =>
  iothubs.find((hub) => hub.name === name);

const isSameHub = (one: HubConfig, other: HubConfig): boolean =>
  hostNameOf(one.credentials) === hostNameOf(other.credentials);

function renewableKeys(running: HubConfig, next: HubConfig | undefined): string[] {
  if (!next || !isSameHub(running, next)) return [];
  const fields: readonly HubCredentials[] = [running.credentials, next.credentials];
  return fields.flatMap(Object.keys).map((field) => `iothubs.${running.name}.${field}`);
}

/** Returns every value of a configuration as JSON, by its key, without values that are derived from others. */
function leavesOf({ thingworx, iothubs, ...rest }: AgentConfig): Map<string, string> {
  const { address, ...connection } = thingworx;
  const leaves = new Map<string, string>();
  // Secret files are compared by their content, which is in `console.key`.
  const { keyFile: _file, ...console } = rest.console;
  collect({ ...rest, console, thingworx: { ...connection, url: address.webSocketUrl } }, '', leaves);
  for (const { name, credentials, watchIntervalSeconds: _, maxConcurrentJobs: __, ...hub } of iothubs)
    collect({ ...hub, ...credentials }, `iothubs.${name}`, leaves);
  return leaves;
}

function collect(value: unknown, key: string, leaves: Map<string, string>): void {
  if (value === undefined) return;
  if (!isPlainObject(value)) return void leaves.set(key, JSON.stringify(value));
  for (const [name, item] of Object.entries(value)) collect(item, key === '' ? name : `${key}.${name}`, leaves);
}
