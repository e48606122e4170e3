/** The version of the schema that this program reads and writes. */
export const SCHEMA_VERSION = 1;

/**
 * The steps from an empty database to the current schema, each as SQL in which `%s` is the quoted name of the schema. Step n
 * leads from version n to n + 1. Released steps never change.
 */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE %s.entries (
  key text COLLATE "C" PRIMARY KEY,
  value text NOT NULL,
  version bigint NOT NULL
);
CREATE SEQUENCE %s.entry_versions;
CREATE TABLE %s.leases (
  name text PRIMARY KEY,
  holder text NOT NULL,
  token bigint NOT NULL,
  expires timestamptz NOT NULL,
  -- Makes the token part of a key: a write that locks the key of its lease waits for a take-over, but not for a renewal.
  UNIQUE (name, token)
);
CREATE TABLE %s.agents (
  id text PRIMARY KEY,
  name text NOT NULL,
  version text NOT NULL,
  address text NOT NULL,
  leaving boolean NOT NULL,
  expires timestamptz NOT NULL
);
-- The last write of each place of each agent, by which a commit is looked up whose answer was lost.
CREATE TABLE %s.commits (
  place text PRIMARY KEY,
  write text NOT NULL,
  at timestamptz NOT NULL
);
CREATE TABLE %s.schema_version (version integer NOT NULL);
INSERT INTO %s.schema_version VALUES (0);
`,
];
