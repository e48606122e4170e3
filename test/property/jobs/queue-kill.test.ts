import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { NativeRow } from '../../../src/edge/definitions.js';
import type { HubOperations } from '../../../src/iothub/ports.js';
import type { WatchingThing } from '../../../src/jobs/watch/change-notifier.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { FakeHub } from '../../support/jobs/fake-hub.js';
import { limitJobs, QueueRig } from '../../support/jobs/queue-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

const PLACES = 2;
const HUB_MAX = 3;
const JOBS = 4;
const OTHER = 'other-job';
const OPEN = ['scheduled', 'running'];

/** What outlives the agent, and what its callers were told. */
class World {
  readonly clock = new ManualClock();
  readonly hub = new FakeHub();
  readonly store = new MemoryStore();
  readonly told: { readonly jobId: string; readonly status: string }[] = [];
  readonly scheduled = new Set<string>();
  readonly cancelled = new Set<string>();
  /** Jobs whose cancel was asked for, whether or not the caller had an answer. */
  readonly cancelAsked = new Set<string>();
  /** How often the hub has created each job. */
  readonly created = new Map<string, number>();
  mostOpen = 0;

  constructor() {
    limitJobs(this.hub, HUB_MAX);
    this.hub.jobs.set(OTHER, { jobId: OTHER, type: 'scheduleUpdateTwin', status: 'running' });
  }

  noteCreated(jobId: string): void {
    this.created.set(jobId, (this.created.get(jobId) ?? 0) + 1);
    const open = [...this.hub.jobs.values()].filter((job) => OPEN.includes(String(job['status'])));
    this.mostOpen = Math.max(this.mostOpen, open.filter((job) => job['jobId'] !== OTHER).length);
  }

  /** Moves the oldest job that has not ended one status on. */
  move(): void {
    const job = [...this.hub.jobs.values()].find(
      ({ jobId, status }) => jobId !== OTHER && OPEN.includes(String(status)),
    );
    if (job) job['status'] = job['status'] === 'scheduled' ? 'running' : 'completed';
  }

  toggleOther(): void {
    const job = this.hub.jobs.get(OTHER) as Record<string, unknown>;
    job['status'] = job['status'] === 'running' ? 'completed' : 'running';
  }
}

/** An agent's process that dies at a given step: after that nothing it does has any effect, and nothing is answered. */
class MortalRun {
  readonly rig: QueueRig;
  readonly #world: World;
  #stepsLeft: number;

  constructor(world: World, steps: number) {
    this.#world = world;
    this.#stepsLeft = steps;
    const { clock, hub } = world;
    const common = { clock, hub, hubMax: HUB_MAX, places: PLACES };
    this.rig = new QueueRig({ ...common, operations: this.#hub(), store: this.#store(), thing: this.#thing() });
  }

  kill(): void {
    this.#stepsLeft = 0;
  }

  schedule(job: number): void {
    const jobId = `job-${job}`;
    const twin = { patch: { tags: { a: job } }, jobId, queue: true };
    void this.rig.call('ScheduleTwinUpdateJob', twin).then(
      () => this.#world.scheduled.add(jobId),
      () => undefined,
    );
  }

  cancel(job: number): void {
    const jobId = `job-${job}`;
    this.#world.cancelAsked.add(jobId);
    void this.rig.call('CancelJob', { jobId }).then(
      () => this.#world.cancelled.add(jobId),
      () => undefined,
    );
  }

  /** One more step of the process; never resolves once it is dead. */
  #step(): Promise<void> {
    if (this.#stepsLeft <= 0) return new Promise(() => undefined);
    this.#stepsLeft -= 1;
    return Promise.resolve();
  }

  async #around<T>(run: () => Promise<T>): Promise<T> {
    await this.#step();
    const result = await run();
    await this.#step();
    return result;
  }

  #hub(): HubOperations {
    const { hub } = this.#world;
    const { operations } = hub;
    return {
      scheduleJob: (context, job) =>
        this.#around(async () => {
          const document = await operations.scheduleJob(context, job);
          this.#world.noteCreated(job.jobId);
          return document;
        }),
      getJob: (context, jobId) => this.#around(() => operations.getJob(context, jobId)),
      listJobs: (context, request) => this.#around(() => operations.listJobs(context, request)),
      cancelJob: (context, jobId) => this.#around(() => operations.cancelJob(context, jobId)),
      query: (context, request) => this.#around(() => operations.query(context, request)),
    };
  }

  #thing(): WatchingThing {
    return {
      name: 'Hub',
      setProperty: () => undefined,
      fireEvent: (_name: string, row: NativeRow) =>
        this.#around(async () => {
          this.#world.told.push({ jobId: String(row['jobId']), status: String(row['status']) });
        }),
    };
  }

  #store(): Store {
    const { store } = this.#world;
    return {
      get: (key) => store.get(key),
      put: (key, value) => this.#around(() => store.put(key, value)),
      delete: (key) => this.#around(() => store.delete(key)),
      entries: (range) => store.entries(range),
      close: () => store.close(),
      read: (key) => store.read(key),
      lease: (name, holder, seconds) => store.lease(name, holder, seconds),
      batch: (changes, options) => this.#around(() => store.batch(changes, options)),
    };
  }
}

type Action =
  | { readonly kind: 'schedule' | 'cancel'; readonly job: number }
  | { readonly kind: 'move' | 'other' | 'wait'; readonly seconds: number };

const job = fc.integer({ min: 0, max: JOBS - 1 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('schedule' as const), job }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), job }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('move' as const, 'other' as const, 'wait' as const),
      seconds: fc.integer({ min: 0, max: 15 }),
    }),
  },
);
const run = fc.record({ actions: fc.array(action, { maxLength: 8 }), diesAfter: fc.integer({ min: 0, max: 60 }) });

test('over any deaths of the agent, no queued job is lost or created twice, and the places of the hub suffice', async () => {
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 5 }), async (runs) => {
      const world = new World();
      for (const { actions, diesAfter } of runs) {
        const mortal = new MortalRun(world, diesAfter);
        void mortal.rig.start();
        await world.clock.advanceAsync(0);
        for (const next of actions) await act(world, mortal, next);
        mortal.kill();
      }
      const last = new MortalRun(world, Infinity);
      void last.rig.start();
      for (let round = 0; round < 4 * JOBS; round += 1) {
        world.move();
        await world.clock.advanceAsync(61_000);
      }
      check(world, last.rig);
      checked += 1;
    }),
    { numRuns: process.env['LOAD'] === 'full' ? 1500 : 60 },
  );
  expect(checked).toBeGreaterThanOrEqual(60);
}, 300_000);

async function act(world: World, mortal: MortalRun, next: Action): Promise<void> {
  if (next.kind === 'schedule') mortal.schedule(next.job);
  else if (next.kind === 'cancel') mortal.cancel(next.job);
  else if (next.kind === 'move') world.move();
  else if (next.kind === 'other') world.toggleOther();
  await world.clock.advanceAsync(next.kind === 'wait' ? next.seconds * 1000 : 0);
}

function check(world: World, rig: QueueRig): void {
  expect(rig.queue.count).toBe(0);
  expect(world.mostOpen).toBeLessThanOrEqual(PLACES);
  for (const count of world.created.values()) expect(count).toBe(1);
  for (const jobId of world.scheduled) {
    const status = world.hub.jobs.get(jobId)?.['status'];
    if (world.cancelled.has(jobId)) expect([undefined, 'cancelled']).toContain(status);
    // A cancel whose answer the caller never saw may have worked.
    else if (!world.cancelAsked.has(jobId)) expect(status).toBe('completed');
    const last = world.told.findLast((event) => event.jobId === jobId)?.status;
    expect(last).toBe(status ?? 'cancelled');
  }
}
