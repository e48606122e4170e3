import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import type { ClientConfig, Pool, PoolConfig } from 'pg';
import { omitUndefined } from '../../core/objects.js';
import type { DatabaseAddress } from '../database-url.js';

/** How a database is reached. Files have been read. */
export interface DatabaseSettings {
  readonly address: DatabaseAddress;
  /** PEM of the authorities to trust instead of those that Node.js trusts. */
  readonly ca?: string | undefined;
  /** PEM of a client certificate and its key. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Name of the schema that holds the tables. */
  readonly schema: string;
  /** Connections for the state; one more is kept for the leases. */
  readonly poolSize: number;
}

/** How long a connection, a statement, or a pause within a transaction may take. */
const REQUEST_LIMIT_MS = 5000;
/** Migrations wait for one another and for the writes under way. */
const MIGRATION_LIMIT_MS = 60_000;
const IDLE_LIMIT_MS = 60_000;

/**
 * Every request reads by key or in the order of keys. Before a table that grew quickly has statistics, the planner would sort
 * all of it for each page.
 */
const PLANNER = '-c enable_seqscan=off -c enable_bitmapscan=off';

/** The connections of one agent. That of the leases is kept apart, so that no amount of work delays a renewal. */
export interface Pools {
  readonly state: Pool;
  readonly leases: Pool;
}

/** Opens no connection yet. */
export async function createPools(settings: DatabaseSettings): Promise<Pools> {
  const { Pool: DriverPool } = await loadDriver();
  const config = { ...driverConfig(settings), idleTimeoutMillis: IDLE_LIMIT_MS };
  return {
    state: quiet(new DriverPool({ ...config, max: settings.poolSize })),
    leases: quiet(new DriverPool({ ...config, max: 1 })),
  };
}

/** A pool of one connection for migrations. */
export async function createMigrationPool(settings: DatabaseSettings): Promise<Pool> {
  const { Pool: DriverPool } = await loadDriver();
  const config = { ...driverConfig(settings, MIGRATION_LIMIT_MS), connectionTimeoutMillis: REQUEST_LIMIT_MS };
  return quiet(new DriverPool({ ...config, max: 1 }));
}

/** Loads the driver when a database is used: agents with a state folder must not pay for it. */
async function loadDriver(): Promise<{ readonly Pool: new (config: PoolConfig) => Pool }> {
  return await import('pg');
}

/**
 * A connection that breaks while it is idle is replaced when it is needed, and the request under way fails otherwise: without
 * listeners the error of the connection itself would end the process.
 */
function quiet(pool: Pool): Pool {
  return pool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined));
}

/** How the driver connects. @param limitMs how long a connection, a statement, or a pause within a transaction may take. */
export function driverConfig(settings: DatabaseSettings, limitMs = REQUEST_LIMIT_MS): ClientConfig {
  const { host, port, user, password, database } = settings.address;
  return {
    host,
    port,
    user,
    password,
    database,
    ssl: tlsOptions(settings),
    application_name: 'thingworx-iothub-agent',
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
    statement_timeout: limitMs,
    idle_in_transaction_session_timeout: limitMs,
    keepAlive: true,
    options: PLANNER,
    // Statements of one transaction are sent without waiting for one another where their results do not matter.
    pipeline: true,
  } as ClientConfig;
}

function tlsOptions({ address, ca, clientCertificate, clientKey }: DatabaseSettings): ConnectionOptions | false {
  const { host, sslMode } = address;
  if (sslMode === 'disable') return false;
  return {
    ...omitUndefined({ ca, cert: clientCertificate, key: clientKey }),
    // The driver passes a socket, so that Node.js does not know which host the certificate must be for.
    checkServerIdentity: (_name, certificate) =>
      sslMode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}
