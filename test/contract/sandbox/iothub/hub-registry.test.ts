import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';

let tested: HubUnderTest;
beforeAll(async () => {
  tested = await startHubUnderTest();
});
afterAll(() => tested.close());

const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/]{43}=$/u;

describe('identities of devices', () => {
  test('are created with generated keys, read, updated and deleted by the SDK', async () => {
    const { responseBody: created } = await tested.registry.create({ deviceId: 'life' });
    const keys = created.authentication?.symmetricKey;
    expect(keys?.primaryKey).toMatch(BASE64_OF_32_BYTES);
    expect(keys?.secondaryKey).toMatch(BASE64_OF_32_BYTES);
    expect(keys?.primaryKey).not.toBe(keys?.secondaryKey);
    const { responseBody: read } = await tested.registry.get('life');
    expect(read).toMatchObject({ deviceId: 'life', status: 'enabled', connectionState: 'Disconnected' });
    const { responseBody: updated } = await tested.registry.update({
      deviceId: 'life',
      status: 'disabled',
      statusReason: 'test',
    });
    expect(updated).toMatchObject({ status: 'disabled', statusReason: 'test' });
    expect((updated as any).etag).not.toBe((read as any).etag);
    const { httpResponse } = await tested.registry.delete('life');
    expect(httpResponse.statusCode).toBe(204);
    await expect(tested.registry.get('life')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
  });

  test('keep the given keys, and invalid keys are refused', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const { responseBody } = await tested.registry.create({
      deviceId: 'own-key',
      authentication: { symmetricKey: { primaryKey: key, secondaryKey: key } },
    });
    expect(responseBody.authentication?.symmetricKey?.primaryKey).toBe(key);
    const bad = await tested.raw('PUT', '/devices/bad-key', {
      body: { deviceId: 'bad-key', authentication: { symmetricKey: { primaryKey: 'short', secondaryKey: 'short' } } },
    });
    expect(bad.status).toBe(400);
    expect(bad.text).not.toContain('"short"');
  });

  test('cannot be created twice', async () => {
    await tested.registry.create({ deviceId: 'twice' });
    await expect(tested.registry.create({ deviceId: 'twice' })).rejects.toMatchObject({
      name: 'DeviceAlreadyExistsError',
      message: "A device with ID 'twice' is already registered.",
    });
  });

  test('are updated and deleted only with the right ETag', async () => {
    const { etag } = (await tested.raw('PUT', '/devices/etag', { body: { deviceId: 'etag' } })).json;
    const stale = { headers: { 'if-match': '"AAAAAAAAAGQ="' }, body: { deviceId: 'etag' } };
    const refused = await tested.raw('PUT', '/devices/etag', stale);
    expect(refused.status).toBe(412);
    expect(refused.headers['iothub-errorcode']).toBe('PreconditionFailed');
    expect((await tested.raw('DELETE', '/devices/etag', { headers: stale.headers })).status).toBe(412);
    const good = { headers: { 'if-match': `"${etag}"` }, body: { deviceId: 'etag' } };
    expect((await tested.raw('PUT', '/devices/etag', good)).status).toBe(200);
    expect((await tested.raw('DELETE', '/devices/etag', { headers: { 'if-match': 'W/"*"' } })).status).toBe(204);
  });

  test('that do not exist are neither updated nor deleted', async () => {
    await expect(tested.registry.update({ deviceId: 'nobody' })).rejects.toMatchObject({
      name: 'DeviceNotFoundError',
    });
    await expect(tested.registry.delete('nobody')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
  });

  test.each(['a', "-:.+%_#*?!(),=@;$'", 'x'.repeat(128)])('may have the id %s', async (deviceId) => {
    await tested.registry.create({ deviceId });
    expect((await tested.registry.get(deviceId)).responseBody.deviceId).toBe(deviceId);
    await tested.registry.delete(deviceId);
  });

  test.each(['invalid/name', 'two words', 'x'.repeat(129), 'ä', 'a\\b'])('may not have the id %s', async (deviceId) => {
    await expect(tested.registry.create({ deviceId })).rejects.toMatchObject({ name: 'ArgumentError' });
  });

  test('accept a thumbprint instead of keys', async () => {
    const thumbprint = 'AB'.repeat(20);
    const { responseBody } = await tested.registry.create({
      deviceId: 'x509',
      authentication: { x509Thumbprint: { primaryThumbprint: thumbprint, secondaryThumbprint: thumbprint } },
    } as never);
    expect(responseBody.authentication).toMatchObject({
      type: 'selfSigned',
      x509Thumbprint: { primaryThumbprint: thumbprint },
    });
    const bad = { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'xyz' } } };
    expect((await tested.raw('PUT', '/devices/x509-bad', { body: bad })).status).toBe(400);
  });

  test('are refused if the body names another device or is invalid', async () => {
    expect((await tested.raw('PUT', '/devices/one', { body: { deviceId: 'two' } })).status).toBe(400);
    expect((await tested.raw('PUT', '/devices/one', { body: '[]' })).status).toBe(400);
    expect((await tested.raw('PUT', '/devices/one', { body: '{' })).status).toBe(400);
    expect((await tested.raw('PUT', '/devices/one')).status).toBe(400);
    expect((await tested.raw('PUT', '/devices/one', { body: { status: 'sleeping' } })).status).toBe(400);
  });

  test('of edge devices get a scope, which leaf devices can have too', async () => {
    const { responseBody: edge } = await tested.registry.create({
      deviceId: 'edge',
      capabilities: { iotEdge: true },
    });
    const scope = (edge as any).deviceScope as string;
    expect(scope).toMatch(/^ms-azure-iot-edge:\/\/edge-\d{18}$/u);
    const { responseBody: leaf } = await tested.registry.create({ deviceId: 'leaf', deviceScope: scope } as never);
    expect(leaf).toMatchObject({ deviceScope: scope, parentScopes: [scope] });
    await expect(tested.registry.update({ deviceId: 'leaf', deviceScope: 'no scope' } as never)).rejects.toMatchObject({
      name: 'ArgumentError',
    });
  });

  test('are listed and counted', async () => {
    await tested.registry.create({ deviceId: 'counted', status: 'disabled' });
    const { responseBody: listed } = await tested.registry.list();
    expect(listed.map((device: any) => device.deviceId)).toContain('counted');
    const { responseBody: counts } = await tested.registry.getRegistryStatistics();
    expect(counts.totalDeviceCount).toBe(listed.length);
    expect(counts.enabledDeviceCount + counts.disabledDeviceCount).toBe(counts.totalDeviceCount);
    expect((await tested.raw('GET', '/devices/?top=2')).json).toHaveLength(2);
    expect((await tested.raw('GET', '/statistics/service')).json).toEqual({ connectedDeviceCount: 0 });
    expect((await tested.raw('GET', '/devices?top=0')).status).toBe(400);
  });
});

describe('bulk operations', () => {
  const ids = ['bulk-1', 'bulk-2', 'bulk-3'];

  test('create, update and delete many', async () => {
    const { responseBody } = await tested.registry.addDevices(ids.map((deviceId) => ({ deviceId })));
    expect(responseBody).toEqual({ isSuccessful: true, errors: [], warnings: [] });
    await tested.registry.updateDevices(
      ids.map((deviceId) => ({ deviceId, status: 'disabled' })),
      true,
    );
    expect((await tested.registry.get('bulk-2')).responseBody.status).toBe('disabled');
    await tested.registry.removeDevices(
      ids.map((deviceId) => ({ deviceId })),
      true,
    );
    await expect(tested.registry.get('bulk-3')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
  });

  test('report the failed entries and apply the others', async () => {
    await tested.registry.create({ deviceId: 'bulk-there' });
    const failure = await tested.registry
      .addDevices([{ deviceId: 'bulk-new' }, { deviceId: 'bulk-there' }])
      .then(() => undefined)
      .catch((error: unknown) => error as { name: string; responseBody: string });
    expect(failure?.name).toBe('ArgumentError');
    expect(JSON.parse(failure?.responseBody ?? '')).toMatchObject({
      isSuccessful: false,
      errors: [{ deviceId: 'bulk-there', errorCode: 'DeviceAlreadyExists' }],
    });
    expect((await tested.registry.get('bulk-new')).responseBody.deviceId).toBe('bulk-new');
  });

  test('check ETags, report duplicates and apply tags', async () => {
    const answer = await tested.raw('POST', '/devices', {
      body: [
        { id: 'bulk-tags', importMode: 'CREATE', tags: { a: 1 }, properties: { desired: { b: 2 } } },
        { id: 'bulk-tags', importMode: 'create' },
        { id: 'bulk-there', importMode: 'updateIfMatchETag', eTag: 'AAAAAAAAAGQ=' },
        { id: 'bulk-there', importMode: 'deleteIfMatchETag' },
        { id: 'bulk-odd', importMode: 'explode' },
        { id: 'bulk-bad-tags', importMode: 'create', tags: { 'a.b': 1 } },
      ],
    });
    expect(answer.status).toBe(400);
    expect(answer.json.errors.map((error: any) => error.errorCode)).toEqual([
      'DeviceDefinedMultipleTimes',
      'PreconditionFailed',
      'DeviceDefinedMultipleTimes',
      'ArgumentInvalid',
      'ArgumentInvalid',
    ]);
    const twin = (await tested.raw('GET', '/twins/bulk-tags')).json;
    expect(twin).toMatchObject({ tags: { a: 1 }, properties: { desired: { b: 2 } } });
    expect((await tested.raw('GET', '/devices/bulk-bad-tags')).status).toBe(404);
  });

  test('of more than a hundred entries change nothing', async () => {
    const body = Array.from({ length: 101 }, (_, index) => ({ id: `many-${index}`, importMode: 'create' }));
    expect((await tested.raw('POST', '/devices', { body })).status).toBe(400);
    expect((await tested.raw('GET', '/devices/many-0')).status).toBe(404);
  });
});

describe('modules', () => {
  test('have identities and twins of their own and are deleted with their device', async () => {
    await tested.registry.create({ deviceId: 'host' });
    const { responseBody: created } = await tested.registry.addModule({ deviceId: 'host', moduleId: 'm1' });
    expect(created.authentication?.symmetricKey?.primaryKey).toMatch(BASE64_OF_32_BYTES);
    await expect(tested.registry.addModule({ deviceId: 'host', moduleId: 'm1' })).rejects.toMatchObject({
      response: expect.objectContaining({ statusCode: 409 }),
    });
    await tested.registry.addModule({ deviceId: 'host', moduleId: 'm2' });
    const { responseBody: listed } = await tested.registry.getModulesOnDevice('host');
    expect(listed.map((module: any) => module.moduleId)).toEqual(['m1', 'm2']);
    const { responseBody: twin } = await tested.registry.getModuleTwin('host', 'm1');
    expect(twin).toMatchObject({ deviceId: 'host', moduleId: 'm1' });
    await tested.registry.updateModuleTwin('host', 'm1', { tags: { t: 1 } }, twin.etag);
    expect((await tested.raw('GET', '/twins/host/modules/m1')).json.tags).toEqual({ t: 1 });
    await tested.registry.removeModule('host', 'm2');
    const gone = await tested.raw('GET', '/devices/host/modules/m2');
    expect([gone.status, gone.headers['iothub-errorcode']]).toEqual([404, 'ModuleNotFound']);
    await tested.registry.delete('host');
    expect((await tested.raw('GET', '/devices/host/modules/m1')).status).toBe(404);
  });

  test('need a device', async () => {
    const answer = await tested.raw('PUT', '/devices/nobody/modules/m', { body: {} });
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([404, 'DeviceNotFound']);
  });
});

describe('configurations', () => {
  const configuration = {
    id: 'config-1',
    schemaVersion: '1.0',
    labels: { a: 'b' },
    content: { deviceContent: { 'properties.desired.x': { y: 1 } } },
    targetCondition: "tags.site='x'",
    priority: 3,
  };

  test('are created, read, listed, updated and deleted', async () => {
    await tested.registry.addConfiguration(configuration as never);
    const { responseBody: read } = await tested.registry.getConfiguration('config-1');
    expect(read).toMatchObject({ ...configuration, etag: expect.any(String) });
    const { responseBody: listed } = await tested.registry.getConfigurations();
    expect(listed).toHaveLength(1);
    await tested.registry.updateConfiguration({ ...read, priority: 4 } as never, true);
    expect((await tested.raw('GET', '/configurations/config-1')).json.priority).toBe(4);
    expect((await tested.raw('PUT', '/configurations/config-1', { body: configuration })).status).toBe(409);
    await tested.registry.removeConfiguration('config-1');
    expect((await tested.raw('GET', '/configurations/config-1')).status).toBe(404);
  });
});

describe('operations that the sandbox lacks', () => {
  test.each([
    ['POST', '/jobs/create'],
    ['GET', '/digitaltwins/x'],
    ['POST', '/devices/x/applyConfigurationContent'],
    ['POST', '/devices/x/files'],
    ['DELETE', '/devices/x/commands'],
  ])('%s %s is answered with 501 and a reason', async (method, path) => {
    const answer = await tested.raw(method, path);
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([501, 'NotImplemented']);
    expect(answer.json.Message).toContain('is not built into the local IoT Hub');
  });

  test('are distinguished from unknown paths and methods', async () => {
    expect((await tested.raw('GET', '/nowhere')).status).toBe(404);
    expect((await tested.raw('PATCH', '/devices/x')).status).toBe(405);
  });
});

describe('every error', () => {
  test('has a tracking id, and its code in body and header', async () => {
    const { headers, json } = await tested.raw('GET', '/devices/nobody');
    expect(headers['iothub-errorcode']).toBe('DeviceNotFound');
    expect(json.Message).toMatch(/^ErrorCode:DeviceNotFound;/u);
    expect(json.ExceptionMessage).toMatch(
      /^Tracking ID:[0-9A-F]{32}-G:\d+-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/u,
    );
  });

  test.each([
    ['', 'InvalidProtocolVersion'],
    ['api-version=1999-01-01', 'InvalidProtocolVersion'],
    ['api-version=', 'InvalidProtocolVersion'],
    ['api-version=2018-06-29', 'InvalidProtocolVersion'],
    ['api-version=2018-06-29-preview', 'InvalidProtocolVersion'],
    ['api-version=2021-02-30', 'InvalidProtocolVersion'],
    ['api-version=2021-13-01', 'InvalidProtocolVersion'],
    ['api-version=2021-04-12-beta', 'InvalidProtocolVersion'],
    ['api-version=2021-04-12-preview-preview', 'InvalidProtocolVersion'],
    ['api-version=2021-4-12', 'InvalidProtocolVersion'],
    ['api-version=%202021-04-12', 'InvalidProtocolVersion'],
    ['api-version=20210412', 'InvalidProtocolVersion'],
    ['api-version=latest', 'InvalidProtocolVersion'],
  ])('for the version in "%s" is a 400', async (version, code) => {
    const answer = await tested.raw('GET', '/devices', { version });
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([400, code]);
  });

  test.each([
    '2018-06-30',
    '2018-06-30-preview',
    '2020-05-31-preview',
    '2020-09-30',
    '2021-04-12-PREVIEW',
    '2024-02-29',
    '2024-03-31',
    '2025-08-01-preview',
    '2099-12-31',
  ])('is not caused by version %s', async (version) => {
    expect((await tested.raw('GET', '/devices', { version: `api-version=${version}` })).status).toBe(200);
  });
});
