import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ModuleClient } from 'azure-iot-device';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { hubCaller } from '../../support/local-hub/hub-rest.js';
import { connectModule } from '../../support/local-hub/sdk-module.js';
import { RestCaller, type TableRow } from '../../support/thingworx-rest.js';

const WRAPPERS = `
bundle: { name: Modules, version: 1.0.0 }
services:
  - name: RestartPart
    kind: deviceMethod
    methodName: part::restart
    parameters: [{ name: line, baseType: STRING, required: true }]
    rollout: { queryCondition: "tags.line = {line}", callerMaySet: [deviceIds] }
  - name: RestartPartByJob
    kind: deviceMethod
    methodName: part::restart
    parameters: [{ name: line, baseType: STRING, required: true }]
    job: { queryCondition: "tags.line = {line}" }
`;

/** Device, module, and line of its twin. Module \`a/other\` must never be called. */
const MODULES = [
  ['a', 'part', 'L1'],
  ['b', 'part', 'L1'],
  ['c', 'part', 'L2'],
  ['a', 'other', 'L1'],
] as const;

let ends: BothEnds;
let agent: Agent;
let rest: RestCaller;
const clients: ModuleClient[] = [];
const calls: string[] = [];

beforeAll(async () => {
  ends = await startBothEnds(0);
  const hub = hubCaller(ends.hub);
  for (const deviceId of ['a', 'b', 'c']) await hub('PUT', `/devices/${deviceId}`, { deviceId });
  for (const [deviceId, moduleId, line] of MODULES) {
    const { body } = await hub('PUT', `/devices/${deviceId}/modules/${moduleId}`, { deviceId, moduleId });
    await hub('PATCH', `/twins/${deviceId}/modules/${moduleId}`, { tags: { line } });
    clients.push(await connected(deviceId, moduleId, body.authentication.symmetricKey.primaryKey));
  }
  const description = join(ends.folder, 'modules.yaml');
  await writeFile(description, WRAPPERS);
  const config = await agentConfigFrom({
    ...ends.configuration,
    stateDir: join(ends.folder, 'state'),
    watch: { intervalSeconds: 0.1 },
    wrappers: [description],
  });
  agent = createAgent(config, { withProcessMetrics: false });
  await agent.start();
  await agent.whenBound();
  rest = new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub');
}, 30_000);

afterAll(async () => {
  await agent.stop();
  await Promise.all(clients.map((client) => client.close()));
  await ends.close();
});

async function connected(deviceId: string, moduleId: string, key: string): Promise<ModuleClient> {
  const client = await connectModule(ends.hub, { deviceId, moduleId, key });
  client.onMethod('restart', (_request, response) => {
    calls.push(`${deviceId}/${moduleId}`);
    void response?.send(deviceId === 'b' ? 503 : 200, { restarted: true });
  });
  // The second read is answered after the subscription that the method causes.
  await client.getTwin();
  await client.getTwin();
  return client;
}

/** The modules that were called since the last time, in order of their ids. */
const called = (): string[] => calls.splice(0).sort();

const ended = (rolloutId: string): Promise<TableRow> =>
  eventually(
    async () => (await rest.rows('GetRollout', { rolloutId }))[0] as TableRow,
    ({ state }) => state === 'completed',
  );

async function states(rolloutId: string): Promise<unknown[][]> {
  const { json } = await rest.invoke('QueryRolloutDevices', { rolloutId });
  const { rows } = json as { readonly rows: readonly TableRow[] };
  return rows
    .map(({ deviceId, moduleId, state, methodStatus }) => [deviceId, moduleId, state, methodStatus])
    .sort((a, b) => (String(a) < String(b) ? -1 : 1));
}

it('a roll-out calls the modules of a condition, each of its own device, and retries them', async () => {
  await rest.result('StartRollout', {
    rolloutId: 'm1',
    methodName: 'restart',
    queryCondition: "FROM devices.modules WHERE tags.line = 'L1' AND moduleId = 'part'",
    canaryCondition: "deviceId = 'b'",
  });
  expect(await ended('m1')).toMatchObject({ deviceCount: 2, succeededCount: 1, refusedCount: 1, batchCount: 2 });
  expect(called()).toEqual(['a/part', 'b/part']);
  expect(await states('m1')).toEqual([
    ['a', 'part', 'succeeded', 200],
    ['b', 'part', 'refused', 503],
  ]);
  const again = String(await rest.result('RetryRollout', { rolloutId: 'm1' }));
  expect(await ended(again)).toMatchObject({ deviceCount: 1, refusedCount: 1 });
  expect(called()).toEqual(['b/part']);
});

it('a roll-out calls modules of several ids in one hub job', async () => {
  await rest.result('StartRollout', {
    rolloutId: 'm2',
    methodName: 'restart',
    queryCondition: "FROM devices.modules WHERE deviceId = 'a'",
    verifyCondition: "tags.line = 'L1'",
    offlineDevices: 'wait',
  });
  expect(await ended('m2')).toMatchObject({ outcome: 'succeeded', deviceCount: 2, jobCount: 1 });
  expect(called()).toEqual(['a/other', 'a/part']);
});

it('module::method selects the module, for listed devices too', async () => {
  const parameters = { methodName: 'part::restart', deviceIds: ['c', 'a', 'nobody'], batchSize: 2 };
  const { json } = await rest.invoke('PreviewRollout', parameters);
  expect(json).toMatchObject({ deviceCount: 3, connectedCount: 2, jobCount: 2 });
  await rest.result('StartRollout', { rolloutId: 'm3', ...parameters });
  expect(await ended('m3')).toMatchObject({ methodName: 'part::restart', succeededCount: 2, failedCount: 1 });
  expect(called()).toEqual(['a/part', 'c/part']);
});

it('direct calls reach modules, too', async () => {
  const parameters = { methodName: 'part::restart', via: 'direct', deviceIds: ['a', 'b', 'nobody'] };
  await rest.result('StartRollout', { rolloutId: 'm4', ...parameters });
  expect(await ended('m4')).toMatchObject({ succeededCount: 1, refusedCount: 1, failedCount: 1, jobCount: 0 });
  expect(called()).toEqual(['a/part', 'b/part']);
  expect(await states('m4')).toEqual([
    ['a', 'part', 'succeeded', 200],
    ['b', 'part', 'refused', 503],
    ['nobody', 'part', 'notFound', undefined],
  ]);
});

it('a wrapper of a roll-out and one of a job call the method of the module', async () => {
  const rolloutId = String(await rest.result('RestartPart', { line: 'L2' }));
  expect(await ended(rolloutId)).toMatchObject({ outcome: 'succeeded', deviceCount: 1 });
  expect(called()).toEqual(['c/part']);
  const listed = String(await rest.result('RestartPart', { line: 'L2', deviceIds: { array: ['a'] } }));
  expect(await ended(listed)).toMatchObject({ outcome: 'succeeded', deviceCount: 1 });
  expect(called()).toEqual(['a/part']);
  const jobId = String(await rest.result('RestartPartByJob', { line: 'L2' }));
  expect(await rest.ended(jobId)).toMatchObject({
    methodName: 'restart',
    queryCondition: "FROM devices.modules WHERE moduleId = 'part' AND (tags.line = 'L2')",
    deviceCount: 1,
    outcome: 'succeeded',
  });
  expect(called()).toEqual(['c/part']);
});

it('a job calls the modules of a condition', async () => {
  const queryCondition = "FROM devices.modules WHERE moduleId = 'part'";
  const jobId = String(await rest.result('ScheduleDeviceMethodJob', { methodName: 'restart', queryCondition }));
  expect(await rest.ended(jobId)).toMatchObject({ deviceCount: 3, refusedCount: 1, outcome: 'completedWithErrors' });
  expect(called()).toEqual(['a/part', 'b/part', 'c/part']);
});
