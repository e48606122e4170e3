import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { startCall } from '../../../src/core/call-context.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { RestCaller } from '../../support/thingworx-rest.js';

const KEY = 'key-of-the-console';
const THING = 'AzureIotHub';
const DEVICES = 12;

let ends: BothEnds;
let agent: Agent;
let rest: RestCaller;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  ends = await startBothEnds(DEVICES);
  rest = new RestCaller(ends.platform.url, APP_KEY, THING);
  const config = await agentConfigFrom({
    ...ends.configuration,
    stateDir: join(ends.folder, 'state'),
    watch: { intervalSeconds: 0.1 },
    wrappers: [join(__dirname, '../../../wrappers/device-maintenance.yaml')],
    guards: { allowedMethods: ['echo', 'failing', 'reboot'] },
    services: { deny: ['QueryJobResults'] },
    console: {
      key: KEY,
      allow: ['ScheduleDeviceMethodJob', 'StartRollout', 'PreviewTargets', 'CancelJob', 'RebootDevices'],
    },
  });
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = createLogger({ level: 'info', secrets: [], sink: { write } });
  agent = createAgent(config, { log, withProcessMetrics: false });
  await agent.start();
  await agent.whenBound();
});
afterAll(async () => {
  await agent.stop();
  await ends.close();
});

interface Answer {
  readonly status: number;
  readonly body: any;
}

async function send(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${agent.adminUrl}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
const get = (path: string): Promise<Answer> => send('GET', path);
const invoke = (name: string, parameters: unknown): Promise<Answer> =>
  send('POST', `things/${THING}/services/${name}`, parameters);

/** All pages of a list. */
async function all(path: string): Promise<any[]> {
  const items: any[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await get(`${path}${path.includes('?') ? '&' : '?'}${cursor === null ? '' : `cursor=${cursor}`}`);
    items.push(...(body.items as any[]));
    cursor = body.cursor as string | null;
  } while (cursor !== null);
  return items;
}

/** Schedules a job with another client of the hub. */
async function putForeignJob(jobId: string): Promise<void> {
  const { connectionString, address, caPem } = ends.hub;
  const hub = openHub({
    credentials: { connectionString },
    address,
    ca: caPem,
    tier: 'unlimited',
    units: 1,
    userAgent: 'another program',
  });
  const context = startCall({ timeoutMs: 10_000 });
  try {
    await hub.lane('user').scheduleJob(context, {
      type: 'scheduleUpdateTwin',
      jobId,
      // A job that ends between two rounds of lists is shown by none of them.
      startTime: new Date(Date.now() + 1500),
      queryCondition: "deviceId = 'light-3'",
      patch: { tags: { b: 2 } },
      maxExecutionTimeInSeconds: 60,
    });
  } finally {
    context.dispose();
    hub.close();
  }
}

const jobEnded = (id: string) =>
  eventually(
    () => get(`jobs/main/${id}`),
    ({ body }) => body.outcome !== 'inProgress',
  );

describe('GET status and hubs', () => {
  it('show both ends, and what each hub has left', async () => {
    const { body } = await eventually(
      () => get('status'),
      ({ body }) => body.components.hub.status === 'ok',
    );
    expect(body).toMatchObject({
      ready: true,
      components: { platform: { status: 'ok', since: expect.any(String), detail: `bound: ${THING}` } },
      things: [{ name: THING, iothub: 'main' }],
      ended: expect.any(Array),
    });
    expect(JSON.stringify(body)).not.toContain(APP_KEY);
    const hubs = await get('hubs');
    expect(hubs.body).toMatchObject({
      cursor: null,
      items: [
        { name: 'main', tier: 'unlimited', things: [THING], places: 10, queuedJobs: 0, health: { status: 'ok' } },
      ],
    });
    const [{ budgets }] = hubs.body.items;
    expect(budgets.jobOperations).toMatchObject({ perMinute: null, stepSeconds: 15 });
    expect(budgets.jobOperations.points).toHaveLength(60);
    const used = budgets.jobOperations.points.reduce((sum: number, point: any) => sum + point.background, 0);
    expect(used).toBeGreaterThan(0);
  });
});

describe('jobs', () => {
  it('are listed newest first, whoever made them, and can be read with their devices', async () => {
    for (const jobId of ['first', 'second', 'third']) {
      await rest.invoke('ScheduleDeviceMethodJob', { jobId, methodName: 'echo', payload: { jobId } });
      await jobEnded(jobId);
    }
    const ids = (await all('jobs?limit=2')).map(({ jobId }) => jobId as string);
    expect(ids.slice(0, 3)).toEqual(['third', 'second', 'first']);
    expect((await get('jobs/main/second')).body).toMatchObject({
      hub: 'main',
      jobId: 'second',
      type: 'scheduleDeviceMethod',
      status: 'completed',
      outcome: 'succeeded',
      payload: { jobId: 'second' },
      deviceCount: DEVICES,
      refusedCount: 0,
      canBeCancelled: false,
    });
    const devices = await all('jobs/main/second/devices?limit=5');
    expect(new Set(devices.map(({ deviceId }) => deviceId as string)).size).toBe(DEVICES);
    expect(devices[0]).toMatchObject({ state: 'succeeded', methodStatus: 200, methodPayload: { jobId: 'second' } });
    expect(await all('jobs/main/second/devices?state=failed')).toEqual([]);
    expect((await all('devices/main/light-1/jobs')).map(({ jobId }) => jobId as string).sort()).toEqual(
      expect.arrayContaining(['first', 'second', 'third']),
    );
  });

  it('are filtered by hub, type, status, outcome and text in any case', async () => {
    await rest.invoke('ScheduleTwinUpdateJob', {
      jobId: 'tagged',
      queryCondition: "deviceId = 'light-2'",
      patch: { tags: { a: 1 } },
    });
    await jobEnded('tagged');
    const found = async (query: string) => (await all(`jobs?${query}`)).map(({ jobId }) => jobId as string);
    expect(await found('type=scheduleUpdateTwin')).toEqual(['tagged']);
    expect(await found('type=scheduleUpdateTwin&history=true')).toEqual(['tagged']);
    expect(await found('text=LIGHT-2')).toEqual(['tagged']);
    expect(await found('text=ECHO&status=completed&outcome=succeeded')).toEqual(['third', 'second', 'first']);
    expect(await found('hub=main&status=running')).toEqual([]);
  });

  it.each([
    ['jobs?hub=none', 404, 'UnknownHub', /no hub none/],
    ['jobs/none/x', 404, 'UnknownHub', /no hub none/],
    ['jobs/main/not-there', 404, 'JobNotFound', /not-there/],
    ['jobs?limit=0', 400, 'InvalidArgument', /limit in the query must be at least 1/],
    ['jobs?limit=1001', 400, 'InvalidArgument', /limit in the query must be at most 1000/],
    ['jobs?status=done', 400, 'InvalidArgument', /status in the query must be one of queued/],
    ['jobs?colour=red', 400, 'InvalidArgument', /unknown field: colour/],
    ['jobs?cursor=abc', 400, 'InvalidArgument', /cursor is not one of this list/],
    ['services?thing=Nobody', 404, 'UnknownThing', /no Thing Nobody/],
    ['devices', 400, 'InvalidArgument', /hub in the query is required/],
    ['devices?hub=main&condition=a%20%3D', 400, 'InvalidArgument', /column 4/],
    ['rollouts/main/none', 404, 'RolloutNotFound', /none/],
  ])('%s is %i %s', async (path, status, code, message) => {
    const answer = await get(path);
    expect(answer).toEqual({
      status,
      body: { error: { code, message: expect.stringMatching(message), remedy: expect.stringMatching(/\.$/) } },
    });
  });

  it('have cursors that belong to their filters', async () => {
    const { body } = await get('jobs?limit=1');
    expect((await get(`jobs?limit=1&text=x&cursor=${body.cursor}`)).body.error.message).toContain('other filters');
  });
});

describe('services', () => {
  it('are listed once each, with what a form needs', async () => {
    const items = await all('services');
    const names = items.map(({ name }) => name as string);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['GetJob', 'StartRollout', 'GetDevice', 'RebootDevices']));
    expect(names.filter((name) => /AzureIot/.test(name))).toEqual([]);
    const service = (name: string) => items.find((item) => item.name === name);
    expect(service('ScheduleDeviceMethodJob')).toMatchObject({
      thing: THING,
      category: 'Azure IoT Hub device jobs',
      isReadOnly: false,
      creates: 'job',
      preview: 'targets',
      parameters: expect.arrayContaining([
        expect.objectContaining({ name: 'methodName', isRequired: true, minLength: 1, maxLength: 100 }),
        expect.objectContaining({ name: 'queryCondition', isRequired: false, isCondition: true }),
        expect.objectContaining({ name: 'startTime', baseType: 'DATETIME' }),
      ]),
    });
    expect(service('FindRollouts')).toMatchObject({ isReadOnly: true, creates: null, preview: null });
    expect(service('StartRollout')).toMatchObject({ creates: 'rollout', preview: 'rollout' });
    expect(service('RebootDevices')).toMatchObject({ creates: 'job', preview: 'targets' });
    expect(service('QueryJobResults').disabled).toContain('services.allow or services.deny');
    expect(service('PauseRollout').disabled).toContain('console.allow');
    expect(service('StartRollout')).not.toHaveProperty('disabled');
  });

  it('are invoked with the checks and guards of ThingWorx, and each change is logged without values', async () => {
    const from = lines.length;
    const { status, body } = await invoke('ScheduleDeviceMethodJob', {
      jobId: 'from-console',
      methodName: 'failing',
      payload: { secret: 'value-of-payload' },
      startTime: '2020-01-01T00:00:00Z',
    });
    expect({ status, body }).toEqual({ status: 200, body: { result: 'from-console', baseType: 'STRING' } });
    expect((await jobEnded('from-console')).body).toMatchObject({
      outcome: 'completedWithErrors',
      refusedCount: DEVICES,
    });
    expect(await all('jobs/main/from-console/devices?state=refused')).toHaveLength(DEVICES);
    const logged = lines.slice(from).filter(({ actor }) => actor === 'console');
    expect(logged).toEqual([
      expect.objectContaining({
        address: '127.0.0.1',
        thing: THING,
        service: 'ScheduleDeviceMethodJob',
        correlationId: expect.any(String),
        result: 'ok',
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('value-of-payload');
    expect((await invoke('PreviewTargets', {})).body).toMatchObject({
      baseType: 'JSON',
      result: { deviceCount: DEVICES },
    });
    expect(lines.slice(from).filter(({ actor }) => actor === 'console')).toHaveLength(1);
  });

  it.each([
    ['ScheduleDeviceMethodJob', { methodName: 'forbidden' }, 403, 'Forbidden', /allowedMethods/],
    ['ScheduleDeviceMethodJob', { methodName: 'echo', extra: 1 }, 400, 'InvalidArgument', /no parameter "extra"/],
    ['ScheduleDeviceMethodJob', {}, 400, 'InvalidArgument', /"methodName" is required/],
    ['PauseRollout', { rolloutId: 'x' }, 403, 'Forbidden', /console\.allow/],
    ['NoService', {}, 404, 'UnknownService', /NoService/],
    ['CancelJob', { jobId: 'first' }, 409, 'JobNotCancellable', /first/],
  ])('%s with %j is %i %s', async (name, parameters, status, code, message) => {
    expect(await invoke(name, parameters)).toMatchObject({
      status,
      body: { error: { code, message: expect.stringMatching(message) } },
    });
  });

  it('are previewed without a change', async () => {
    const preview = (service: string, parameters: unknown) =>
      send('POST', 'preview', { thing: THING, service, parameters });
    const before = (await all('jobs')).length;
    const parameters = { methodName: 'echo', queryCondition: "deviceId IN ['light-1', 'light-2']" };
    expect((await preview('ScheduleDeviceMethodJob', parameters)).body).toMatchObject({
      deviceCount: 2,
      sample: [{ deviceId: 'light-1' }, { deviceId: 'light-2' }],
    });
    expect((await preview('StartRollout', { ...parameters, batchSize: 1 })).body).toMatchObject({
      deviceCount: 2,
      batchCount: 2,
      needsApproval: false,
    });
    expect((await preview('RebootDevices', { site: 'nowhere' })).body).toMatchObject({ deviceCount: 0, sample: [] });
    expect(await preview('CancelJob', {})).toMatchObject({ status: 400, body: { error: { code: 'InvalidArgument' } } });
    expect(await preview('PauseRollout', {})).toMatchObject({ status: 403 });
    expect((await all('jobs')).length).toBe(before);
  });

  it('have conditions that are checked while they are typed', async () => {
    const check = async (condition: string) => (await send('POST', 'conditions/check', { condition })).body.fault;
    expect(await check("tags.site = 'Lyon'")).toBeNull();
    expect(await check('tags.a = 1 AND\n  tags.b =')).toMatchObject({ line: 2, column: 11, offset: 25 });
  });
});

describe('roll-outs', () => {
  it('are listed and shown with batches, history and what their state allows', async () => {
    const parameters = { rolloutId: 'r-1', methodName: 'echo', queryCondition: '*', batchSize: 5 };
    expect((await invoke('StartRollout', parameters)).body).toEqual({ result: 'r-1', baseType: 'STRING' });
    await invoke('StartRollout', { ...parameters, rolloutId: 'r-2', queryCondition: "deviceId = 'light-1'" });
    for (const id of ['r-1', 'r-2'])
      await eventually(
        () => get(`rollouts/main/${id}`),
        ({ body }) => body.state === 'completed',
      );
    expect((await all('rollouts?limit=1')).map(({ rolloutId }) => rolloutId as string)).toEqual(['r-2', 'r-1']);
    expect(await all('rollouts?state=running')).toEqual([]);
    const { body } = await get('rollouts/main/r-1');
    expect(body).toMatchObject({
      hub: 'main',
      thing: THING,
      outcome: 'succeeded',
      deviceCount: DEVICES,
      succeededCount: DEVICES,
      batches: [{ size: 5, state: 'done' }, { size: 5 }, { size: 2 }],
      failures: [],
      actions: ['DeleteRollout'],
      definition: { methodName: 'echo', batchSize: 5 },
    });
    expect(body.history[0]).toMatchObject({ event: 'created', time: expect.stringMatching(/Z$/) });
    const course = await get('rollouts/main/r-1/course?points=50');
    expect(course.body.points.at(-1)).toMatchObject({
      time: expect.any(String),
      succeededCount: DEVICES,
      pendingCount: 0,
    });
    expect((await get('rollouts/main/r-1/course?points=2001')).status).toBe(400);
    const devices = await all('rollouts/main/r-1/devices?limit=5');
    expect(new Set(devices.map(({ deviceId }) => deviceId as string)).size).toBe(DEVICES);
    expect(await all('rollouts/main/r-1/devices?batch=3')).toHaveLength(2);
    const job = (await all('jobs?text=r-1')).at(0);
    expect(job).toMatchObject({ rolloutId: 'r-1', hub: 'main' });
    expect((await get('status')).body.ended).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: 'rollout', id: 'r-1', outcome: 'succeeded' })]),
    );
  });
});

describe('changes', () => {
  it('come as they happen: of jobs, whoever made them, of roll-outs, and of hubs', async () => {
    const leave = new AbortController();
    const response = await fetch(`${agent.adminUrl}/api/v1/changes`, {
      headers: { authorization: `Bearer ${KEY}` },
      signal: leave.signal,
    });
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString('utf8');
    })().catch(() => undefined);
    const events = () =>
      [...text.matchAll(/^event: (\w+)\nid: \S+\ndata: (.*)\n/gm)].map(([, name, data = '']) => ({
        name,
        data: JSON.parse(data) as any,
      }));
    const seen = (name: string, matches: (data: any) => boolean) =>
      eventually(
        () => Promise.resolve(events().some((event) => event.name === name && matches(event.data))),
        (isThere) => isThere,
      );
    await seen('status', ({ ready }) => ready === true);
    await rest.invoke('ScheduleDeviceMethodJob', { jobId: 'live', methodName: 'echo' });
    await seen('job', ({ jobId, job }) => jobId === 'live' && job.outcome === 'succeeded');
    await putForeignJob('of-others');
    await seen('job', ({ jobId, job }) => jobId === 'of-others' && job.status === 'completed');
    await invoke('StartRollout', { rolloutId: 'r-live', methodName: 'echo', queryCondition: '*' });
    await seen('rollout', ({ rolloutId, rollout }) => rolloutId === 'r-live' && rollout.state === 'completed');
    await seen('hub', ({ hub, state }) => hub === 'main' && state.budgets.queries.points.length === 1);
    await rest.invoke('DeleteRollout', { rolloutId: 'r-live' });
    await seen('rollout', ({ rolloutId, rollout }) => rolloutId === 'r-live' && rollout === null);
    leave.abort();
    await reading;
    expect(events().filter(({ name }) => name === 'reset')).toEqual([]);
  });
});

describe('devices', () => {
  it('are found by a condition, with their twins, page by page', async () => {
    expect(await all('devices?hub=main&limit=5')).toHaveLength(DEVICES);
    const [device] = await all(`devices?hub=main&condition=${encodeURIComponent("deviceId = 'light-2'")}`);
    expect(device).toMatchObject({
      hub: 'main',
      deviceId: 'light-2',
      status: 'enabled',
      connectionState: 'Connected',
      tags: { a: 1 },
      desired: {},
      reported: expect.any(Object),
    });
    expect(JSON.stringify(device)).not.toMatch(/\$metadata|primaryKey/);
  });
});
