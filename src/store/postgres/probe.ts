import { Client } from 'pg';
import { placeOf } from '../database-url.js';
import { reasonOf, sqlStateOf } from './failures.js';
import { SCHEMA_VERSION } from './migrations.js';
import { type DatabaseSettings, driverConfig } from './pools.js';
import { OLDEST_SERVER, quoted } from './prepare.js';

/** What was found in a database, without changing it. */
export interface DatabaseProbe {
  /** Such as `16.4`. */
  readonly serverVersion: string;
  readonly isServerSupported: boolean;
  /** Such as `TLSv1.3`; absent without TLS. */
  readonly tls?: string;
  readonly encoding: string;
  /** Version of the tables; 0 if there are none. */
  readonly schemaVersion: number;
  readonly knownSchemaVersion: number;
  /** The GRANT that the role needs before the agent can start; absent if it has every right. */
  readonly missingGrant?: string;
  /** Time of the database in epoch milliseconds. */
  readonly nowMs: number;
}

/** Why a database cannot be probed, as a sentence without secrets. */
export interface ProbeFault {
  readonly message: string;
  /** Whether the server answered and refused the login. */
  readonly isRefused: boolean;
}

const PROBE = `
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
  current_setting('server_encoding') AS encoding, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
  (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls,
  to_regclass($1 || '.schema_version') IS NOT NULL AS is_migrated,
  CASE WHEN NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $2) THEN
      CASE WHEN has_database_privilege(current_database(), 'CREATE') THEN '' ELSE 'database' END
    WHEN to_regclass($1 || '.entries') IS NULL THEN
      CASE WHEN has_schema_privilege($2, 'CREATE') AND has_schema_privilege($2, 'USAGE') THEN '' ELSE 'schema' END
    WHEN has_table_privilege($1 || '.entries', 'SELECT') AND has_table_privilege($1 || '.entries', 'INSERT')
      AND has_table_privilege($1 || '.entries', 'UPDATE') AND has_table_privilege($1 || '.entries', 'DELETE') THEN ''
    ELSE 'tables' END AS missing`;

interface Row {
  readonly version: string;
  readonly number: number;
  readonly encoding: string;
  readonly now: number;
  readonly tls: string | null;
  readonly is_migrated: boolean;
  readonly missing: '' | 'database' | 'schema' | 'tables';
}

/** Looks at a database without changing it. */
export async function probeDatabase(settings: DatabaseSettings): Promise<DatabaseProbe | ProbeFault> {
  const client = new Client(driverConfig(settings));
  client.on('error', () => undefined);
  try {
    await client.connect();
    const name = quoted(settings.schema);
    const { rows } = await client.query<Row>(PROBE, [name, settings.schema]);
    const row = rows[0] as Row;
    return {
      serverVersion: row.version,
      isServerSupported: row.number >= OLDEST_SERVER,
      ...(row.tls === null ? {} : { tls: row.tls }),
      encoding: row.encoding,
      schemaVersion: row.is_migrated && row.missing === '' ? await versionIn(client, name) : 0,
      knownSchemaVersion: SCHEMA_VERSION,
      ...(row.missing === '' ? {} : { missingGrant: grantFor(settings, row.missing) }),
      nowMs: row.now,
    };
  } catch (error) {
    const isRefused = sqlStateOf(error) !== undefined;
    return { message: `${placeOf(settings.address)}: ${reasonOf(error)}`, isRefused };
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function versionIn(client: Client, schema: string): Promise<number> {
  const { rows } = await client.query<{ version: number }>(`SELECT version FROM ${schema}.schema_version`);
  return rows[0]?.version ?? 0;
}

function grantFor({ address, schema }: DatabaseSettings, missing: 'database' | 'schema' | 'tables'): string {
  const role = quoted(address.user);
  if (missing === 'database') return `GRANT CREATE ON DATABASE ${quoted(address.database)} TO ${role}`;
  if (missing === 'schema') return `GRANT USAGE, CREATE ON SCHEMA ${quoted(schema)} TO ${role}`;
  return `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${quoted(schema)} TO ${role}`;
}
