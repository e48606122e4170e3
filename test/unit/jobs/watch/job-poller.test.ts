import { afterEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AgentError } from '../../../../src/core/errors.js';
import type { HubDocument } from '../../../../src/iothub/ports.js';
import { PollSchedule } from '../../../../src/jobs/watch/job-poller.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';
import { startWatching, type WatchRig } from '../../../support/jobs/watch-rig.js';

const MINUTE_MS = 60_000;

let rig: WatchRig;
afterEach(async () => {
  await rig.stop();
});

/** The ways in which the hub never returns a job. */
const WAYS: Readonly<Record<string, () => Promise<HubDocument>>> = {
  'refuses it with 400': () =>
    Promise.reject(new AgentError('HubRejected', 'no', { context: { httpStatus: 400, transient: false } })),
  'fails with 500': () =>
    Promise.reject(new AgentError('HubUnavailable', 'no', { context: { httpStatus: 500, transient: true } })),
  'throttles it': () =>
    Promise.reject(new AgentError('HubThrottled', 'no', { context: { httpStatus: 429, transient: true } })),
  'refuses the rights': () => Promise.reject(new AgentError('HubUnauthorized', 'no', { context: { httpStatus: 401 } })),
  'answers something odd': () =>
    Promise.reject(
      new AgentError('HubUnavailable', 'odd', { context: { isUnexpectedAnswer: true, transient: false } }),
    ),
  'answers nothing at all': () => Promise.resolve(undefined as never),
  'answers a document that throws': () =>
    Promise.resolve(
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new TypeError('odd');
          },
        },
      ),
    ),
  'throws a plain error': () => Promise.reject(new Error('a defect')),
  'never answers': () => new Promise(() => undefined),
};

/** A hub at which the GET of each job in `bad` fails in this `way`. */
function hubWith(bad: ReadonlySet<string>, way: () => Promise<HubDocument>): FakeHub {
  const hub = new FakeHub();
  const getJob = hub.operations.getJob.bind(hub.operations);
  (hub.operations as { getJob: typeof getJob }).getJob = (context, jobId) => {
    if (!bad.has(jobId)) return getJob(context, jobId);
    hub.calls.push({ operation: 'getJob', request: jobId });
    return way();
  };
  return hub;
}

describe.each(Object.entries(WAYS))('a hub that %s for some jobs', (_what, way) => {
  test.each([1, 4, 40])('has the ends of all other jobs notified, with %d such jobs', async (count) => {
    const bad = new Set(Array.from({ length: count }, (_unused, index) => `bad-${index}`));
    rig = await startWatching({ tier: 'unlimited', fakeHub: hubWith(bad, way) });
    for (const jobId of bad) await rig.schedule(jobId);
    const good = Array.from({ length: 20 }, (_unused, index) => `good-${index}`);
    for (const jobId of good) await rig.schedule(jobId);
    for (const jobId of [...bad, ...good]) rig.move(jobId, 'completed');
    await rig.clock.advanceAsync((count / 4) * 20_000 + 2 * MINUTE_MS);
    for (const jobId of good) expect(rig.thing.statusesOf(jobId)).toEqual(['pending', 'completed']);
    for (const jobId of bad) expect(rig.thing.statusesOf(jobId)).toEqual(['pending']);
  });

  test('has the end of such a job notified soon after it can be read again', async () => {
    const bad = new Set(['bad']);
    rig = await startWatching({ tier: 'unlimited', fakeHub: hubWith(bad, way) });
    await rig.schedule('bad');
    rig.move('bad', 'completed');
    await rig.clock.advanceAsync(60 * MINUTE_MS);
    bad.clear();
    await rig.clock.advanceAsync(2 * MINUTE_MS);
    expect(rig.thing.statusesOf('bad')).toEqual(['pending', 'completed']);
    expect(rig.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(rig.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});

test('a job whose reads fail is read less and less often, but at least once a minute', async () => {
  rig = await startWatching({
    tier: 'unlimited',
    fakeHub: hubWith(new Set(['bad']), WAYS['refuses it with 400'] as never),
  });
  await rig.schedule('bad');
  rig.move('bad', 'completed');
  const looks: number[] = [];
  for (let minute = 0; minute < 10; minute += 1) {
    const before = rig.hub.count('getJob');
    await rig.clock.advanceAsync(MINUTE_MS);
    looks.push(rig.hub.count('getJob') - before);
  }
  expect(looks[0]).toBeGreaterThanOrEqual(2);
  expect(looks.slice(2).every((count) => count <= 2)).toBe(true);
  expect(looks.slice(2).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(5);
});

test('aborts reads that hang, and has at most four in flight', async () => {
  const open = new Set<AbortSignal>();
  const hub = new FakeHub();
  (hub.operations as { getJob: unknown }).getJob = (context: { signal: AbortSignal }) =>
    new Promise((_resolve, reject) => {
      open.add(context.signal);
      context.signal.addEventListener('abort', () => {
        open.delete(context.signal);
        reject(new AgentError('HubTimeout', 'late'));
      });
    });
  rig = await startWatching({ tier: 'unlimited', fakeHub: hub });
  for (let index = 0; index < 30; index += 1) {
    await rig.schedule(`j${index}`);
    rig.move(`j${index}`, 'completed');
  }
  for (let second = 0; second < 600; second += 1) {
    await rig.clock.advanceAsync(1000);
    expect(open.size).toBeLessThanOrEqual(4);
  }
  await rig.stop();
  expect(open.size).toBe(0);
});

test.each([
  ['refuses', () => Promise.reject(new AgentError('HubRejected', 'no', { context: { httpStatus: 400 } }))],
  ['never answers', () => new Promise(() => undefined)],
  ['throws at', () => Promise.reject(new TypeError('odd'))],
  ['answers nonsense to', () => Promise.resolve({ items: [null, 7, 'x'] })],
])('a hub that %s the query for the responses does not delay any end for ever', async (_what, query) => {
  const hub = new FakeHub();
  (hub.operations as { query: unknown }).query = query;
  rig = await startWatching({ tier: 'unlimited', fakeHub: hub });
  for (const jobId of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await rig.schedule(jobId);
    rig.move(jobId, 'completed', { deviceJobStatistics: { deviceCount: 1, succeededCount: 1, failedCount: 0 } });
  }
  await rig.clock.advanceAsync(2 * MINUTE_MS);
  for (const jobId of ['a', 'b', 'c', 'd', 'e', 'f']) expect(rig.thing.statusesOf(jobId).at(-1)).toBe('completed');
});

test.each(['scheduled', 'queued', 'enqueued', 'running'])(
  'a hub that never answers the list of %s stops nothing',
  async (status) => {
    const hub = new FakeHub();
    const listJobs = hub.operations.listJobs.bind(hub.operations);
    (hub.operations as { listJobs: typeof listJobs }).listJobs = (context, request) =>
      request.status === status ? new Promise(() => undefined) : listJobs(context, request);
    rig = await startWatching({ tier: 'unlimited', fakeHub: hub });
    await rig.schedule('j');
    rig.move('j', 'running');
    await rig.clock.advanceAsync(MINUTE_MS);
    rig.move('j', 'completed');
    await rig.clock.advanceAsync(MINUTE_MS);
    expect(rig.thing.statusesOf('j')).toEqual(['pending', 'running', 'completed']);
  },
);

describe('the order of reads', () => {
  const step = fc.record({
    due: fc.integer({ min: 1, max: 8 }),
    fails: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    passMs: fc.integer({ min: 0, max: 30_000 }),
  });

  test('reaches every job, however few a round reads and whichever fail', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const schedule = new PollSchedule(10_000);
        const jobIds = Array.from({ length: 8 }, (_unused, index) => `j${index}`);
        const waited = new Map(jobIds.map((jobId) => [jobId, 0]));
        let nowMs = 0;
        for (const { due, fails, passMs } of steps) {
          nowMs += passMs;
          const order = schedule.due(jobIds, nowMs);
          const reached = order.slice(0, due);
          for (const jobId of order) waited.set(jobId, (waited.get(jobId) ?? 0) + 1);
          for (const jobId of reached) {
            schedule.begin(jobId);
            waited.set(jobId, 0);
            if (fails[jobIds.indexOf(jobId)] === true) schedule.fail(jobId, nowMs);
            else schedule.succeed(jobId);
          }
        }
        // At least one is reached in each round, so none is passed over more often than there are others.
        for (const count of waited.values()) expect(count).toBeLessThanOrEqual(jobIds.length);
      }),
    );
  });

  test('never pauses for more than a minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600_000 }), fc.integer({ min: 1, max: 200 }), (pauseMs, failures) => {
        const schedule = new PollSchedule(pauseMs);
        for (let count = 0; count < failures; count += 1) schedule.fail('j', 0);
        expect(schedule.due(['j'], MINUTE_MS)).toEqual(['j']);
      }),
    );
  });
});
