import { AgentError } from '../../../src/core/errors.js';
import type { Instruments } from '../../../src/core/instruments.js';
import { createHubPort } from '../../../src/iothub/hub-port.js';
import type { HubOperations } from '../../../src/iothub/ports.js';
import { tierLimits } from '../../../src/iothub/tier-limits.js';
import { jobEnvironment, type JobEnvironment } from '../../../src/jobs/environment.js';
import type { Guards } from '../../../src/jobs/guards.js';
import type { JobHistory } from '../../../src/jobs/history/job-history.js';
import { HubJobQueue } from '../../../src/jobs/queue/job-queue.js';
import { HubPlaces } from '../../../src/jobs/queue/places.js';
import { RefusedCounts } from '../../../src/jobs/refused-counts.js';
import type { WatchingThing } from '../../../src/jobs/watch/change-notifier.js';
import { createJobWatcher, type JobWatcher } from '../../../src/jobs/watch/watcher.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { NO_DEVICES } from '../iothub/no-devices.js';
import { ManualClock } from '../manual-clock.js';
import { callJobService } from './callers.js';
import { FakeHub } from './fake-hub.js';
import { RecordingThing } from './recording-thing.js';

export interface QueueRigOptions {
  /** Maximum number of jobs of any program that the hub runs at once. */
  readonly hubMax?: number;
  readonly maxAgeMs?: number;
  readonly guards?: Guards;
  readonly instruments?: Instruments;
  readonly hub?: FakeHub;
  readonly store?: Store;
  readonly clock?: ManualClock;
  readonly thing?: WatchingThing;
  readonly history?: JobHistory;
  /** Replaces the operations of the hub. */
  readonly operations?: HubOperations;
  /** Maximum number of open jobs of the queue; as many as the hub runs if absent. */
  readonly places?: number;
}

/** One process of the agent: watcher and queue with a hub in memory and a manual clock. */
export class QueueRig {
  readonly clock: ManualClock;
  readonly hub: FakeHub;
  readonly store: Store;
  readonly thing: WatchingThing;
  readonly places: HubPlaces;
  readonly queue: HubJobQueue;
  readonly watcher: JobWatcher;
  readonly environment: JobEnvironment;
  readonly counts: number[] = [];

  constructor(options: QueueRigOptions = {}) {
    const { hubMax = 1, maxAgeMs = 86_400_000 } = options;
    this.clock = options.clock ?? new ManualClock();
    this.hub = options.hub ?? new FakeHub();
    this.store = options.store ?? new MemoryStore();
    this.thing = options.thing ?? new RecordingThing('Hub');
    this.places = new HubPlaces(options.places ?? hubMax, this.clock, hubMax);
    if (!options.hub) limitJobs(this.hub, hubMax);
    const hub = createHubPort({
      hostName: 'hub.test',
      operations: options.operations ?? this.hub.operations,
      devices: NO_DEVICES,
      limits: tierLimits('unlimited', 1),
      clock: this.clock,
      close: () => undefined,
    });
    const refusedCounts = new RefusedCounts();
    const common = { hub, hubName: 'main', store: this.store, clock: this.clock };
    this.watcher = createJobWatcher({
      ...common,
      things: [this.thing],
      agentVersion: '1',
      refusedCounts,
      intervalMs: 10_000,
      history: options.history,
      queue: {
        find: (jobId) => this.queue.find(jobId),
        isWaiting: (jobId) => this.queue.isWaiting(jobId),
        ended: (jobId) => this.queue.ended(jobId),
        reportRunning: (count) => this.places.reportRunning(count),
      },
    });
    this.queue = new HubJobQueue({
      ...common,
      places: this.places,
      registrar: this.watcher.registrar,
      maxAgeMs,
      pollIntervalMs: 2000,
      guards: options.guards ?? {},
      onCount: (count) => void this.counts.push(count),
      ...(options.instruments ? { instruments: options.instruments } : {}),
    });
    this.environment = jobEnvironment({
      hub,
      thing: 'Hub',
      refusedCounts,
      registrar: this.watcher.registrar,
      queue: this.queue,
    });
  }

  async start(): Promise<this> {
    await this.watcher.start();
    await this.queue.start();
    await this.clock.advanceAsync(0);
    return this;
  }

  /** Ends this process and starts another one on the same store and hub. */
  async restart(options: QueueRigOptions = {}): Promise<QueueRig> {
    await Promise.all([this.queue.stop(), this.watcher.stop()]);
    const { clock, hub, store, thing } = this;
    return await new QueueRig({ ...options, clock, hub, store, thing }).start();
  }

  call(name: string, parameters: Record<string, unknown>): Promise<unknown> {
    return callJobService(this.environment, name, parameters, { clock: this.clock, timeoutMs: 25_000 });
  }

  schedule(jobId: string, more: Record<string, unknown> = {}): Promise<unknown> {
    return this.call('ScheduleDeviceMethodJob', { methodName: 'reboot', jobId, queue: true, ...more });
  }

  async job(jobId: string): Promise<Record<string, unknown>> {
    return ((await this.call('GetJob', { jobId })) as Record<string, unknown>[])[0] as Record<string, unknown>;
  }

  async find(filter: Record<string, unknown> = {}): Promise<unknown[]> {
    const rows = (await this.call('FindJobs', filter)) as Record<string, unknown>[];
    return rows.map(({ jobId, status }) => `${String(jobId)} ${String(status)}`);
  }

  /** Moves a job of the hub to its next status. */
  move(jobId: string, status: string): void {
    const job = this.hub.jobs.get(jobId);
    if (!job) throw new Error(`no job ${jobId}`);
    job['status'] = status;
  }

  /** Ids of the jobs that the hub has. */
  get atHub(): string[] {
    return [...this.hub.jobs.keys()];
  }
}

/** Makes a hub refuse jobs while this many have not ended. */
export function limitJobs(hub: FakeHub, max: number): void {
  hub.fail = (operation, request) => {
    if (operation !== 'scheduleJob' || hub.jobs.has((request as { readonly jobId: string }).jobId)) return undefined;
    const open = [...hub.jobs.values()].filter(({ status }) => status === 'scheduled' || status === 'running');
    return open.length >= max ? new AgentError('HubJobQuotaExceeded', 'no place') : undefined;
  };
}
