import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import { jobEnvironment, type JobEnvironment } from '../../../../src/jobs/environment.js';
import { RefusedCounts } from '../../../../src/jobs/refused-counts.js';
import { createJobWatcher, type JobWatcher, type JobWatcherOptions } from '../../../../src/jobs/watch/watcher.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { callJobService } from '../../../support/jobs/callers.js';
import { recordingLog } from '../../../support/recording-log.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';
import { RecordingThing } from '../../../support/jobs/recording-thing.js';

const INTERVAL_MS = 1000;

let clock: ManualClock;
let hub: FakeHub;
let store: MemoryStore;
let thing: RecordingThing;
let watcher: JobWatcher;
let operations: JobEnvironment;
const stopping: JobWatcher[] = [];

async function watch(options: Partial<JobWatcherOptions> = {}): Promise<void> {
  const port = options.hub ?? hub.port({ clock });
  const refusedCounts = new RefusedCounts();
  watcher = createJobWatcher({
    hub: port,
    hubName: 'main',
    store,
    things: [thing],
    agentVersion: '1.2.3',
    refusedCounts,
    intervalMs: INTERVAL_MS,
    clock,
    ...options,
  });
  stopping.push(watcher);
  operations = jobEnvironment({ hub: port, thing: 'Hub', refusedCounts, registrar: watcher.registrar });
  await watcher.start();
  await clock.advanceAsync(0);
}

beforeEach(() => {
  clock = new ManualClock();
  hub = new FakeHub();
  store = new MemoryStore();
  thing = new RecordingThing('Hub');
});

afterEach(async () => {
  for (const each of stopping.splice(0)) {
    const stopped = each.stop();
    await clock.advanceAsync(3000);
    await stopped;
  }
});

const schedule = (jobId: string): Promise<unknown> =>
  callJobService(operations, 'ScheduleDeviceMethodJob', { methodName: 'm', jobId }, { clock });
/** How long the idle watcher takes to list each status once. */
const idleRound = (): Promise<void> => clock.advanceAsync(60_000);
const rounds = (count: number): Promise<void> => clock.advanceAsync(count * INTERVAL_MS);
const move = (jobId: string, status: string, more: object = {}): void => {
  hub.jobs.set(jobId, { ...hub.jobs.get(jobId), jobId, status, ...more });
};
const stats = (deviceCount: number, failedCount: number): object => ({
  deviceJobStatistics: {
    deviceCount,
    failedCount,
    succeededCount: deviceCount - failedCount,
    runningCount: 0,
    pendingCount: 0,
  },
});
const storedKeys = async (): Promise<string[]> => {
  const keys: string[] = [];
  for await (const [key] of store.entries()) keys.push(key);
  return keys;
};

describe('a job that is scheduled through the agent', () => {
  test('has every observed status notified, with the previous one, and is then forgotten', async () => {
    await watch();
    await schedule('j');
    await rounds(1);
    move('j', 'running', stats(2, 0));
    await rounds(1);
    hub.results = [
      { outcome: { deviceMethodResponse: { status: 500 } } },
      { outcome: { deviceMethodResponse: { status: 200 } } },
    ];
    move('j', 'completed');
    await rounds(2);
    expect(thing.statusesOf('j')).toEqual(['pending', 'scheduled', 'running', 'completed']);
    expect(thing.events.map((event) => event['previousStatus'])).toEqual([
      undefined,
      'pending',
      'scheduled',
      'running',
    ]);
    expect(thing.events.at(-1)).toEqual({
      jobId: 'j',
      type: 'scheduleDeviceMethod',
      status: 'completed',
      previousStatus: 'running',
      outcome: 'completedWithErrors',
      deviceCount: 2,
      succeededCount: 2,
      failedCount: 0,
      runningCount: 0,
      pendingCount: 0,
      refusedCount: 1,
      time: expect.any(Date),
    });
    expect(await storedKeys()).toEqual([]);
  });

  test('has its end notified even if it was never observed in between', async () => {
    await watch();
    await schedule('j');
    move('j', 'completed', stats(1, 1));
    await rounds(1);
    expect(thing.statusesOf('j')).toEqual(['pending', 'completed']);
  });

  test('is not notified twice if its state does not change', async () => {
    await watch();
    await schedule('j');
    await rounds(5);
    expect(thing.statusesOf('j')).toEqual(['pending', 'scheduled']);
  });

  test('that the hub refused is not watched', async () => {
    await watch();
    hub.fail = (operation) => (operation === 'scheduleJob' ? new AgentError('HubRejected', 'no') : undefined);
    await expect(schedule('j')).rejects.toThrow();
    await rounds(1);
    expect(await storedKeys()).toEqual([]);
  });

  test('whose response was lost is read; if it exists, it is notified', async () => {
    await watch();
    hub.fail = (operation) =>
      operation === 'scheduleJob' ? new AgentError('HubTimeout', 'lost', { context: { answerLost: true } }) : undefined;
    await expect(schedule('j')).rejects.toThrow();
    move('j', 'running', { type: 'scheduleDeviceMethod' });
    await rounds(1);
    expect(thing.statusesOf('j')).toEqual(['running']);
  });

  test('whose response was lost and that does not exist is no longer watched', async () => {
    await watch();
    hub.fail = (operation) =>
      operation === 'scheduleJob' ? new AgentError('HubTimeout', 'lost', { context: { answerLost: true } }) : undefined;
    await expect(schedule('j')).rejects.toThrow();
    await rounds(10);
    expect(await storedKeys()).toEqual(['watch/main/j']);
    await rounds(60);
    expect(await storedKeys()).toEqual([]);
    expect(thing.events).toEqual([]);
  });

  test('that vanishes from the hub ends as unknown', async () => {
    await watch();
    await schedule('j');
    await rounds(1);
    hub.jobs.delete('j');
    await rounds(70);
    expect(thing.statusesOf('j')).toEqual(['pending', 'scheduled', 'unknown']);
    expect(await storedKeys()).toEqual([]);
  });
});

describe('an unreachable platform', () => {
  const gone = (): never => {
    throw new AgentError('QueueFull', 'not connected');
  };

  test('is notified of everything in order when it is back', async () => {
    await watch();
    thing.answer = gone;
    await schedule('j');
    await rounds(1);
    move('j', 'running');
    await rounds(1);
    move('j', 'completed', stats(1, 1));
    await rounds(3);
    expect(thing.events).toEqual([]);
    thing.answer = () => undefined;
    await rounds(1);
    expect(thing.statusesOf('j')).toEqual(['pending', 'scheduled', 'running', 'completed']);
    expect(await storedKeys()).toEqual([]);
  });

  test('is notified after a restart of the agent of what the earlier run observed', async () => {
    await watch();
    thing.answer = gone;
    await schedule('j');
    await rounds(1);
    move('j', 'completed', stats(1, 1));
    await rounds(1);
    await watcher.stop();
    thing = new RecordingThing('Hub');
    await watch();
    await rounds(1);
    expect(thing.statusesOf('j')).toEqual(['pending', 'scheduled', 'completed']);
  });

  test('that keeps refusing an event does not receive it for ever', async () => {
    await watch();
    thing.answer = () => {
      throw new AgentError('RequestRefused', 'no such event');
    };
    await schedule('j');
    move('j', 'completed', stats(1, 1));
    await rounds(20);
    expect(await storedKeys()).toEqual([]);
  });

  test('does not delay the stop of the agent', async () => {
    await watch();
    thing.answer = () => new Promise(() => undefined);
    await schedule('j');
    await rounds(1);
    const stopped = watcher.stop();
    await clock.advanceAsync(2500);
    await expect(stopped).resolves.toBeUndefined();
  });
});

describe('watch.all', () => {
  test('notifies jobs of other clients through all Things, and each end once', async () => {
    const other = new RecordingThing('Other');
    await watch({ watchAll: true, things: [thing, other] });
    move('theirs', 'running', { type: 'scheduleUpdateTwin' });
    await rounds(1);
    move('theirs', 'completed', stats(1, 0));
    await rounds(1);
    move('theirs', 'running');
    await rounds(2);
    for (const each of [thing, other]) expect(each.statusesOf('theirs')).toEqual(['running', 'completed']);
    expect(await storedKeys()).toEqual([]);
  });

  test('without it, notifies a job only through the Thing that scheduled it, and no jobs of other clients', async () => {
    const other = new RecordingThing('Other');
    await watch({ things: [thing, other] });
    move('theirs', 'running');
    await schedule('j');
    await rounds(2);
    expect(thing.statusesOf('theirs')).toEqual([]);
    expect(other.events).toEqual([]);
    expect(thing.statusesOf('j')).toEqual(['pending', 'scheduled']);
  });
});

describe('properties', () => {
  test('agentVersion and hubStatus are set immediately', async () => {
    await watch();
    expect(thing.properties.get('agentVersion')).toBe('1.2.3');
    expect(thing.properties.get('hubStatus')).toBe('connected');
  });

  test('activeJobs holds the newest hundred, the newest first, and activeJobCount all', async () => {
    for (let index = 0; index < 120; index += 1)
      move(`j${index}`, 'running', { createdTime: new Date(1_700_000_000_000 + index * 1000).toISOString() });
    await watch();
    await idleRound();
    const rows = thing.properties.get('activeJobs') as { jobId: string }[];
    expect(thing.properties.get('activeJobCount')).toBe(120);
    expect(rows.map(({ jobId }) => jobId)).toEqual(Array.from({ length: 100 }, (_unused, index) => `j${119 - index}`));
  });

  test('are set only when they change', async () => {
    await watch({ watchAll: true });
    await rounds(3);
    const before = thing.pushes.length;
    await rounds(3);
    expect(thing.pushes.length).toBe(before);
    move('j', 'running');
    await rounds(1);
    expect(thing.pushes.slice(before).map(([name]) => name)).toEqual(['activeJobCount', 'activeJobs']);
  });

  test('activeJobs omits large payloads', async () => {
    for (let index = 0; index < 10; index += 1)
      move(`j${index}`, 'running', { cloudToDeviceMethod: { methodName: 'm', payload: 'x'.repeat(100_000) } });
    await watch();
    await idleRound();
    const rows = thing.properties.get('activeJobs') as object[];
    expect(rows).toHaveLength(10);
    expect(rows[0]).not.toHaveProperty('payload');
  });

  test.each([
    ['HubUnavailable', 'unreachable'],
    ['HubUnauthorized', 'unauthorized'],
    ['HubThrottled', 'throttled'],
  ] as const)('after %s hubStatus is %s, and connected again when the hub answers', async (code, status) => {
    await watch();
    hub.fail = () => new AgentError(code, 'so it is');
    await clock.advanceAsync(15_000);
    expect(thing.properties.get('hubStatus')).toBe(status);
    expect(watcher.hubStatus).toBe(status);
    hub.fail = () => undefined;
    await clock.advanceAsync(15_000);
    expect(thing.properties.get('hubStatus')).toBe('connected');
  });

  test('a call of a service changes them immediately', async () => {
    await watch({ intervalMs: 3_600_000 });
    hub.fail = () => new AgentError('HubUnauthorized', 'no');
    await expect(callJobService(operations, 'FindJobs', {}, { clock })).rejects.toThrow();
    expect(thing.properties.get('hubStatus')).toBe('unauthorized');
  });

  test('with a long interval between rounds, the hub is still probed every 15 s, for one item', async () => {
    await watch({ intervalMs: 3_600_000, watchAll: true });
    const before = hub.calls.length;
    await clock.advanceAsync(60_000);
    const probes = hub.calls.slice(before);
    expect(probes).toHaveLength(4);
    expect(probes.every(({ request }) => (request as { pageSize?: number }).pageSize === 1)).toBe(true);
  });
});

test('a hub with S1 limits is polled within its budget, and a user never waits for it', async () => {
  const port = hub.port({ tier: 'S1', clock });
  move('theirs', 'running');
  await watch({ hub: port, intervalMs: 250 });
  await clock.advanceAsync(120_000);
  const polls = hub.calls.length;
  expect(polls).toBeLessThanOrEqual(300);
  const before = clock.monotonicMs();
  await Promise.all(Array.from({ length: 30 }, () => callJobService(operations, 'FindJobs', {}, { clock })));
  expect(clock.monotonicMs()).toBe(before);
});

test('keeps watching if the store fails', async () => {
  store.batch = () => Promise.reject(new AgentError('StateUnwritable', 'disk full'));
  await watch();
  await schedule('j');
  await rounds(1);
  expect(thing.statusesOf('j')).toEqual(['pending', 'scheduled']);
});

test('skips a record of the store that cannot be parsed and loads the others', async () => {
  await watch();
  await schedule('a');
  await schedule('c');
  await watcher.stop();
  for (const [key, value] of [
    ['watch/main/0', 'nonsense'],
    ['watch/main/b', { jobId: 'b', pending: [null] }],
    ['watch/main/z', null],
  ] as const)
    await store.put(key, value);
  thing = new RecordingThing('Hub');
  const log = recordingLog();
  await watch({ log });
  for (const jobId of ['a', 'c']) move(jobId, 'completed', stats(1, 1));
  await rounds(2);
  for (const jobId of ['a', 'c']) expect(thing.statusesOf(jobId).at(-1)).toBe('completed');
  const skipped = log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['key']);
  expect(skipped).toEqual(['watch/main/0', 'watch/main/b', 'watch/main/z']);
});
