import { hostname } from 'node:os';
import { ClusterMember, type ClusterMemberOptions } from '../cluster/member.js';
import type { Clock } from '../core/clock.js';
import { AgentError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { newId } from '../core/random.js';
import { readTextFile } from '../core/regular-file.js';
import { isLoopback, placeOf, readDatabaseUrl } from '../store/database-url.js';
import type { DatabaseSettings, PostgresStore } from '../store/postgres-store.js';
import type { AgentConfig, DatabaseConfig } from './config/agent-config.js';
import type { Health } from './ops/health.js';
import { packageVersion } from './version.js';

/** Reads the files that the configuration names. @throws AgentError `ConfigurationInvalid`. */
export async function databaseSettings(config: DatabaseConfig): Promise<DatabaseSettings> {
  const { url, caFile, clientCertificateFile, clientKeyFile, schema, poolSize } = config;
  const address = readDatabaseUrl(url);
  if ('fault' in address) throw new AgentError('ConfigurationInvalid', `database.url ${address.fault}`);
  const read = async (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : await readTextFile(file);
  return {
    address,
    ca: await read(caFile),
    clientCertificate: await read(clientCertificateFile),
    clientKey: await read(clientKeyFile),
    schema,
    poolSize,
  };
}

export interface DatabaseStateOptions {
  readonly config: DatabaseConfig;
  readonly health: Health;
  readonly clock: Clock;
  readonly log: Log;
  /** The database can be reached and cannot be used; the agent must stop. */
  readonly onUnusable: (error: AgentError) => void;
}

/** Where the state of an agent with a database is, without the password. */
export function placeOfDatabase({ url }: DatabaseConfig): string {
  const address = readDatabaseUrl(url);
  return 'fault' in address ? '' : placeOf(address);
}

/**
 * Opens the database. The health component `store` is `starting` until it was first reached, then `degraded` while it is
 * away.
 * @throws AgentError `StateUnwritable` if it can be reached and cannot be used.
 */
export async function openDatabaseState(options: DatabaseStateOptions): Promise<PostgresStore> {
  const { config, health, clock, log, onUnusable } = options;
  const settings = await databaseSettings(config);
  const { host, sslMode } = settings.address;
  if (sslMode === 'disable' && !isLoopback(host))
    log.warn({ host }, 'the connection to the database has no TLS: the password and all state are sent in clear text');
  const { openPostgresStore } = await import('../store/postgres-store.js');
  let wasReached = false;
  return await openPostgresStore(settings, {
    clock,
    log,
    onUnusable,
    onAvailability: ({ isAvailable, reason }) => {
      wasReached ||= isAvailable;
      if (isAvailable) health.set('store', 'ok', placeOf(settings.address));
      else health.set('store', wasReached ? 'degraded' : 'starting', `the database cannot be reached: ${reason}`);
    },
  });
}

/** This agent as one of those that share a database. */
export function createMember(
  config: AgentConfig,
  options: Pick<ClusterMemberOptions, 'store' | 'state' | 'address' | 'work' | 'clock' | 'log' | 'instruments'>,
): ClusterMember {
  const { agentName = `${hostname()}-${process.pid}`, leaseSeconds } = config.cluster;
  return new ClusterMember({
    ...options,
    hubs: config.iothubs.map(({ name }) => name),
    id: newId(),
    agentName,
    version: packageVersion(),
    leaseMs: leaseSeconds * 1000,
  });
}
