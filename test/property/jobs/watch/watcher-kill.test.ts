import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { NativeRow } from '../../../../src/edge/definitions.js';
import type { WatchingThing } from '../../../../src/jobs/watch/change-notifier.js';
import { jobEnvironment } from '../../../../src/jobs/environment.js';
import { RefusedCounts } from '../../../../src/jobs/refused-counts.js';
import { createJobWatcher, type JobWatcher } from '../../../../src/jobs/watch/watcher.js';
import type { WatchRecord } from '../../../../src/jobs/watch/record.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import type { Store, StoreChange } from '../../../../src/store/store.js';
import { callJobService } from '../../../support/jobs/callers.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';
import { ManualClock } from '../../../support/manual-clock.js';

const INTERVAL_MS = 1000;
const LIFE = ['scheduled', 'running', 'completed'] as const;
/** The status when the hub accepts a job, whatever the next list contains. */
const ACCEPTED = 'pending';

/** What the platform has received, and in which run of the agent. */
interface Told {
  readonly jobId: string;
  readonly status: string;
  readonly run: number;
}

/** A process of the agent that dies at a given step: afterwards its actions have no effect and receive no response. */
class MortalRun {
  readonly #world: World;
  readonly #run: number;
  #stepsLeft: number;
  watcher: JobWatcher;
  schedule: (jobId: string) => Promise<unknown>;

  constructor(world: World, run: number, steps: number) {
    this.#world = world;
    this.#run = run;
    this.#stepsLeft = steps;
    const hub = world.hub.port({ clock: world.clock });
    const refusedCounts = new RefusedCounts();
    this.watcher = createJobWatcher({
      hub,
      hubName: 'main',
      store: this.#store(),
      things: [this.#thing()],
      agentVersion: '1',
      refusedCounts,
      intervalMs: INTERVAL_MS,
      clock: world.clock,
    });
    const operations = jobEnvironment({ hub, thing: 'Hub', refusedCounts, registrar: this.watcher.registrar });
    this.schedule = (jobId) =>
      callJobService(operations, 'ScheduleTwinUpdateJob', { patch: { tags: { a: 1 } }, jobId }, { clock: world.clock });
  }

  kill(): void {
    this.#stepsLeft = 0;
  }

  /** Executes one step of the process; never resolves once the process is dead. */
  #step(): Promise<void> {
    if (this.#stepsLeft <= 0) return new Promise(() => undefined);
    this.#stepsLeft -= 1;
    return Promise.resolve();
  }

  #thing(): WatchingThing {
    return {
      name: 'Hub',
      setProperty: () => undefined,
      fireEvent: async (_name: string, row: NativeRow) => {
        await this.#step();
        this.#world.told.push({ jobId: String(row['jobId']), status: String(row['status']), run: this.#run });
        await this.#step();
      },
    };
  }

  #store(): Store {
    const { store } = this.#world;
    return {
      get: (key) => store.get(key),
      put: (key, value) => store.put(key, value),
      delete: (key) => store.delete(key),
      entries: (range) => store.entries(range),
      close: () => store.close(),
      read: (key) => store.read(key),
      lease: (name, holder, seconds) => store.lease(name, holder, seconds),
      batch: async (changes, options) => {
        await this.#step();
        await store.batch(changes, options);
        this.#world.noteObserved(changes);
        await this.#step();
      },
    };
  }
}

class World {
  readonly clock = new ManualClock();
  readonly hub = new FakeHub();
  readonly store = new MemoryStore();
  readonly told: Told[] = [];
  /** Changes that are stored as observed. */
  readonly observed = new Set<string>();

  noteObserved(changes: readonly StoreChange[]): void {
    for (const change of changes) {
      if (change.type !== 'put') continue;
      const record = change.value as WatchRecord;
      for (const { status } of record.pending) this.observed.add(`${record.jobId} ${status}`);
    }
  }

  move(jobId: string): void {
    const job = this.hub.jobs.get(jobId);
    if (!job) return;
    const next = LIFE.indexOf(job['status'] as (typeof LIFE)[number]) + 1;
    job['status'] = LIFE[Math.min(next, LIFE.length - 1)];
    job['deviceJobStatistics'] = {
      deviceCount: 1,
      succeededCount: 1,
      failedCount: 0,
      runningCount: 0,
      pendingCount: 0,
    };
  }
}

type Action = { readonly kind: 'schedule' | 'move'; readonly job: number } | { readonly kind: 'round' };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constantFrom('schedule' as const, 'move' as const), job: fc.integer({ min: 0, max: 2 }) }),
  fc.constant({ kind: 'round' as const }),
);
const run = fc.record({ actions: fc.array(action, { maxLength: 8 }), diesAfter: fc.integer({ min: 0, max: 25 }) });

test('notifies each observed change, including the end of every job, across any kills of the agent, and repeats few', async () => {
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 6 }), async (runs) => {
      const world = new World();
      for (const [index, { actions, diesAfter }] of runs.entries()) {
        const mortal = new MortalRun(world, index, diesAfter);
        await mortal.watcher.start();
        for (const next of actions) await act(world, mortal, next);
        mortal.kill();
      }
      const last = new MortalRun(world, runs.length, Infinity);
      await last.watcher.start();
      for (let rounds = 0; rounds < LIFE.length; rounds += 1) {
        for (const jobId of world.hub.jobs.keys()) world.move(jobId);
        await world.clock.advanceAsync(INTERVAL_MS);
      }
      await world.clock.advanceAsync(2 * INTERVAL_MS);
      await last.watcher.stop();
      check(world);
      checked += 1;
    }),
    { numRuns: process.env['LOAD'] === 'full' ? 3000 : 150 },
  );
  expect(checked).toBeGreaterThanOrEqual(150);
});

async function act(world: World, mortal: MortalRun, next: Action): Promise<void> {
  if (next.kind === 'round') await world.clock.advanceAsync(INTERVAL_MS);
  else if (next.kind === 'move') world.move(`job-${next.job}`);
  else {
    void mortal.schedule(`job-${next.job}`).catch(() => undefined);
    await world.clock.advanceAsync(0);
  }
}

function check(world: World): void {
  const told = new Set(world.told.map(({ jobId, status }) => `${jobId} ${status}`));
  for (const change of world.observed) expect(told).toContain(change);
  for (const jobId of world.hub.jobs.keys()) {
    const events = world.told.filter((event) => event.jobId === jobId);
    expect(events.at(-1)?.status).toBe('completed');
    const order = events
      .map(({ status }) => status)
      .filter((status) => status !== ACCEPTED)
      .map((status) => (LIFE as readonly string[]).indexOf(status));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    for (const [index, event] of events.entries()) {
      const before = events[index - 1];
      if (before?.status === event.status) expect(before.run).not.toBe(event.run);
    }
  }
}
