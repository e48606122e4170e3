import { describe, expect, it } from '@jest/globals';
import { agentConfigFrom } from '../../../../src/agent/config/load.js';
import type { ConfigurationInput } from '../../../../src/agent/config/schema.js';
import { compareConfigs } from '../../../../src/agent/reload/compare-configs.js';

const connection = (host: string, key = 'b25lIGtleQ=='): string =>
  `HostName=${host};SharedAccessKeyName=p;SharedAccessKey=${key}`;

const THINGWORX = { url: 'wss://twx.example.com', appKey: 'the-old-key' };
const BASE: ConfigurationInput = {
  thingworx: THINGWORX,
  iothubs: { main: { connectionString: connection('one.example') } },
  console: { key: 'the-key-of-the-console' },
};

async function compared(changes: Partial<ConfigurationInput>) {
  return compareConfigs(await agentConfigFrom(BASE), await agentConfigFrom({ ...BASE, ...changes }));
}

describe('compareConfigs', () => {
  it('applies a new password of the database at once, and a new pool size after a restart', async () => {
    const database = { url: 'postgres://u:old@127.0.0.1/d' };
    const running = await agentConfigFrom({ ...BASE, database });
    const next = await agentConfigFrom({ ...BASE, database: { url: 'postgres://u:new@127.0.0.1/d', poolSize: 9 } });
    const { live, restart, merged } = compareConfigs(running, next);
    expect([live, restart]).toEqual([['database.url'], ['database.poolSize']]);
    expect(merged.database).toMatchObject({ url: 'postgres://u:new@127.0.0.1/d', poolSize: 4 });
  });

  it('finds no changes between equal configurations', async () => {
    expect(await compared({})).toMatchObject({ live: [], restart: [] });
  });

  it.each<[string, Partial<ConfigurationInput>, string[]]>([
    ['the log level', { log: { level: 'debug' } }, ['log.level']],
    [
      'guards',
      { guards: { maxDevicesPerJob: 5, allowedMethods: ['a*'] } },
      ['guards.allowedMethods', 'guards.maxDevicesPerJob'],
    ],
    [
      'switches of services',
      { services: { deny: ['CancelJob'], shortNames: false } },
      ['services.deny', 'services.shortNames'],
    ],
    ['the watch', { watch: { all: true, intervalSeconds: 3 } }, ['watch.all', 'watch.intervalSeconds']],
    ['settings of roll-outs', { rollouts: { maxOpen: 7 } }, ['rollouts.maxOpen']],
    ['the application key', { thingworx: { ...THINGWORX, appKey: 'the-new-key' } }, ['thingworx.appKey']],
    ['the key of the console', { console: { key: 'another-key-of-the-console' } }, ['console.key']],
    [
      'the key of a hub',
      { iothubs: { main: { connectionString: connection('one.example', 'YW5vdGhlcg==') } } },
      ['iothubs.main.connectionString'],
    ],
  ])('takes %s live', async (_what, changes, live) => {
    expect(await compared(changes)).toMatchObject({
      live,
      restart: [],
      merged: await agentConfigFrom({ ...BASE, ...changes }),
    });
  });

  it.each<[string, Partial<ConfigurationInput>, string[]]>([
    ['the address of ThingWorx', { thingworx: { ...THINGWORX, url: 'wss://other.example' } }, ['thingworx.url']],
    ['the deadline of calls', { services: { timeoutSeconds: 3 } }, ['services.timeoutSeconds']],
    ['Things', { things: [{ name: 'Another' }] }, ['things']],
    ['the admin server', { admin: { port: 1 } }, ['admin.port']],
    ['the key of a console that would have none', { console: {} }, ['console.key']],
    ['the state folder', { stateDir: '/var/lib/x' }, ['stateDir']],
    [
      'the tier',
      { iothubs: { main: { connectionString: connection('one.example'), tier: 'S3' } } },
      ['iothubs.main.tier'],
    ],
    [
      'another hub',
      { iothubs: { main: { connectionString: connection('two.example') } } },
      ['iothubs.main.connectionString'],
    ],
  ])('leaves %s as it was until a restart', async (_what, changes, restart) => {
    expect(await compared(changes)).toMatchObject({ live: [], restart, merged: await agentConfigFrom(BASE) });
  });

  it('reports live keys and keys that need a restart, without values', async () => {
    const both = await compared({
      thingworx: { url: 'wss://other.example', appKey: 'the-new-key' },
      admin: { enabled: false },
    });
    expect(both).toMatchObject({ live: ['thingworx.appKey'], restart: ['admin.enabled', 'thingworx.url'] });
    expect(both.merged.thingworx).toMatchObject({
      appKey: 'the-new-key',
      address: { webSocketUrl: expect.stringContaining('twx.example.com') },
    });
  });
});
