import { afterAll } from '@jest/globals';
import type { DatabaseSettings } from '../../../src/store/postgres-store.js';
import { Client } from 'pg';
import { type PostgresServer, settingsFor, startPostgres } from './server.js';

/** Databases for the tests of one file. */
export interface TestDatabase {
  /** Settings for state of its own. */
  settings(): Promise<DatabaseSettings>;
}

/**
 * A database for the tests of a file: in a server that is started when it is first needed, or in the one that the variable
 * TWX_IOTHUB_TEST_DATABASE_URL names.
 */
export function testDatabase(): TestDatabase {
  const given = process.env['TWX_IOTHUB_TEST_DATABASE_URL'];
  let server: Promise<PostgresServer> | undefined;
  const used: DatabaseSettings[] = [];
  afterAll(async () => {
    if (given !== undefined) for (const settings of used) await dropSchema(settings);
    await (await server)?.close();
  });
  return {
    async settings() {
      const url = given ?? (await (server ??= startPostgres())).url();
      const settings = { ...settingsFor(url), schema: `test_${process.pid}_${used.length}_${Date.now()}` };
      used.push(settings);
      return settings;
    },
  };
}

async function dropSchema({ address, schema }: DatabaseSettings): Promise<void> {
  const { host, port, user, password, database } = address;
  const client = new Client({ host, port, user, password, database });
  await client.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await client.end();
}
