import type { Pool, PoolClient } from 'pg';
import { AgentError } from '../../core/errors.js';
import { placeOf } from '../database-url.js';
import { failureKind, reasonOf, sqlStateOf } from './failures.js';
import { MIGRATIONS, SCHEMA_VERSION } from './migrations.js';
import { createMigrationPool, type DatabaseSettings } from './pools.js';

/** PostgreSQL 13 has what the store uses: the status of a transaction by its 64-bit id. */
export const OLDEST_SERVER = 130_000;
/** All agents of a server migrate one after the other. */
const MIGRATION_LOCK = 8_034_211_907;

/** Quotes a name for SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Makes a database ready: creates the schema if it is missing, and brings its tables to the version of this program, in
 * one transaction.
 * @throws AgentError `StateUnwritable` if the database refuses or cannot serve this program; the error of the driver if it
 * cannot be reached.
 */
export async function prepareDatabase(settings: DatabaseSettings): Promise<void> {
  const pool = await createMigrationPool(settings);
  try {
    await withClient(pool, async (client) => {
      await requireServer(client, settings);
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
      await createSchema(client, settings);
      await migrate(client, settings);
      await requireRights(client, settings);
      await client.query('COMMIT');
    });
  } catch (error) {
    if (error instanceof AgentError || failureKind(error) !== 'refused') throw error;
    throw refusal(settings, error);
  } finally {
    await pool.end();
  }
}

async function withClient(pool: Pool, run: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await run(client);
  } finally {
    // Closing the connection rolls back what was not committed.
    client.release(true);
  }
}

async function requireServer(client: PoolClient, { address }: DatabaseSettings): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding`,
  );
  const { version = 0, encoding = '' } = rows[0] ?? {};
  if (version < OLDEST_SERVER)
    throw unusable(`${placeOf(address)} runs PostgreSQL ${Math.floor(version / 10_000)}; the agent needs 13 or later`);
  if (encoding !== 'UTF8')
    throw unusable(`${placeOf(address)} has the encoding ${encoding}; create a database with the encoding UTF8`);
}

async function createSchema(client: PoolClient, { address, schema }: DatabaseSettings): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rows.length > 0) return;
  try {
    await client.query(`CREATE SCHEMA ${quoted(schema)}`);
  } catch (error) {
    if (sqlStateOf(error) !== '42501') throw error;
    throw missingRight(address.user, `GRANT CREATE ON DATABASE ${quoted(address.database)} TO ${quoted(address.user)}`);
  }
}

async function migrate(client: PoolClient, { address, schema }: DatabaseSettings): Promise<void> {
  const name = quoted(schema);
  const version = await schemaVersion(client, schema);
  if (version > SCHEMA_VERSION)
    throw unusable(
      `the schema ${schema} in ${placeOf(address)} has version ${version}, and this program knows version ${SCHEMA_VERSION}; install the version of the program that the other agents have`,
    );
  if (version === SCHEMA_VERSION) return;
  try {
    // Writes of agents that still know the older version wait, and are then refused.
    if (version > 0) await client.query(`LOCK TABLE ${name}.entries IN ACCESS EXCLUSIVE MODE`);
    for (const step of MIGRATIONS.slice(version)) await client.query(step.replaceAll('%s', name));
    await client.query(`UPDATE ${name}.schema_version SET version = ${SCHEMA_VERSION}`);
  } catch (error) {
    if (sqlStateOf(error) !== '42501') throw error;
    throw missingRight(address.user, `GRANT USAGE, CREATE ON SCHEMA ${name} TO ${quoted(address.user)}`);
  }
}

/** 0 for a schema without tables. */
async function schemaVersion(client: PoolClient, schema: string): Promise<number> {
  const { rows: tables } = await client.query(
    `SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relname = 'schema_version'`,
    [schema],
  );
  if (tables.length === 0) return 0;
  const { rows } = await client.query<{ version: number }>(`SELECT version FROM ${quoted(schema)}.schema_version`);
  return rows[0]?.version ?? 0;
}

const TABLE_RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

async function requireRights(client: PoolClient, { address, schema }: DatabaseSettings): Promise<void> {
  const name = quoted(schema);
  const role = quoted(address.user);
  for (const table of ['entries', 'leases', 'agents']) {
    const { rows } = await client.query<{ granted: boolean }>(
      'SELECT bool_and(has_table_privilege($1, right_name)) AS granted FROM unnest($2::text[]) AS wanted (right_name)',
      [`${name}.${table}`, TABLE_RIGHTS],
    );
    if (rows[0]?.granted !== true)
      throw missingRight(address.user, `GRANT ${TABLE_RIGHTS.join(', ')} ON ALL TABLES IN SCHEMA ${name} TO ${role}`);
  }
  const { rows } = await client.query<{ granted: boolean }>(`SELECT has_sequence_privilege($1, 'USAGE') AS granted`, [
    `${name}.entry_versions`,
  ]);
  if (rows[0]?.granted !== true)
    throw missingRight(address.user, `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${name} TO ${role}`);
}

function refusal({ address, schema }: DatabaseSettings, error: unknown): AgentError {
  if (sqlStateOf(error) === '42501')
    return missingRight(
      address.user,
      `GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${quoted(address.user)}; GRANT SELECT ON ALL TABLES IN SCHEMA ${quoted(schema)} TO ${quoted(address.user)}`,
    );
  return unusable(`${placeOf(address)} cannot be used: ${reasonOf(error)}`, error);
}

const missingRight = (user: string, grant: string): AgentError =>
  unusable(`the database role ${user} lacks a right; run \`${grant};\` as the owner of the database`);

const unusable = (message: string, cause?: unknown): AgentError =>
  new AgentError('StateUnwritable', message, cause === undefined ? {} : { cause });
