import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { type PostgresServer, startPostgres } from '../support/postgres/server.js';
import { CommandProcess, SandboxProcess } from '../support/sandbox-process.js';
import { RestCaller } from '../support/thingworx-rest.js';

let postgres: PostgresServer;
let sandbox: SandboxProcess;
beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  sandbox = new SandboxProcess(['all', '--devices', '0', '--light-devices', '3', '--database-url', url]);
  await sandbox.started();
}, 60_000);
afterAll(async () => {
  await sandbox.stop();
  await postgres.close();
});

test('a sandbox with --database-url keeps roll-outs in the database, where `state info` counts them', async () => {
  const { url = '', appKey = '', thing = '' } = sandbox.ready.thingworx ?? {};
  const rest = new RestCaller(url, appKey, thing);
  const rollout = { rolloutId: 'kept', methodName: 'echo', queryCondition: '*' };
  await eventually(async () => (await rest.invoke('StartRollout', rollout)).status === 200);
  const states = async (): Promise<unknown> =>
    JSON.stringify((await rest.invoke('GetRollout', { rolloutId: 'kept' })).json);
  await eventually(async () => String(await states()).includes('"completed"'));
  const [from = ''] = sandbox.command.child.spawnargs.slice(-1);
  const info = new CommandProcess(['state', 'info', '--from', from, '--output', 'json']);
  expect(await info.exited).toEqual({ code: 0, signal: null });
  expect(info.stdout).toMatch(/"rollout/);
});
