import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type DatabaseSettings, openPostgresStore, type PostgresStore } from '../../../src/store/postgres-store.js';
import { probeDatabase } from '../../../src/store/postgres/probe.js';
import { eventually } from '../../support/eventually.js';
import { type CommitCutter, startCommitCutter } from '../../support/postgres/commit-cutter.js';
import { type PostgresServer, settingsFor, startPostgres } from '../../support/postgres/server.js';
import { recordingLog } from '../../support/recording-log.js';

let server: PostgresServer;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  server = await startPostgres();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => server.close());

const newSettings = async (): Promise<DatabaseSettings> => settingsFor(await server.createDatabase());

async function opened(...args: Parameters<typeof openPostgresStore>): Promise<PostgresStore> {
  const store = await openPostgresStore(...args);
  open.push(store);
  return store;
}

const keysOf = async (store: PostgresStore, prefix = ''): Promise<string[]> => {
  const keys: string[] = [];
  for await (const [key] of store.entries({ prefix })) keys.push(key);
  return keys;
};

describe('a lease in PostgreSQL', () => {
  test('expires by the clock of the database, and its writes are refused once another agent has it', async () => {
    const settings = await newSettings();
    const [one, other] = [await opened(settings), await opened(settings)];
    const first = await one.lease('hub', 'one', 1);
    expect(await other.lease('hub', 'other', 30)).toBeUndefined();
    const second = await eventually(
      () => other.lease('hub', 'other', 30),
      (lease) => lease !== undefined,
    );
    expect(second?.token).toBeGreaterThan(first?.token ?? Infinity);
    const late = one.batch([{ type: 'put', key: 'k', value: 1 }], { lease: { name: 'hub', token: first?.token ?? 0 } });
    await expect(late).rejects.toMatchObject({ code: 'LeaseLost' });
    expect(await first?.renew()).toBe(false);
    expect(await one.get('k')).toBeUndefined();
  });

  test('and the agents are seen by everybody with the time that is left', async () => {
    const store = await opened(await newSettings());
    const agent = { id: '1', name: 'one', version: '1.2.3', address: 'http://h:1', leaving: false };
    await store.announce(agent, 10);
    await store.lease('hub', 'one', 10);
    const view = await store.look();
    expect(view).toMatchObject({ agents: [agent], leases: [{ name: 'hub', holder: 'one', token: 1 }] });
    for (const { expiresInMs } of [...view.agents, ...view.leases]) {
      expect(expiresInMs).toBeGreaterThan(5000);
      expect(expiresInMs).toBeLessThanOrEqual(10_000);
    }
    await store.withdraw('1');
    expect((await store.look()).agents).toEqual([]);
  });
});

describe('a store in PostgreSQL', () => {
  test('walks page by page while it is written, each entry that stays once', async () => {
    const settings = await newSettings();
    const [store, other] = [await opened(settings), await opened(settings)];
    const key = (at: number): string => `k/${String(at).padStart(5, '0')}`;
    await store.batch(Array.from({ length: 2500 }, (_, at) => ({ type: 'put', key: key(at), value: 'x'.repeat(900) })));
    const seen: string[] = [];
    for await (const [found] of store.entries({ prefix: 'k/' })) {
      seen.push(found);
      if (seen.length % 250 === 0)
        await other.batch([
          { type: 'put', key: `k/${seen.length}-new`, value: 1 },
          { type: 'put', key: found, value: 'changed' },
        ]);
    }
    const stayed = seen.filter((found) => !found.endsWith('-new'));
    expect(stayed).toEqual(Array.from({ length: 2500 }, (_, at) => key(at)));
  });

  test('looks a commit up whose answer was lost, and writes it once', async () => {
    const settings = await newSettings();
    const cutter: CommitCutter = await startCommitCutter(server.port);
    open.push(cutter);
    const through = { ...settings, address: { ...settings.address, port: cutter.port } };
    const store = await opened(through);
    const watching = await opened(settings);
    for (const kind of ['answer', 'request'] as const) {
      await store.put(kind, 0);
      const before = await watching.read(kind);
      cutter.cutNext(kind);
      await store.batch([{ type: 'put', key: kind, value: 1 }], {
        ifUnchanged: [{ key: kind, version: before?.version }],
      });
      expect(await watching.get(kind)).toBe(1);
    }
    expect(cutter.cuts).toBe(2);
  });

  test('stays usable when each answer takes 200 ms: many reads at once are one request', async () => {
    const settings = await newSettings();
    const slow = await startCommitCutter(server.port);
    open.push(slow);
    const store = await opened({ ...settings, address: { ...settings.address, port: slow.port } });
    const keys = Array.from({ length: 500 }, (_, at) => `k${at}`);
    await store.batch(keys.map((key, value) => ({ type: 'put', key, value })));
    slow.slowDown(200);
    const startedMs = performance.now();
    expect(await Promise.all(keys.map((key) => store.get(key)))).toEqual(keys.map((_key, at) => at));
    const lease = await store.lease('hub', 'one', 30);
    await store.batch([{ type: 'put', key: 'k0', value: 'new' }], { lease: { name: 'hub', token: lease?.token ?? 0 } });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(store.isAvailable).toBe(true);
  });

  test('fails at once while the server is down, says so once, and works when it is back', async () => {
    const log = recordingLog();
    const availability: boolean[] = [];
    const store = await opened(await newSettings(), {
      log,
      onAvailability: ({ isAvailable }) => availability.push(isAvailable),
    });
    await store.put('a', 1);
    await server.crash();
    await expect(store.put('a', 2)).rejects.toMatchObject({ code: 'StoreUnavailable' });
    await expect(store.get('a')).rejects.toMatchObject({ code: 'StoreUnavailable' });
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'StoreUnavailable' });
    await server.restart();
    await eventually(() => Promise.resolve(store.isAvailable));
    expect(await store.get('a')).toBe(1);
    expect([availability.includes(false), availability.at(-1)]).toEqual([true, true]);
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('reports a full disk and works when there is space', async () => {
    const settings = await newSettings();
    const store = await opened(settings);
    await server.sql(
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$;
       CREATE TRIGGER full_disk BEFORE INSERT ON twx_iothub.entries FOR EACH ROW EXECUTE FUNCTION full_disk();`,
      settings.address.database,
    );
    await expect(store.put('a', 1)).rejects.toMatchObject({
      code: 'StoreUnavailable',
      message: expect.stringContaining('its disk is full'),
    });
    await server.sql('DROP TRIGGER full_disk ON twx_iothub.entries', settings.address.database);
    await store.put('a', 1);
    expect(await store.get('a')).toBe(1);
  });

  test('uses another password when it was rotated', async () => {
    const settings = await newSettings();
    const store = await opened(settings);
    await server.sql('CREATE ROLE rotated LOGIN SUPERUSER');
    await store.use({ ...settings, address: { ...settings.address, user: 'nobody-of-this-name' } });
    await expect(store.get('a')).rejects.toMatchObject({ code: 'StoreUnavailable' });
    await store.use({ ...settings, address: { ...settings.address, user: 'rotated' } });
    expect(await store.get('a')).toBeUndefined();
  });
});

describe('a schema', () => {
  test('is created once by agents that start together', async () => {
    const settings = await newSettings();
    const stores = await Promise.all(Array.from({ length: 4 }, () => opened(settings)));
    await Promise.all(stores.map((store, at) => store.put(String(at), at)));
    expect(await keysOf(stores[0] as PostgresStore)).toEqual(['0', '1', '2', '3']);
  });

  test('that is newer is not used, and an older agent that runs beside it writes nothing and is stopped', async () => {
    const settings = await newSettings();
    const unusable: string[] = [];
    const older = await opened(settings, { onUnusable: (error) => unusable.push(error.message) });
    await server.sql('UPDATE twx_iothub.schema_version SET version = 9', settings.address.database);
    await expect(older.put('a', 1)).rejects.toMatchObject({ code: 'StoreUnavailable' });
    expect(unusable).toEqual([expect.stringMatching(/version 9 now, and this program knows version 1/)]);
    await expect(openPostgresStore(settings)).rejects.toMatchObject({
      code: 'StateUnwritable',
      message: expect.stringMatching(/version 9, and this program knows version 1/),
    });
    expect(await older.get('a')).toBeUndefined();
  });

  test('that the role may not create or use is an error with the GRANT that is missing', async () => {
    const settings = await newSettings();
    const { database } = settings.address;
    await server.sql('DROP ROLE IF EXISTS limited; CREATE ROLE limited LOGIN');
    const limited = { ...settings, address: { ...settings.address, user: 'limited' } };
    const refused = (grant: string) =>
      expect(openPostgresStore(limited)).rejects.toMatchObject({
        code: 'StateUnwritable',
        message: expect.stringContaining(grant),
      });
    await refused(`GRANT CREATE ON DATABASE "${database}" TO "limited"`);
    expect(await probeDatabase(limited)).toMatchObject({
      missingGrant: expect.stringContaining('GRANT CREATE ON DATABASE'),
    });
    await opened(settings);
    await server.sql('GRANT USAGE ON SCHEMA twx_iothub TO limited', database);
    await server.sql('GRANT SELECT ON ALL TABLES IN SCHEMA twx_iothub TO limited', database);
    await refused('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "twx_iothub" TO "limited"');
    await server.sql(
      'GRANT ALL ON ALL TABLES IN SCHEMA twx_iothub TO limited; GRANT USAGE ON ALL SEQUENCES IN SCHEMA twx_iothub TO limited',
      database,
    );
    await (await opened(limited)).put('a', 1);
  });

  test('refuses a role that does not exist, and has the tables of the contract', async () => {
    const settings = await newSettings();
    const unknown = { ...settings, address: { ...settings.address, user: 'nobody-of-this-name' } };
    await expect(openPostgresStore(unknown)).rejects.toMatchObject({ code: 'StateUnwritable' });
    await opened(settings);
    const client = new Client({ connectionString: server.url(settings.address.database) });
    await client.connect();
    const { rows } = await client.query<{ column: string }>(
      `SELECT table_name || '.' || column_name AS column FROM information_schema.columns WHERE table_schema = 'twx_iothub'`,
    );
    await client.end();
    const columns = rows.map(({ column }) => column);
    for (const table of ['entries.key', 'entries.value', 'entries.version', 'leases.token', 'schema_version.version'])
      expect(columns).toContain(table);
  });
});
