import { afterEach, describe, expect, test } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import type { ListJobsRequest } from '../../../../src/iothub/ports.js';
import { callJobService } from '../../../support/jobs/callers.js';
import { startWatching, type WatchRig } from '../../../support/jobs/watch-rig.js';

const MINUTE_MS = 60_000;
const LISTED = ['scheduled', 'queued', 'enqueued', 'running'];

let rig: WatchRig;
afterEach(() => rig.stop());

const listed = (from = 0): (string | undefined)[] =>
  rig.hub.calls.slice(from).map(({ request }) => (request as ListJobsRequest).status);

const refusal = (status: number): AgentError =>
  new AgentError('HubRejected', 'jobStatus is not valid', { context: { httpStatus: status } });

describe.each(['F1', 'S1', 'S2', 'S3', 'unlimited'] as const)('on tier %s while nothing is watched', (tier) => {
  test.each([250, 2000, 10_000, 3_600_000])(
    'there is exactly one list call every 15 s, with interval %d ms',
    async (intervalMs) => {
      rig = await startWatching({ tier, intervalMs });
      expect(listed()).toEqual(['scheduled']);
      for (let minute = 0; minute < 10; minute += 1) {
        const before = rig.hub.calls.length;
        await rig.clock.advanceAsync(MINUTE_MS);
        expect(listed(before)).toEqual(['queued', 'enqueued', 'running', 'scheduled']);
      }
      expect(new Set(rig.hub.calls.map(({ operation }) => operation))).toEqual(new Set(['listJobs']));
    },
  );
});

test('the interval stays 15 s when the hub responds slowly', async () => {
  rig = await startWatching();
  const { operations } = rig.hub;
  const list = operations.listJobs.bind(operations);
  let begun = 0;
  (operations as { listJobs: typeof list }).listJobs = (context, request) =>
    new Promise((resolve, reject) => {
      begun += 1;
      rig.clock.schedule(4000, () => void list(context, request).then(resolve, reject));
    });
  await rig.clock.advanceAsync(10 * MINUTE_MS);
  expect(begun).toBe(40);
});

test('hubStatus and agentVersion are set at once, the jobs of the hub within a minute', async () => {
  rig = await startWatching();
  expect(rig.thing.properties.get('agentVersion')).toBe('1.2.3');
  expect(rig.thing.properties.get('hubStatus')).toBe('connected');
  await rig.clock.advanceAsync(MINUTE_MS);
  expect(rig.thing.properties.get('activeJobCount')).toBe(0);
  expect(rig.thing.properties.get('activeJobs')).toEqual([]);
});

test.each(LISTED.flatMap((status) => [0, 7000, 14_999, 31_000, 59_999].map((atMs) => [status, atMs] as const)))(
  'a job that becomes %s after %d ms is shown within 60 s, and so is its end',
  async (status, atMs) => {
    rig = await startWatching();
    await rig.clock.advanceAsync(MINUTE_MS + atMs);
    rig.move('theirs', status);
    await rig.clock.advanceAsync(MINUTE_MS);
    expect(rig.thing.properties.get('activeJobCount')).toBe(1);
    const shown = status.endsWith('queued') ? 'pending' : status;
    expect(rig.thing.properties.get('activeJobs')).toMatchObject([{ jobId: 'theirs', status: shown }]);
    rig.move('theirs', 'completed');
    await rig.clock.advanceAsync(MINUTE_MS);
    expect(rig.thing.properties.get('activeJobCount')).toBe(0);
  },
);

test.each([
  ['HubUnavailable', 'unreachable'],
  ['HubUnauthorized', 'unauthorized'],
  ['HubThrottled', 'throttled'],
] as const)('a hub that fails with %s is shown as %s within 15 s', async (code, status) => {
  rig = await startWatching();
  rig.hub.fail = () => new AgentError(code, 'so it is');
  await rig.clock.advanceAsync(15_000);
  expect(rig.thing.properties.get('hubStatus')).toBe(status);
  rig.hub.fail = () => undefined;
  await rig.clock.advanceAsync(15_000);
  expect(rig.thing.properties.get('hubStatus')).toBe('connected');
});

describe('while a job is watched', () => {
  test('all lists are read in every round, and again one by one after it has ended', async () => {
    rig = await startWatching();
    await rig.schedule('j');
    const before = rig.hub.calls.length;
    await rig.clock.advanceAsync(10_000);
    expect(listed(before)).toEqual(LISTED);
    rig.move('j', 'completed');
    await rig.clock.advanceAsync(20_000);
    expect(rig.thing.statusesOf('j').at(-1)).toBe('completed');
    const ended = rig.hub.calls.length;
    await rig.clock.advanceAsync(5 * MINUTE_MS);
    expect(rig.hub.calls.length - ended).toBe(20);
  });

  test('an end that the platform has not yet accepted causes no more requests than an idle watcher', async () => {
    rig = await startWatching();
    rig.thing.answer = () => {
      throw new AgentError('QueueFull', 'not connected');
    };
    await rig.schedule('j');
    rig.move('j', 'completed');
    await rig.clock.advanceAsync(20_000);
    const before = rig.hub.calls.length;
    await rig.clock.advanceAsync(5 * MINUTE_MS);
    expect(rig.hub.calls.length - before).toBe(20);
    rig.thing.answer = () => undefined;
    await rig.clock.advanceAsync(10_000);
    expect(rig.thing.statusesOf('j').at(-1)).toBe('completed');
  });
});

test('only status values that published clients know are requested', async () => {
  const known = new Set(['unknown', 'enqueued', 'running', 'completed', 'failed', 'cancelled', 'scheduled', 'queued']);
  rig = await startWatching({ watchAll: true });
  await rig.schedule('j');
  await rig.clock.advanceAsync(MINUTE_MS);
  const asked = listed().filter((status) => status !== undefined);
  expect(asked.length).toBeGreaterThan(4);
  for (const status of asked) expect(known).toContain(status);
});

describe.each(LISTED)('a hub that refuses to list %s', (refused) => {
  test.each([400, 404, 501])(
    'with %d is polled rarely, logged once, and does not stop the watcher',
    async (httpStatus) => {
      rig = await startWatching();
      const start = rig.hub.calls.length;
      rig.hub.fail = (operation, request) =>
        operation === 'listJobs' && (request as ListJobsRequest).status === refused ? refusal(httpStatus) : undefined;
      await rig.schedule('j');
      rig.move('j', 'running', { startTime: '2020-01-01T00:00:00Z' });
      await rig.clock.advanceAsync(20 * MINUTE_MS);
      expect(rig.thing.statusesOf('j')).toEqual(['pending', 'running']);
      expect(rig.thing.properties.get('activeJobCount')).toBe(refused === 'running' ? 0 : 1);
      rig.move('j', 'completed');
      await rig.clock.advanceAsync(MINUTE_MS);
      expect(rig.thing.statusesOf('j')).toEqual(['pending', 'running', 'completed']);
      expect(listed(start).filter((status) => status === refused).length).toBeLessThanOrEqual(2);
      expect(rig.log.lines.filter(({ level }) => level === 'warn' || level === 'error')).toHaveLength(1);
      const before = rig.hub.calls.length;
      await rig.clock.advanceAsync(10 * MINUTE_MS);
      expect(rig.hub.calls.length - before).toBe(40);
    },
  );
});

test('a hub that refuses every value for a while is polled again once it accepts one', async () => {
  rig = await startWatching();
  rig.hub.fail = () => refusal(400);
  await rig.clock.advanceAsync(10 * MINUTE_MS);
  rig.hub.fail = () => undefined;
  rig.move('theirs', 'running');
  await rig.clock.advanceAsync(2 * MINUTE_MS);
  expect(rig.thing.properties.get('activeJobCount')).toBe(1);
});

test.each([
  ['queued', '2020-01-01T00:00:00Z', 'pending'],
  ['enqueued', '2020-01-01T00:00:00Z', 'pending'],
  ['queued', '2099-01-01T00:00:00Z', 'scheduled'],
  ['enqueued', undefined, 'pending'],
  ['pending', '2020-01-01T00:00:00Z', 'pending'],
  ['thinking', '2020-01-01T00:00:00Z', 'thinking'],
])("the hub's %s of a job that starts at %s is notified as %s", async (status, startTime, shown) => {
  rig = await startWatching({ watchAll: true });
  rig.move('j', 'running');
  await rig.clock.advanceAsync(10_000);
  rig.move('j', status, startTime === undefined ? {} : { startTime });
  await rig.clock.advanceAsync(10_000);
  expect(rig.thing.statusesOf('j')).toEqual(['running', shown]);
});

test('a job with a future start time has the status scheduled from the first event on', async () => {
  rig = await startWatching();
  const startTime = new Date(rig.clock.nowMs() + 3_600_000);
  const parameters = { methodName: 'm', jobId: 'later', startTime };
  await callJobService(rig.operations, 'ScheduleDeviceMethodJob', parameters, { clock: rig.clock });
  await rig.clock.advanceAsync(20_000);
  expect(rig.thing.statusesOf('later')).toEqual(['scheduled']);
});
