import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ended, type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';

/** Sends the requests of clients that cannot run in this test, as those clients send them. */
let tested: HubUnderTest;
beforeAll(async () => {
  tested = await startHubUnderTest();
  await tested.hub.registerDevices([{ deviceId: 'd', tags: { site: 'lyon' } }, { deviceId: 'e' }]);
  await tested.registry.addModule({ deviceId: 'd', moduleId: 'm' });
});
afterAll(() => tested.close());

describe("Microsoft's Java SDK, whose HTTP client has no PATCH", () => {
  const post = (path: string, override: string, body: unknown, headers: Record<string, string> = {}) =>
    tested.raw('POST', path, { body, headers: { 'X-HTTP-Method-Override': override, ...headers } });

  test.each(['/twins/d', '/twins/d/modules/m', '/twins/d/'])('patches %s with a POST', async (path) => {
    const answer = await post(path, 'PATCH', { tags: { a: 1 }, properties: { desired: { b: 2 } } });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ tags: { a: 1 }, properties: { desired: { b: 2 } } });
    const again = await post(path, 'PATCH', { tags: { a: null } });
    expect(again.json.tags).not.toHaveProperty('a');
    expect(again.json.properties.desired.b).toBe(2);
  });

  test.each([
    ['X-HTTP-Method-Override', 'patch'],
    ['x-http-method-override', ' Patch '],
    ['X-Http-Method-OVERRIDE', 'PATCH'],
  ])('in any letter case of %s: %s', async (name, value) => {
    const answer = await tested.raw('POST', '/twins/e', { body: { tags: { [name]: 1 } }, headers: { [name]: value } });
    expect(answer.json.tags).toMatchObject({ [name]: 1 });
  });

  test('overrides with PUT, GET and DELETE too', async () => {
    expect((await post('/devices/made', 'PUT', { deviceId: 'made' })).status).toBe(200);
    expect((await post('/devices/made', 'GET', undefined)).json.deviceId).toBe('made');
    expect((await post('/devices/made', 'DELETE', undefined, { 'if-match': '*' })).status).toBe(204);
    expect((await tested.raw('GET', '/devices/made')).status).toBe(404);
  });

  test('is subject to the checks of the effective method', async () => {
    const stale = await post('/twins/d', 'PATCH', { tags: {} }, { 'if-match': '"AAAAAAAAAAA="' });
    expect([stale.status, stale.headers['iothub-errorcode']]).toEqual([412, 'PreconditionFailed']);
    const unsigned = { body: {}, headers: { 'X-HTTP-Method-Override': 'PATCH' }, authorization: '' };
    expect((await tested.raw('POST', '/twins/d', unsigned)).status).toBe(401);
    const reader = { ...unsigned, authorization: tested.token('registryRead') };
    expect((await tested.raw('POST', '/twins/d', reader)).status).toBe(401);
    expect((await post('/twins/d', 'BREW', {})).status).toBe(405);
    expect((await post('/twins/d', '', {})).status).toBe(405);
  });

  test('overrides a POST only', async () => {
    const headers = { 'X-HTTP-Method-Override': 'DELETE' };
    expect((await tested.raw('GET', '/devices/d', { headers })).json.deviceId).toBe('d');
    const body = { tags: { kept: true } };
    expect((await tested.raw('PATCH', '/twins/d', { body, headers })).json.tags.kept).toBe(true);
  });

  test('may override a POST with itself', async () => {
    const answer = await post('/devices/query', 'POST', { query: "SELECT deviceId FROM devices WHERE deviceId = 'd'" });
    expect(answer.json).toEqual([{ deviceId: 'd' }]);
  });
});

describe('the Azure CLI', () => {
  const version = 'api-version=2024-03-31';

  test('lists jobs of both kinds, and requests an unknown job from both', async () => {
    expect((await tested.raw('GET', '/jobs/v2/query', { version })).status).toBe(200);
    expect(await tested.raw('GET', '/jobs', { version })).toMatchObject({ status: 200, json: [] });
    expect((await tested.raw('GET', '/jobs/v2/none', { version })).json.status).toBe('unknown');
    const one = await tested.raw('GET', '/jobs/none', { version });
    expect([one.status, one.headers['iothub-errorcode']]).toEqual([404, 'JobNotFound']);
    expect(one.json.ExceptionMessage).toContain('Tracking ID:');
    expect((await tested.raw('POST', '/jobs/create', { version, body: { type: 'export' } })).status).toBe(501);
  });

  test('reads import and export jobs with the right to read the registry', async () => {
    expect((await tested.raw('GET', '/jobs', { authorization: tested.token('registryRead') })).status).toBe(200);
    expect((await tested.raw('GET', '/jobs', { authorization: tested.token('service') })).status).toBe(401);
  });

  test('lists the children of an edge device', async () => {
    await tested.raw('PUT', '/devices/edge', { body: { deviceId: 'edge', capabilities: { iotEdge: true } } });
    const scope = (await tested.raw('GET', '/devices/edge')).json.deviceScope as string;
    await tested.raw('PUT', '/devices/leaf', { body: { deviceId: 'leaf', deviceScope: scope } });
    const query = `select deviceId from devices where array_contains(parentScopes, '${scope}')`;
    expect((await tested.raw('POST', '/devices/query', { version, body: { query } })).json).toEqual([
      { deviceId: 'leaf' },
    ]);
  });

  test('creates a configuration with its priority as a string and evaluates its system metrics', async () => {
    await tested.hub.registerDevices(
      Array.from({ length: 3 }, (_, index) => ({ deviceId: `c${index}`, tags: { [`my-group`]: 'x' } })),
    );
    const body = {
      id: 'conf-1',
      content: { deviceContent: {} },
      targetCondition: "tags.[[my-group]]='x'",
      priority: '7',
    };
    expect((await tested.raw('PUT', '/configurations/conf-1', { version, body })).json.priority).toBe(7);
    const { systemMetrics } = (await tested.raw('GET', '/configurations/conf-1', { version })).json;
    expect(systemMetrics).toEqual({
      results: { targetedCount: 3, appliedCount: 0 },
      queries: {
        targetedCount: "SELECT deviceId FROM devices WHERE tags.[[my-group]]='x'",
        appliedCount: "SELECT deviceId FROM devices WHERE configurations.[[conf-1]].status = 'Applied'",
      },
    });
    for (const [name, rows] of [
      ['targetedCount', 3],
      ['appliedCount', 0],
    ] as const) {
      const answer = await tested.raw('POST', '/devices/query', {
        version,
        body: { query: systemMetrics.queries[name] },
      });
      expect([answer.status, answer.json.length]).toEqual([200, rows]);
    }
  });

  test.each([
    ['*', 'SELECT deviceId FROM devices'],
    ['', 'SELECT deviceId FROM devices WHERE false'],
    [
      "FROM devices.modules WHERE moduleId = 'm'",
      "SELECT deviceId, moduleId FROM devices.modules WHERE moduleId = 'm'",
    ],
  ])('sees the metrics of the target condition %j', async (targetCondition, query) => {
    await tested.registry.removeConfiguration('conf-2').catch(() => undefined);
    const body = { id: 'conf-2', content: { deviceContent: {} }, targetCondition };
    const { systemMetrics } = (await tested.raw('PUT', '/configurations/conf-2', { body })).json;
    expect(systemMetrics.queries.targetedCount).toBe(query);
    const answer = await tested.raw('POST', '/devices/query', {
      body: { query },
      headers: { 'x-ms-max-item-count': '1000' },
    });
    expect(answer.json).toHaveLength(systemMetrics.results.targetedCount);
    const listed = (await tested.raw('GET', '/configurations')).json;
    expect(listed.find((each: { id: string }) => each.id === 'conf-2').systemMetrics).toEqual(systemMetrics);
  });

  test('sees no results of a target condition that cannot be parsed', async () => {
    const body = { id: 'conf-3', content: { deviceContent: {} }, targetCondition: 'tags.a ==' };
    expect((await tested.raw('PUT', '/configurations/conf-3', { body })).json.systemMetrics.results).toEqual({});
  });

  test.each(['-1', '1.5', 'high', '', true])('receives an error for the priority %j', async (priority) => {
    const body = { id: 'conf-4', content: { deviceContent: {} }, priority };
    expect((await tested.raw('PUT', '/configurations/conf-4', { body })).status).toBe(400);
  });
});

describe('an edge device', () => {
  const modulesOf = async (deviceId: string): Promise<string[]> =>
    (await tested.raw('GET', `/devices/${deviceId}/modules`)).json.map((each: { moduleId: string }) => each.moduleId);

  test.each(['PUT', 'bulk'])('has its system modules from the start if created by %s', async (how) => {
    const deviceId = `edge-${how}`;
    const capabilities = { iotEdge: true };
    await (how === 'PUT'
      ? tested.raw('PUT', `/devices/${deviceId}`, { body: { deviceId, capabilities } })
      : tested.raw('POST', '/devices', { body: [{ id: deviceId, importMode: 'create', capabilities }] }));
    expect(await modulesOf(deviceId)).toEqual(['$edgeAgent', '$edgeHub']);
    const agent = (await tested.raw('GET', `/devices/${deviceId}/modules/$edgeAgent`)).json;
    expect(agent).toMatchObject({ deviceId, moduleId: '$edgeAgent', authentication: { type: 'sas' } });
    expect(agent.authentication.symmetricKey.primaryKey).toMatch(/=$/u);
    expect((await tested.raw('GET', `/twins/${deviceId}/modules/%24edgeHub`)).json.moduleId).toBe('$edgeHub');
    const again = await tested.raw('PUT', `/devices/${deviceId}/modules/$edgeHub`, { body: {} });
    expect([again.status, again.headers['iothub-errorcode']]).toEqual([409, 'ModuleAlreadyExistsOnDevice']);
    await tested.raw('DELETE', `/devices/${deviceId}`, { headers: { 'if-match': '*' } });
    expect((await tested.raw('GET', `/twins/${deviceId}/modules/$edgeHub`)).status).toBe(404);
  });

  test('still accepts fifty modules of its own', async () => {
    await tested.raw('PUT', '/devices/full', { body: { capabilities: { iotEdge: true } } });
    for (let index = 0; index < 50; index++) {
      expect((await tested.raw('PUT', `/devices/full/modules/m${index}`, { body: {} })).status).toBe(200);
    }
    expect((await tested.raw('PUT', '/devices/full/modules/m50', { body: {} })).status).toBe(413);
  });

  test('has no system modules without the capability', async () => {
    await tested.raw('PUT', '/devices/plain', { body: { capabilities: { iotEdge: false } } });
    expect(await modulesOf('plain')).toEqual([]);
  });
});

describe('a condition by prefix', () => {
  test('selects the devices of a job, and of a query', async () => {
    await tested.hub.addLightDevices(
      ['line-1', 'line-2', 'Line-3', 'other'].map((deviceId) => ({ deviceId, tags: { group: { region: 'US' } } })),
    );
    const queryCondition = "STARTSWITH(deviceId, 'line') AND tags.[[group]].region = 'US'";
    const body = { type: 'scheduleDeviceMethod', queryCondition, cloudToDeviceMethod: { methodName: 'echo' } };
    await tested.raw('PUT', '/jobs/v2/prefix', { body });
    expect(await ended(tested, 'prefix')).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { deviceCount: 2, succeededCount: 2 },
    });
    const query = `SELECT deviceId, tags.[[group]].region AS [[the region]] FROM devices WHERE startsWith(DeviceId, 'line')`;
    expect((await tested.raw('POST', '/devices/query', { body: { query } })).json).toEqual([
      { deviceId: 'line-1', 'the region': 'US' },
      { deviceId: 'line-2', 'the region': 'US' },
    ]);
  });

  test('with STARTS_WITH is refused and fails the job, with a hint', async () => {
    const queryCondition = "STARTS_WITH(deviceId, 'line')";
    const refused = await tested.raw('POST', '/devices/query', {
      body: { query: `SELECT * FROM devices WHERE ${queryCondition}` },
    });
    expect([refused.status, refused.headers['iothub-errorcode']]).toEqual([400, 'ArgumentInvalid']);
    expect(refused.json.Message).toContain('STARTSWITH');
    const body = { type: 'scheduleDeviceMethod', queryCondition, cloudToDeviceMethod: { methodName: 'echo' } };
    await tested.raw('PUT', '/jobs/v2/underscore', { body });
    const job = await ended(tested, 'underscore');
    expect([job.status, job.failureReason]).toEqual(['failed', expect.stringContaining('STARTSWITH')]);
  });
});
