import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openLevelStore } from '../../../../src/store/level-store.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import type { RawDevice } from '../../../support/sandbox/devices/raw-mqtt.js';
import { ended, type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';
import { connectRawDevice } from '../../../support/local-hub/raw-device.js';

const DIGITS = [
  '9007199254740993',
  '-9007199254740993',
  '7615917337495251231',
  '18446744073709551615',
  '123456789012345678901234567890',
];
const payloadOf = (digits: string): string => `{"id":${digits},"list":[${digits},{"deep":${digits}}],"n":1.5}`;

let tested: HubUnderTest;
let device: RawDevice;
beforeAll(async () => {
  tested = await startHubUnderTest();
  device = await connectRawDevice(tested, 'd');
  await tested.hub.addLightDevices([{ deviceId: 'light', tags: { light: true } }]);
});
afterAll(async () => {
  device.vanish();
  await tested.close();
});

/** Answers the next method with exactly the bytes that it received. */
async function echo(): Promise<string> {
  const { topic, payload } = await device.next(3);
  device.publish(`$iothub/methods/res/200/?$rid=${/rid=(.*)$/u.exec(topic ?? '')?.[1]}`, payload ?? '');
  return String(payload);
}

const job = (text: string, queryCondition: string): string =>
  `{"type":"scheduleDeviceMethod","queryCondition":"${queryCondition}","cloudToDeviceMethod":{"methodName":"echo","payload":${text}}}`;

describe.each(DIGITS)('the whole number %s keeps its digits', (digits) => {
  const text = payloadOf(digits);

  test('in a direct method, to the device and back', async () => {
    const answer = tested.raw('POST', '/twins/d/methods', { body: `{"methodName":"echo","payload":${text}}` });
    expect(await echo()).toBe(text);
    expect((await answer).text).toBe(`{"status":200,"payload":${text}}`);
  });

  test('in a direct method of a light device', async () => {
    const body = `{"methodName":"echo","payload":${text}}`;
    expect((await tested.raw('POST', '/twins/light/methods', { body })).text).toBe(`{"status":200,"payload":${text}}`);
  });

  test('in a job, its results, and queries about them', async () => {
    const id = `job${DIGITS.indexOf(digits)}`;
    await tested.raw('PUT', `/jobs/v2/${id}`, { body: job(text, "deviceId = 'd'") });
    expect(await echo()).toBe(text);
    await ended(tested, id);
    expect((await tested.raw('GET', `/jobs/v2/${id}`)).text).toContain(`"payload":${text}`);
    const query = (condition: string) =>
      tested.raw('POST', '/devices/query', {
        body: { query: `SELECT * FROM devices.jobs WHERE jobId = '${id}' AND ${condition}` },
      });
    const path = 'outcome.deviceMethodResponse.payload.id';
    expect((await query(`${path} = ${digits}`)).text).toContain(`"payload":${text}`);
    expect((await query(`${path} IN [1, ${digits}]`)).json).toHaveLength(1);
    expect((await query(`${path} = ${BigInt(digits) + 1n}`)).json).toHaveLength(0);
    expect((await query(`${path} < ${BigInt(digits) + 1n} AND ${path} > ${BigInt(digits) - 1n}`)).json).toHaveLength(1);
    expect((await query(`${path} != 5`)).json).toHaveLength(1);
  });

  test('or is refused in a twin', async () => {
    for (const [method, body] of [
      ['PATCH', `{"tags":{"id":${digits}}}`],
      ['PUT', `{"properties":{"desired":{"l":[${digits}]}}}`],
    ] as const) {
      const answer = await tested.raw(method, '/twins/d', { body });
      expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([400, 'ArgumentInvalid']);
    }
    device.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', `{"id":${digits}}`);
    expect((await device.next(3)).topic).toBe('$iothub/twin/res/400/?$rid=1');
  });
});

test('the hub rejects a number with too many digits as invalid JSON', async () => {
  const body = `{"methodName":"echo","payload":${'9'.repeat(2000)}}`;
  expect((await tested.raw('POST', '/twins/light/methods', { body })).status).toBe(400);
});

test.each(['memory', 'level'])('jobs keep their digits across a restart on a store in %s', async (kind) => {
  const directory = await mkdtemp(join(tmpdir(), 'twx-hub-'));
  const store = kind === 'level' ? await openLevelStore(directory) : new MemoryStore();
  const text = payloadOf('7615917337495251231');
  let own = await startHubUnderTest({ store });
  await own.hub.addLightDevices([{ deviceId: 'light' }]);
  await own.raw('PUT', '/jobs/v2/j', { body: job(text, '*') });
  await ended(own, 'j');
  await own.close();
  own = await startHubUnderTest({ store });
  expect((await own.raw('GET', '/jobs/v2/j')).text).toContain(`"payload":${text}`);
  const rows = await own.raw('POST', '/devices/query', { body: { query: 'SELECT * FROM devices.jobs' } });
  expect(rows.text).toContain(`"payload":${text}`);
  await own.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});
