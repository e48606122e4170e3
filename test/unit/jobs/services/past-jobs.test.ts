import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { noInstruments } from '../../../../src/core/instruments.js';
import { silentLog } from '../../../../src/core/log.js';
import { jobEnvironment, type JobEnvironment } from '../../../../src/jobs/environment.js';
import { JobHistory } from '../../../../src/jobs/history/job-history.js';
import { HubJobs } from '../../../../src/jobs/read-model/hub-jobs.js';
import { JobIndex } from '../../../../src/jobs/read-model/job-index.js';
import type { ListedJob } from '../../../../src/jobs/read-model/job-list.js';
import { RefusedCounts } from '../../../../src/jobs/refused-counts.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import type { Store } from '../../../../src/store/store.js';
import { callJobService, failureOf, inCall } from '../../../support/jobs/callers.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';
import { QueueRig } from '../../../support/jobs/queue-rig.js';
import { startWatching, type WatchRig } from '../../../support/jobs/watch-rig.js';
import { ManualClock } from '../../../support/manual-clock.js';

type Row = Readonly<Record<string, unknown>>;

const FROM_HISTORY = "from the agent's history";

let clock: ManualClock;
let hub: FakeHub;
let store: MemoryStore;
let history: JobHistory;
let rig: WatchRig;
let environment: JobEnvironment;

beforeEach(async () => {
  clock = new ManualClock();
  hub = new FakeHub();
  store = new MemoryStore();
  history = historyOn(store);
  rig = await startWatching({ manualClock: clock, fakeHub: hub, memoryStore: store, store, history });
  environment = jobEnvironment({ hub: hub.port({ clock }), thing: 'Hub', history });
});

afterEach(async () => {
  await rig.stop();
});

const historyOn = (place: Store): JobHistory =>
  new JobHistory({ store: place, hubName: 'main', days: 365, clock, log: silentLog });

const call = (name: string, parameters: Row): Promise<Row[]> =>
  callJobService(environment, name, parameters, { clock }) as Promise<Row[]>;

const find = async (parameters: Row = {}): Promise<unknown[]> =>
  (await call('FindJobs', { history: true, ...parameters })).map(({ jobId }) => jobId);

/** Schedules a job and lets it end, so that the watcher sees it. */
async function end(jobId: string, status = 'completed', more: object = {}): Promise<void> {
  await rig.schedule(jobId);
  rig.move(jobId, status, { endTime: new Date(clock.nowMs()).toISOString(), ...more });
  await clock.advanceAsync(10_000);
}

describe('GetJob', () => {
  it('returns the last row of a job that the hub has forgotten', async () => {
    hub.results = [200, 500].map((status) => ({ outcome: { deviceMethodResponse: { status } } }));
    await end('j', 'completed', { deviceJobStatistics: { deviceCount: 2, succeededCount: 2, failedCount: 0 } });
    const [last] = await call('GetJob', { jobId: 'j' });
    expect(last).toMatchObject({ outcome: 'completedWithErrors', refusedCount: 1, methodName: 'm' });
    hub.jobs.delete('j');
    await expect(call('GetJob', { jobId: 'j' })).resolves.toEqual([{ ...last, statusMessage: FROM_HISTORY }]);
  });

  it('returns what the hub knows of a job that both have', async () => {
    await end('j');
    rig.move('j', 'running');
    await expect(call('GetJob', { jobId: 'j' })).resolves.toMatchObject([{ status: 'running' }]);
  });

  it('returns a job that the hub lost before its end as unknown', async () => {
    await rig.schedule('j');
    await clock.advanceAsync(10_000);
    hub.jobs.delete('j');
    await clock.advanceAsync(120_000);
    await expect(call('GetJob', { jobId: 'j' })).resolves.toMatchObject([
      { jobId: 'j', status: 'unknown', outcome: 'unknown', statusMessage: FROM_HISTORY },
    ]);
  });

  it('fails without persistent state, and for an id that neither has', async () => {
    await end('j');
    hub.jobs.delete('j');
    expect((await failureOf(call('GetJob', { jobId: 'other' }))).code).toBe('JobNotFound');
    environment = jobEnvironment({ hub: hub.port({ clock }), thing: 'Hub' });
    expect((await failureOf(call('GetJob', { jobId: 'j' }))).code).toBe('JobNotFound');
    await expect(find()).resolves.toEqual([]);
  });
});

describe('the console', () => {
  it('shows and lists a job that the hub has forgotten', async () => {
    await end('known');
    await end('j');
    hub.jobs.delete('j');
    const options = { hub: hub.port({ clock }), clock, log: silentLog, instruments: noInstruments };
    const index = new JobIndex(options);
    const jobs = new HubJobs({ ...options, hubName: 'main', index, refusedCounts: new RefusedCounts(), history });
    const read = (jobId: string): Promise<ListedJob> => inCall((context) => jobs.read(context, jobId), { clock });
    const listed = await read('j');
    expect(listed).toMatchObject({
      hub: 'main',
      jobId: 'j',
      job: { status: 'completed', statusMessage: FROM_HISTORY },
    });
    expect(jobs.canBeCancelled(listed)).toBe(false);
    expect((await failureOf(read('other'))).code).toBe('JobNotFound');
    await index.ready();
    const past = await inCall((context) => jobs.past(context, { after: undefined, limit: 10, matches: () => true }), {
      clock,
    });
    expect(past.jobs.map((one) => one.listed.jobId)).toEqual(['j']);
    index.close();
  });
});

describe('FindJobs with history', () => {
  beforeEach(async () => {
    for (const [index, status] of ['completed', 'failed', 'cancelled', 'completed'].entries())
      await end(`j${index}`, status);
  });

  it('lists the forgotten jobs after those of the hub, newest first, each once', async () => {
    for (const jobId of ['j0', 'j1', 'j2']) hub.jobs.delete(jobId);
    await expect(find()).resolves.toEqual(['j3', 'j2', 'j1', 'j0']);
    await expect(find({ history: false })).resolves.toEqual(['j3']);
    const rows = await call('FindJobs', { history: true });
    expect(rows.map(({ statusMessage }) => statusMessage === FROM_HISTORY)).toEqual([false, true, true, true]);
  });

  it('filters them by type and by the status that they show', async () => {
    hub.jobs.clear();
    await expect(find({ status: 'completed' })).resolves.toEqual(['j3', 'j0']);
    await expect(find({ status: 'canceled' })).resolves.toEqual(['j2']);
    await expect(find({ status: 'running' })).resolves.toEqual([]);
    await expect(find({ type: 'scheduleDeviceMethod' })).resolves.toHaveLength(4);
    await expect(find({ type: 'scheduleUpdateTwin' })).resolves.toEqual([]);
  });

  it.each([1, 2, 3])('ends at maxItems %d, whatever the sizes of pages', async (maxItems) => {
    hub.jobs.delete('j0');
    hub.jobs.delete('j1');
    hub.maxPageSize = 1;
    await expect(find({ maxItems })).resolves.toEqual(['j2', 'j3', 'j1'].slice(0, maxItems));
  });

  it('reports the number of rows if they do not fit', async () => {
    hub.jobs.clear();
    const messageLimits = { maxMessageBytes: 1024, maxFrameBytes: 512 };
    environment = jobEnvironment({ hub: hub.port({ clock }), thing: 'Hub', history, messageLimits });
    expect((await failureOf(find())).reason).toMatch(/^ResultTooLarge: The result has 4 rows/);
  });
});

describe('the end of a job', () => {
  it('is in the history as soon as it is in the record, and after a failed write later', async () => {
    await rig.schedule('j');
    rig.move('j', 'completed');
    const full = jest.spyOn(store, 'batch').mockRejectedValue(new Error('disk full'));
    await clock.advanceAsync(10_000);
    await expect(history.find('j')).resolves.toBeUndefined();
    full.mockRestore();
    await clock.advanceAsync(10_000);
    await expect(history.find('j')).resolves.toMatchObject({ job: { status: 'completed' } });
  });

  it('that only an agent without its database saw is in the history of the next one', async () => {
    const lost = new MemoryStore();
    lost.batch = () => Promise.reject(new Error('no database'));
    const cutOff = await startWatching({ manualClock: clock, fakeHub: hub, store: lost, history: historyOn(lost) });
    await cutOff.schedule('j');
    cutOff.move('j', 'completed');
    await clock.advanceAsync(10_000);
    await cutOff.stop();
    const told = rig.thing.events.length;
    await store.batch(cutOff.watcher.leftovers());
    await rig.watcher.takeUp();
    await clock.advanceAsync(10_000);
    await expect(history.find('j')).resolves.toMatchObject({ job: { status: 'completed', methodName: 'm' } });
    expect([cutOff.thing.events.length > 0, rig.thing.events.length - told]).toEqual([true, 0]);
  });

  it('in the queue has the row of the queue', async () => {
    const queued = new QueueRig({ clock, store, history });
    await queued.start();
    await queued.schedule('first');
    await queued.schedule('second', { payload: { a: 1 }, queryCondition: "deviceId = 'x'" });
    await queued.call('CancelJob', { jobId: 'second' });
    await clock.advanceAsync(0);
    await expect(history.find('second')).resolves.toMatchObject({
      job: { status: 'cancelled', methodName: 'reboot', payload: { a: 1 }, queryCondition: "deviceId = 'x'" },
    });
    await Promise.all([queued.queue.stop(), queued.watcher.stop()]);
  });
});
