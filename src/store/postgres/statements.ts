/** Every statement of the store, for one schema. The time is that of the database, never that of this machine. */
export interface Statements {
  /** $1 keys. */
  readonly get: string;
  /** $1 first key or null, $2 end or null, $3 most rows, $4 most bytes: rows of a page, at least one if there is any. */
  readonly page: string;
  readonly pageInReverse: string;
  /** $1 keys whose versions are compared: serializes batches that depend on the same keys, even on missing ones. */
  readonly lockKeys: string;
  /** $1 keys; locks their rows. */
  readonly versions: string;
  /**
   * $1 schema version, $2 lease or null, $3 its token, $4 keys to delete, $5 keys and $6 values to put, $7 place and $8 id of
   * the write.
   */
  readonly write: string;
  /** $1 place of a write: the id of the last write that was committed there, once none is under way. */
  readonly lastWrite: string;
  /** $1 name, $2 holder, $3 seconds. */
  readonly takeLease: string;
  /** $1 name, $2 token, $3 seconds. */
  readonly renewLease: string;
  /** $1 name, $2 token. */
  readonly releaseLease: string;
  /** $1 id, $2 name, $3 version, $4 address, $5 leaving, $6 seconds. */
  readonly announce: string;
  /** $1 id. */
  readonly withdraw: string;
  /** Agents and leases, as JSON. */
  readonly look: string;
  /** Number of entries by the first part of their keys. */
  readonly kinds: string;
}

/** @param schema the quoted name of the schema. */
export function statementsFor(schema: string): Statements {
  return { ...entryStatements(schema), ...leaseStatements(schema) };
}

function entryStatements(schema: string): Omit<Statements, keyof ReturnType<typeof leaseStatements>> {
  const page = (order: 'ASC' | 'DESC'): string => `
SELECT key, value FROM (
  SELECT key, value, sum(octet_length(value)) OVER (ORDER BY key ${order} ROWS UNBOUNDED PRECEDING) - octet_length(value) AS before
  FROM (
    SELECT key, value FROM ${schema}.entries
    WHERE ($1::text IS NULL OR key >= $1) AND ($2::text IS NULL OR key < $2) ORDER BY key ${order} LIMIT $3
  ) found
) measured WHERE before < $4 ORDER BY key ${order}`;
  return {
    get: `SELECT key, value, version FROM ${schema}.entries WHERE key = ANY ($1::text[])`,
    page: page('ASC'),
    pageInReverse: page('DESC'),
    lockKeys: `
SELECT pg_advisory_xact_lock(hash) FROM (
  SELECT DISTINCT hashtextextended('${schema.replaceAll("'", "''")} ' || key, 0) AS hash FROM unnest($1::text[]) AS given (key) ORDER BY hash
) hashes`,
    versions: `SELECT key, version FROM ${schema}.entries WHERE key = ANY ($1::text[]) ORDER BY key FOR UPDATE`,
    write: `
WITH schema AS MATERIALIZED (
  SELECT version FROM ${schema}.schema_version
), held AS MATERIALIZED (
  SELECT token FROM ${schema}.leases WHERE name = $2 AND token = $3 FOR KEY SHARE
), allowed AS MATERIALIZED (
  SELECT 1 WHERE EXISTS (SELECT 1 FROM schema WHERE version = $1) AND ($2::text IS NULL OR EXISTS (SELECT 1 FROM held))
), doomed AS MATERIALIZED (
  SELECT key FROM ${schema}.entries WHERE key = ANY ($4::text[]) AND EXISTS (SELECT 1 FROM allowed) ORDER BY key FOR UPDATE
), deleted AS (
  DELETE FROM ${schema}.entries USING doomed WHERE entries.key = doomed.key
), written AS (
  INSERT INTO ${schema}.entries (key, value, version)
  SELECT key, value, nextval('${schema.replaceAll("'", "''")}.entry_versions') FROM (
    SELECT key, value FROM unnest($5::text[], $6::text[]) AS given (key, value)
    WHERE EXISTS (SELECT 1 FROM allowed) ORDER BY key COLLATE "C"
  ) sorted
  ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version
), noted AS (
  INSERT INTO ${schema}.commits (place, write, at) SELECT $7, $8, clock_timestamp() FROM allowed
  ON CONFLICT (place) DO UPDATE SET write = excluded.write, at = excluded.at
)
SELECT (SELECT version FROM schema) AS schema, (SELECT count(*) FROM held)::int AS held`,
    lastWrite: `
INSERT INTO ${schema}.commits AS last (place, write, at) VALUES ($1, '', clock_timestamp())
ON CONFLICT (place) DO UPDATE SET write = last.write RETURNING write`,
    kinds: `SELECT split_part(key, '/', 1) AS kind, count(*)::int AS count FROM ${schema}.entries GROUP BY 1 ORDER BY 1`,
  };
}

function leaseStatements(
  schema: string,
): Pick<Statements, 'takeLease' | 'renewLease' | 'releaseLease' | 'announce' | 'withdraw' | 'look'> {
  const from = (seconds: string): string => `clock_timestamp() + make_interval(secs => ${seconds})`;
  return {
    takeLease: `
INSERT INTO ${schema}.leases AS lease (name, holder, token, expires) VALUES ($1, $2, 1, ${from('$3')})
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = lease.token + 1, expires = ${from('$3')}
WHERE lease.expires <= clock_timestamp()
RETURNING token`,
    renewLease: `UPDATE ${schema}.leases SET expires = ${from('$3')} WHERE name = $1 AND token = $2`,
    releaseLease: `
UPDATE ${schema}.leases SET holder = '', token = token + 1, expires = clock_timestamp() WHERE name = $1 AND token = $2`,
    announce: `
INSERT INTO ${schema}.agents (id, name, version, address, leaving, expires) VALUES ($1, $2, $3, $4, $5, ${from('$6')})
ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, address = excluded.address,
  leaving = excluded.leaving, expires = excluded.expires`,
    withdraw: `
WITH old AS (DELETE FROM ${schema}.commits WHERE at < clock_timestamp() - interval '1 day')
DELETE FROM ${schema}.agents WHERE id = $1 OR expires < clock_timestamp() - interval '1 day'`,
    look: `
SELECT
  (SELECT version FROM ${schema}.schema_version) AS schema,
  (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'version', version, 'address', address, 'leaving', leaving,
    'expiresInMs', (extract(epoch FROM expires - clock_timestamp()) * 1000)::bigint) ORDER BY id), '[]')
    FROM ${schema}.agents) AS agents,
  (SELECT coalesce(json_agg(json_build_object('name', name, 'holder', holder, 'token', token,
    'expiresInMs', (extract(epoch FROM expires - clock_timestamp()) * 1000)::bigint) ORDER BY name), '[]')
    FROM ${schema}.leases) AS leases`,
  };
}
