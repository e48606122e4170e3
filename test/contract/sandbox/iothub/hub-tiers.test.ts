import { afterEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../../../support/manual-clock.js';
import { eventually } from '../../../support/eventually.js';
import { type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';

let tested: HubUnderTest;
afterEach(() => tested.close());

const JOBS = process.env['LOAD'] === 'full' ? 10_000 : 500;

describe('the tier S1', () => {
  test('admits a hundred GetJobs, delays the next and refuses further ones, which the SDK sees as throttling', async () => {
    const clock = new ManualClock(Date.now());
    tested = await startHubUnderTest({ tier: 'S1', clock });
    for (let index = 0; index < 100; index++) {
      expect((await tested.raw('GET', '/jobs/v2/x')).status).toBe(200);
    }
    const held = tested.raw('GET', '/jobs/v2/query');
    await eventually(
      () => Promise.resolve(clock.armed),
      (armed) => armed > 0,
    );
    const refused = await eventually(
      () => tested.raw('GET', '/jobs/v2/x'),
      ({ status }) => status !== 200,
    );
    expect([refused.status, refused.headers['iothub-errorcode']]).toEqual([429, 'ThrottlingException']);
    expect(refused.json.Message).toMatch(/^ErrorCode:ThrottlingException;/u);
    await expect(tested.jobs.getJob('x')).rejects.toMatchObject({ name: 'ThrottlingError' });
    // Other kinds of operations have rates of their own.
    expect((await tested.raw('GET', '/devices')).status).toBe(200);
    await clock.advanceAsync(2_000);
    expect((await held).status).toBe(200);
  });

  test('runs one job at a time, on ten devices a second', async () => {
    const clock = new ManualClock(Date.now());
    tested = await startHubUnderTest({ tier: 'S1', clock, jobStartDelayMs: 0 });
    await tested.hub.addLightDevices(Array.from({ length: 35 }, (_, index) => ({ deviceId: `l${index}` })));
    const body = { type: 'scheduleDeviceMethod', queryCondition: '*', cloudToDeviceMethod: { methodName: 'echo' } };
    await tested.raw('PUT', '/jobs/v2/one', { body });
    const done = async (): Promise<number> =>
      (await tested.raw('GET', '/jobs/v2/one')).json.deviceJobStatistics?.succeededCount;
    await eventually(done, (count) => count === 10);
    expect((await tested.raw('PUT', '/jobs/v2/two', { body })).status).toBe(429);
    await clock.advanceAsync(1_000);
    expect(await done()).toBe(20);
    await clock.advanceAsync(1_600);
    expect(await done()).toBe(35);
    expect((await tested.raw('PUT', '/jobs/v2/two', { body })).status).toBe(200);
  });
});

test('the tier F1 allows five hundred devices', async () => {
  tested = await startHubUnderTest({ tier: 'F1' });
  await tested.hub.registerDevices(Array.from({ length: 500 }, (_, index) => ({ deviceId: `d${index}` })));
  const answer = await tested.raw('PUT', '/devices/one-more', { body: {} });
  expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([413, 'TooManyDevices']);
});

test('latency is added to each response', async () => {
  tested = await startHubUnderTest({ latencyMs: 50 });
  const began = performance.now();
  await tested.raw('GET', '/jobs/v2/x');
  await tested.raw('GET', '/nowhere');
  expect(performance.now() - began).toBeGreaterThanOrEqual(98);
});

test('thousands of scheduled jobs wait, are listed, and run at their start time', async () => {
  const clock = new ManualClock(Date.now());
  tested = await startHubUnderTest({ clock, jobStartDelayMs: 0 });
  await tested.hub.registerDevice('d');
  const startTime = new Date(clock.nowMs() + 60_000).toISOString();
  const update = (index: number) => ({ etag: '*', tags: { [`job${index % 10}`]: index } });
  for (let index = 0; index < JOBS; index++) {
    const body = { type: 'scheduleUpdateTwin', updateTwin: update(index), queryCondition: "deviceId = 'd'", startTime };
    expect((await tested.raw('PUT', `/jobs/v2/j${index}`, { body })).status).toBe(200);
  }
  const count = async (status: string): Promise<number> => {
    let total = 0;
    let token = '';
    do {
      const { json, headers } = await tested.raw('GET', `/jobs/v2/query?jobStatus=${status}`, {
        headers: { 'x-ms-max-item-count': '1000', 'x-ms-continuation': token },
      });
      total += json.length;
      token = headers['x-ms-continuation'] ?? '';
    } while (token);
    return total;
  };
  expect(await count('scheduled')).toBe(JOBS);
  await clock.advanceAsync(60_000);
  await eventually(
    () => count('completed'),
    (completed) => completed === JOBS,
  );
  expect((await tested.raw('GET', '/twins/d')).json.version).toBe(JOBS + 1);
});
