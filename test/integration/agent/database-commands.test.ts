import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkDatabase } from '../../../src/agent/check/check-database.js';
import type { CheckStep } from '../../../src/agent/check/step.js';
import type { DatabaseConfig } from '../../../src/agent/config/agent-config.js';
import { systemClock } from '../../../src/core/clock.js';
import { openLevelStore } from '../../../src/store/level-store.js';
import { openPostgresStore } from '../../../src/store/postgres-store.js';
import { command } from '../../support/agent/command.js';
import { type PostgresServer, settingsFor, startPostgres } from '../../support/postgres/server.js';

const ENTRIES = 1200;

let server: PostgresServer;
let folder: string;
beforeAll(async () => {
  [server, folder] = await Promise.all([startPostgres(), mkdtemp(join(tmpdir(), 'state-'))]);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function fullFolder(): Promise<string> {
  const path = await mkdtemp(join(folder, 'full-'));
  const store = await openLevelStore(join(path, 'agent'));
  const values = Array.from({ length: ENTRIES }, (_, at) => ({ at, text: 'ä\u0000\u{1f600}', big: 2n ** 60n }));
  await store.batch(values.map((value, at) => ({ type: 'put' as const, key: `watch/main/${at}`, value })));
  await store.put('rollouts/main/open/1', 1);
  await store.close();
  return path;
}

describe('state copy and info', () => {
  it('copies a folder to a database and back, without a difference', async () => {
    const from = await fullFolder();
    const url = await server.createDatabase();
    const to = join(folder, 'copy');
    const first = await command(['state', 'copy', '--from', from, '--to', url]);
    expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining(`copied ${ENTRIES + 1} entries`) });
    const urlFile = join(folder, 'url');
    await writeFile(urlFile, `${url}\n`);
    expect((await command(['state', 'copy', '--from', `@${urlFile}`, '--to', to])).status).toBe(0);
    const [before, after] = [await openLevelStore(join(from, 'agent')), await openLevelStore(join(to, 'agent'))];
    for await (const [key, value] of before.entries()) expect(await after.get(key)).toEqual(value);
    await Promise.all([before.close(), after.close()]);
  });

  it('shows version, entries, leases and agents', async () => {
    const url = await server.createDatabase();
    const store = await openPostgresStore(settingsFor(url));
    await store.put('watch/main/a', 1);
    await store.announce({ id: '1', name: 'one', version: '1.0.0', address: 'http://h:1', leaving: false }, 30);
    await store.lease('main', 'one', 30);
    const { stdout } = await command(['state', 'info', '--from', url, '--output', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      entryCount: 1,
      entries: [{ kind: 'watch', count: 1 }],
      leases: [{ name: 'main', holder: 'one', token: 1 }],
      agents: [{ name: 'one', version: '1.0.0', address: 'http://h:1' }],
    });
    expect((await command(['state', 'info', '--from', url])).stdout).toMatch(/version 1, 1 entry\n[\s\S]*main +one/);
    await store.close();
    const source = await fullFolder();
    expect((await command(['state', 'info', '--from', source])).stdout).toMatch(/1201 entries\n[\s\S]*watch +1200/);
  });

  it('refuses a place that is in use, not empty, missing or none', async () => {
    const from = await fullFolder();
    const full = await fullFolder();
    const copy = (source: string, target: string) => command(['state', 'copy', '--from', source, '--to', target]);
    expect(await copy(from, full)).toMatchObject({ status: 1, stderr: expect.stringContaining('is not empty') });
    const used = await openLevelStore(join(from, 'agent'));
    expect(await copy(from, join(folder, 'new'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('in use'),
    });
    await used.close();
    expect(await copy(join(folder, 'none'), full)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no state'),
    });
    expect((await copy('mysql://u:the-password@h/d', full)).status).toBe(2);
    const empty = await server.createDatabase();
    expect(await copy(empty, join(folder, 'new'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no state'),
    });
    const away = await copy('postgres://u:the-password@127.0.0.1:1/d', full);
    expect(away.status).toBe(69);
    expect(away.stderr).toContain('warning: other users of this machine can see the password');
    expect(away.stderr).not.toContain('the-password');
  });
});

describe('the check of a database', () => {
  const stepsOf = async (changes: Partial<DatabaseConfig>): Promise<readonly CheckStep[]> => {
    const config = { url: server.url(), schema: 'checked', poolSize: 4, allowInsecure: false, ...changes };
    return await checkDatabase(config, systemClock, () => undefined);
  };

  it('finds that an agent could start, and creates nothing', async () => {
    for (const _time of [1, 2]) {
      const steps = await stepsOf({});
      expect(steps.map(({ step, verdict }) => [step, verdict])).toEqual([
        ['connection', 'ok'],
        ['TLS', 'ok'],
        ['rights', 'ok'],
        ['schema', 'ok'],
        ['clock', 'ok'],
      ]);
      expect(steps[3]?.detail).toContain('is created when an agent starts');
    }
  });

  it('says what to do about a server that is away, a role that is refused and a right that is missing', async () => {
    const [away] = await stepsOf({ url: 'postgres://u@127.0.0.1:1/d' });
    expect(away).toMatchObject({ verdict: 'failed', remedy: expect.stringContaining('that the server runs') });
    const [refused] = await stepsOf({ url: server.url('postgres', 'nobody-of-this-name') });
    expect(refused).toMatchObject({ verdict: 'failed', remedy: expect.stringContaining('check user, password') });
    await server.sql('CREATE ROLE reader LOGIN');
    const steps = await stepsOf({ url: server.url('postgres', 'reader') });
    expect(steps.find(({ step }) => step === 'rights')).toMatchObject({
      verdict: 'failed',
      remedy: expect.stringContaining('GRANT CREATE ON DATABASE "postgres" TO "reader"'),
    });
  });
});
