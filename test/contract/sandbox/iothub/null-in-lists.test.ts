import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';
import { connectRawDevice } from '../../../support/local-hub/raw-device.js';
import type { RawDevice } from '../../../support/sandbox/devices/raw-mqtt.js';

const BAD: readonly unknown[] = [
  [null],
  [1, null, 2],
  [{ b: null }],
  [{ b: { c: null } }],
  [[null]],
  [[{ b: [null] }]],
  { deep: { list: ['x', { y: [{ z: null }] }] } },
];

let tested: HubUnderTest;
let device: RawDevice;
beforeAll(async () => {
  tested = await startHubUnderTest();
  await tested.hub.registerDevices([{ deviceId: 'd', tags: { kept: 1 }, desired: { kept: 1 } }]);
  device = await connectRawDevice(tested, 'd');
});
afterAll(async () => {
  device.vanish();
  await tested.close();
});

const twin = async (): Promise<any> => {
  const { tags, properties, etag } = (await tested.raw('GET', '/twins/d')).json;
  return { tags, properties, etag };
};

describe.each(BAD.map((value) => [JSON.stringify(value), value]))(
  'null inside a list of a twin: %s',
  (_text, value) => {
    test.each([
      ['PATCH', { tags: { l: value } }],
      ['PATCH', { properties: { desired: { l: value } } }],
      ['PATCH', { tags: { fine: 1 }, properties: { desired: { l: value } } }],
      ['PUT', { tags: { l: value } }],
      ['PUT', { properties: { desired: { l: value } } }],
    ])('is refused by %s, and nothing is stored: %j', async (method, body) => {
      const before = await twin();
      const answer = await tested.raw(method, '/twins/d', { body });
      expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([400, 'ArgumentInvalid']);
      expect(answer.json.Message).toContain('null inside a list');
      expect(await twin()).toEqual(before);
    });

    test.each(['create', 'createOrUpdate', 'updateTwin'])('is refused in a bulk entry to %s', async (importMode) => {
      const id = importMode === 'updateTwin' ? 'd' : `new-${importMode}`;
      const before = await twin();
      for (const entry of [{ tags: { l: value } }, { properties: { desired: { l: value } } }]) {
        const answer = await tested.raw('POST', '/devices', { body: [{ id, importMode, ...entry }] });
        expect(answer.status).toBe(400);
        expect(answer.json.errors).toMatchObject([{ deviceId: id, errorCode: 'ArgumentInvalid' }]);
      }
      expect(await twin()).toEqual(before);
      if (id !== 'd') expect((await tested.raw('GET', `/devices/${id}`)).status).toBe(404);
    });

    test('is refused in the reported properties of a device', async () => {
      const before = await twin();
      device.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', JSON.stringify({ l: value }));
      const { topic, payload } = await device.next(3);
      expect(topic).toBe('$iothub/twin/res/400/?$rid=1');
      expect(JSON.parse(String(payload))).toMatchObject({ errorCode: 400_004 });
      expect(await twin()).toEqual(before);
    });

    test('is refused in a job, which is not created', async () => {
      for (const updateTwin of [
        { etag: '*', tags: { l: value } },
        { etag: '*', properties: { desired: { l: value } } },
      ]) {
        const body = { type: 'scheduleUpdateTwin', queryCondition: '*', updateTwin };
        const answer = await tested.raw('PUT', '/jobs/v2/j', { body });
        expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([400, 'ArgumentInvalid']);
        expect((await tested.raw('GET', '/jobs/v2/j')).json.status).toBe('unknown');
      }
    });
  },
);

test('null outside of lists still removes, and lists without it are stored whole', async () => {
  const body = { properties: { desired: { gone: { a: 1 }, list: [0, false, '', [], {}, [{ x: [] }]] } } };
  expect((await tested.raw('PATCH', '/twins/d', { body })).json.properties.desired.list).toEqual(
    body.properties.desired.list,
  );
  const removed = await tested.raw('PATCH', '/twins/d', { body: { properties: { desired: { gone: { a: null } } } } });
  expect(removed.json.properties.desired.gone).toEqual({});
});
