import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../support/eventually.js';
import { type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';
import { connectDevice, type SdkDevice } from '../../../support/local-hub/sdk-device.js';

let tested: HubUnderTest;
beforeAll(async () => {
  tested = await startHubUnderTest();
  for (const deviceId of ['t', 'limits']) await tested.hub.registerDevice(deviceId);
});
afterAll(() => tested.close());

const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  tested.raw('PATCH', `/twins/${id}`, { body, headers });

describe('a twin', () => {
  test('has all the fields of the service', async () => {
    await tested.hub.registerDevice('fields');
    const { json } = await tested.raw('GET', '/twins/fields');
    expect(json).toEqual({
      deviceId: 'fields',
      etag: 'AAAAAAAAAAE=',
      deviceEtag: expect.any(String),
      status: 'enabled',
      statusUpdateTime: '0001-01-01T00:00:00Z',
      connectionState: 'Disconnected',
      lastActivityTime: '0001-01-01T00:00:00Z',
      cloudToDeviceMessageCount: 0,
      authenticationType: 'sas',
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      modelId: '',
      version: 1,
      tags: {},
      properties: {
        desired: { $metadata: { $lastUpdated: expect.any(String), $lastUpdatedVersion: 1 }, $version: 1 },
        reported: { $metadata: { $lastUpdated: expect.any(String) }, $version: 1 },
      },
      capabilities: { iotEdge: false },
    });
  });

  test('is patched by JSON merge patch: objects merge, null removes, arrays replace', async () => {
    await patch('t', { tags: { a: { b: 1, c: [1, 2] }, d: 1 }, properties: { desired: { x: { y: 1 }, z: 1 } } });
    const { json } = await patch('t', {
      tags: { a: { b: null, c: [3] }, d: null, e: {} },
      properties: { desired: { x: { y: { deep: true } }, z: null } },
    });
    expect(json.tags).toEqual({ a: { c: [3] }, e: {} });
    expect(json.properties.desired).toMatchObject({ x: { y: { deep: true } }, $version: 3 });
    expect(json.properties.desired).not.toHaveProperty('z');
    expect(json.properties.desired.$metadata).not.toHaveProperty('z');
    expect(json.properties.desired.$metadata.x.y.deep).toEqual({
      $lastUpdated: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{7}Z$/u),
      $lastUpdatedVersion: 3,
    });
  });

  test('is changed only with the right ETag', async () => {
    const before = (await tested.raw('GET', '/twins/t')).json;
    const good = await tested.registry.updateTwin('t', { tags: { e1: 1 } }, before.etag);
    expect(good.responseBody.etag).not.toBe(before.etag);
    await expect(tested.registry.updateTwin('t', { tags: { e2: 1 } }, before.etag)).rejects.toMatchObject({
      name: 'InvalidEtagError',
    });
    await tested.registry.updateTwin('t', { tags: { e3: 1 } }, '*');
    expect((await patch('t', { tags: { e4: 1 } })).status).toBe(200);
    expect((await tested.raw('GET', '/twins/t')).json.tags).toMatchObject({ e1: 1, e3: 1, e4: 1 });
    expect((await tested.raw('GET', '/twins/t')).json.tags).not.toHaveProperty('e2');
  });

  test('is replaced section by section by a PUT', async () => {
    await tested.hub.registerDevice('put');
    await patch('put', { tags: { a: 1 }, properties: { desired: { x: 1, y: 1 } } });
    const tagsOnly = await tested.raw('PUT', '/twins/put', { body: { tags: { b: 1 } } });
    expect(tagsOnly.json).toMatchObject({ tags: { b: 1 }, properties: { desired: { x: 1, y: 1, $version: 2 } } });
    expect(tagsOnly.json.tags).not.toHaveProperty('a');
    const both = await tested.raw('PUT', '/twins/put', {
      body: { tags: {}, properties: { desired: { y: 2 }, reported: { no: 'effect' } } },
    });
    expect(both.json.tags).toEqual({});
    expect(Object.keys(both.json.properties.desired)).toEqual(['y', '$metadata', '$version']);
    expect(both.json.properties.reported).not.toHaveProperty('no');
  });

  test('loses all desired properties if they are set to null', async () => {
    await tested.hub.registerDevice('clear');
    await patch('clear', { properties: { desired: { x: 1, y: { z: 1 } } } });
    const { json } = await patch('clear', { properties: { desired: null } });
    expect(Object.keys(json.properties.desired)).toEqual(['$metadata', '$version']);
  });

  test('that an SDK sends back whole is accepted', async () => {
    const { json } = await tested.raw('GET', '/twins/t');
    expect((await patch('t', json)).status).toBe(200);
  });

  test('of an unknown device does not exist', async () => {
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', {}],
      ['PUT', {}],
    ] as const) {
      const answer = await tested.raw(method, '/twins/nobody', { body });
      expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([404, 'DeviceNotFound']);
    }
  });
});

/** Returns `depth` nested objects, with a value in the innermost. */
const nested = (depth: number): unknown => (depth === 0 ? 1 : { n: nested(depth - 1) });

describe('the limits of a twin', () => {
  const INVALID = [400, 'ArgumentInvalid'];
  const verdict = async (body: unknown): Promise<unknown[]> => {
    const { status, headers } = await patch('limits', body);
    return [status, headers['iothub-errorcode']];
  };

  test('apply to the merged section: 8 KB of tags, 32 KB of desired properties', async () => {
    const chunk = (name: string, characters: number) => ({ [name]: 'x'.repeat(characters) });
    // Each key has one byte.
    expect((await patch('limits', { tags: { ...chunk('a', 4095), ...chunk('b', 4095) } })).status).toBe(200);
    expect(await verdict({ tags: { c: '' } })).toEqual(INVALID);
    const desired = Object.fromEntries('a b c d e f g h'.split(' ').map((name) => [name, 'y'.repeat(4095)]));
    expect((await patch('limits', { properties: { desired } })).status).toBe(200);
    expect(await verdict({ properties: { desired: { i: true } } })).toEqual(INVALID);
    expect((await patch('limits', { tags: null, properties: { desired: null } })).status).toBe(200);
  });

  test('allow ten levels', async () => {
    expect((await patch('limits', { tags: { deep: nested(10) } })).status).toBe(200);
    expect(await verdict({ tags: { deep: nested(11) } })).toEqual(INVALID);
  });

  test.each(['a.b', '$a', 'a b', 'a\u0001', 'x'.repeat(1025), '', '__proto__'])('forbid the key %j', async (key) => {
    expect(await verdict(`{"tags":{"outer":{${JSON.stringify(key)}:1}}}`)).toEqual(INVALID);
    expect(await verdict(`{"properties":{"desired":{${JSON.stringify(key)}:1}}}`)).toEqual(INVALID);
  });

  test('apply to single values', async () => {
    expect(await verdict({ tags: { a: 'x'.repeat(4097) } })).toEqual(INVALID);
    expect(await verdict({ tags: { a: 4503599627370496 } })).toEqual(INVALID);
    expect(await verdict({ tags: { a: [-4503599627370497] } })).toEqual(INVALID);
    expect((await patch('limits', { tags: { a: -4503599627370496, b: 4503599627370495, c: 0.5 } })).status).toBe(200);
  });

  test.each(['[]', '"text"', '{"tags":[]}', '{"tags":1}', '{"properties":[]}', '{"properties":{"desired":"x"}}', '{'])(
    'refuse the body %s',
    async (body) => {
      expect((await patch('limits', body)).status).toBe(400);
    },
  );

  test('refuse a body nested ten thousand times', async () => {
    expect((await patch('limits', `{"tags":${'['.repeat(10_000)}${']'.repeat(10_000)}}`)).status).toBe(400);
  });
});

describe('a device', () => {
  let device: SdkDevice;
  beforeAll(async () => {
    device = await connectDevice(tested, 'real');
  });
  afterAll(() => device.close());

  test('receives changes of its desired properties with their version', async () => {
    const { json } = await patch('real', { properties: { desired: { speed: 5, limits: { low: 1, high: 2 } } } });
    await eventually(
      async () => device.patches.length,
      (count) => count > 0,
    );
    expect(device.patches.at(-1)).toEqual({
      speed: 5,
      limits: { low: 1, high: 2 },
      $version: json.properties.desired.$version,
    });
    await tested.raw('PUT', '/twins/real', { body: { properties: { desired: { limits: { high: 3 } } } } });
    await eventually(
      async () => device.patches.length,
      (count) => count > 1,
    );
    expect(device.patches.at(-1)).toMatchObject({ speed: null, limits: { low: null, high: 3 } });
    await patch('real', { properties: { desired: null } });
    await eventually(
      async () => device.patches.length,
      (count) => count > 2,
    );
    expect(device.patches.at(-1)).toMatchObject({ limits: null });
  });

  test('reports properties, which does not change the ETag', async () => {
    const before = (await tested.raw('GET', '/twins/real')).json;
    await new Promise<void>((resolve, reject) =>
      device.twin.properties.reported['update']({ temperature: { now: 20 } }, (error: Error | undefined) =>
        error ? reject(error) : resolve(),
      ),
    );
    const after = (await tested.raw('GET', '/twins/real')).json;
    expect(after.properties.reported).toMatchObject({ temperature: { now: 20 }, $version: 2 });
    expect(after.properties.reported.$metadata.temperature.now).toEqual({ $lastUpdated: expect.any(String) });
    expect(after.etag).toBe(before.etag);
  });

  test('is notified if its report is rejected', async () => {
    const refused = new Promise<Error | undefined>((resolve) =>
      device.twin.properties.reported['update']({ 'a.b': 1 }, (error: Error | undefined) => resolve(error)),
    );
    expect(await refused).toBeInstanceOf(Error);
  });

  test('counts as connected while it is', async () => {
    const other = await connectDevice(tested, 'comes-and-goes');
    expect((await tested.raw('GET', '/twins/comes-and-goes')).json.connectionState).toBe('Connected');
    await other.close();
    const { json } = await eventually(
      () => tested.raw('GET', '/devices/comes-and-goes'),
      (answer) => answer.json.connectionState === 'Disconnected',
    );
    expect(json.lastActivityTime).toMatch(/^20/u);
  });

  test('loses its connection when it is deleted', async () => {
    const other = await connectDevice(tested, 'deleted');
    other.client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
    const lost = new Promise((resolve) => other.client.once('disconnect', resolve));
    await tested.registry.delete('deleted');
    await expect(lost).resolves.toBeDefined();
    await other.close().catch(() => undefined);
  });
});
