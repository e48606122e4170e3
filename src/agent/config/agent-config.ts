import type { HubCredentials } from '../../iothub/credentials.js';
import type { HubTier } from '../../iothub/ports.js';
import { concurrentJobs } from '../../iothub/tier-limits.js';
import { isAddressFault, parseThingWorxAddress, type ThingWorxAddress } from '../../core/addresses.js';
import type { Configuration } from './schema.js';
import { omitUndefined } from '../../core/objects.js';

export interface HubConfig {
  /** Its name in the configuration. */
  readonly name: string;
  readonly credentials: HubCredentials;
  /** `host:port` to connect to instead of port 443 of the host name. */
  readonly address?: string;
  readonly caFile?: string;
  readonly proxy?: string;
  readonly tier: HubTier;
  readonly units: number;
  /** How often the watcher polls the jobs. */
  readonly watchIntervalSeconds: number;
  /** How many jobs of roll-outs and of the queue may be open at once. */
  readonly maxConcurrentJobs: number;
}

export interface ThingConfig {
  readonly name: string;
  readonly identifier?: string;
  /** Name of its hub. */
  readonly iothub: string;
}

/** A database with its URL, wherever that was written. */
export interface DatabaseConfig extends Omit<NonNullable<Configuration['database']>, 'url' | 'urlFile'> {
  readonly url: string;
}

/** The configuration ready for use: with defaults, secrets and absolute paths, and a hub for each Thing. */
export interface AgentConfig extends Omit<Configuration, 'thingworx' | 'iothubs' | 'things' | 'database'> {
  readonly thingworx: Omit<Configuration['thingworx'], 'appKey' | 'appKeyFile' | 'url'> & {
    readonly appKey: string;
    readonly address: ThingWorxAddress;
  };
  readonly iothubs: readonly HubConfig[];
  readonly things: readonly ThingConfig[];
  /** The database that this agent shares with others; absent if its state is its own. */
  readonly database?: DatabaseConfig;
}

/** Whether the state survives the process. */
export const isDurable = ({ stateDir, database }: Pick<AgentConfig, 'stateDir' | 'database'>): boolean =>
  stateDir !== undefined || database !== undefined;

const WATCH_INTERVAL_SECONDS: Readonly<Record<HubTier, number>> = { F1: 10, S1: 10, S2: 5, S3: 2, unlimited: 0.25 };

/** The default for a hub without a limit of its own. */
const MAX_CONCURRENT_JOBS = 10;

/** The Thing of a configuration that lists none. */
export const DEFAULT_THING = 'AzureIotHub';

/** Completes a configuration that has been checked and contains its secrets. */
export function toAgentConfig(configuration: Configuration): AgentConfig {
  const { thingworx, iothubs = {}, things, database, ...rest } = configuration;
  const { appKey = '', appKeyFile: _file, url, ...connection } = thingworx;
  const address = parseThingWorxAddress(url);
  if (isAddressFault(address)) throw new TypeError(address.message);
  const hubs = Object.entries(iothubs).map(([name, hub]) => toHubConfig(name, hub, configuration));
  const firstHub = hubs[0]?.name ?? '';
  return {
    ...rest,
    ...(database === undefined ? {} : { database: toDatabaseConfig(database) }),
    thingworx: { ...connection, appKey, address },
    iothubs: hubs,
    things: (things ?? [{ name: DEFAULT_THING }]).map(({ name, identifier, iothub }: ThingEntry) => ({
      name,
      ...(identifier === undefined ? {} : { identifier }),
      iothub: iothub ?? firstHub,
    })),
  };
}

function toDatabaseConfig({
  url = '',
  urlFile: _file,
  ...database
}: NonNullable<Configuration['database']>): DatabaseConfig {
  return { ...database, url };
}

type HubEntry = NonNullable<Configuration['iothubs']>[string];
type ThingEntry = NonNullable<Configuration['things']>[number];

function toHubConfig(name: string, hub: HubEntry, configuration: Configuration): HubConfig {
  const { tier, units, address, caFile, proxy } = hub;
  return {
    name,
    credentials: credentialsOf(hub),
    ...omitUndefined({ address, caFile, proxy }),
    tier,
    units,
    maxConcurrentJobs: configuration.rollouts.maxConcurrentJobs ?? Math.min(concurrentJobs(tier), MAX_CONCURRENT_JOBS),
    watchIntervalSeconds: configuration.watch.intervalSeconds ?? WATCH_INTERVAL_SECONDS[tier],
  };
}

function credentialsOf(hub: HubEntry): HubCredentials {
  if (hub.connectionString !== undefined) return { connectionString: hub.connectionString };
  if (hub.sasToken !== undefined) return { sasToken: hub.sasToken };
  return { hostName: hub.hostName ?? '', credential: hub.credential ?? 'default' };
}
