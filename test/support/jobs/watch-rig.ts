import { jobEnvironment, type JobEnvironment } from '../../../src/jobs/environment.js';
import { RefusedCounts } from '../../../src/jobs/refused-counts.js';
import { createJobWatcher, type JobWatcher, type JobWatcherOptions } from '../../../src/jobs/watch/watcher.js';
import type { HubTier } from '../../../src/iothub/ports.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { ManualClock } from '../manual-clock.js';
import { callJobService } from './callers.js';
import { recordingLog } from '../recording-log.js';
import { FakeHub } from './fake-hub.js';
import { RecordingThing } from './recording-thing.js';

/** A started watcher over a hub in memory, on a clock of the test. */
export interface WatchRig {
  readonly clock: ManualClock;
  readonly hub: FakeHub;
  readonly thing: RecordingThing;
  readonly store: MemoryStore;
  readonly log: ReturnType<typeof recordingLog>;
  readonly watcher: JobWatcher;
  readonly operations: JobEnvironment;
  /** Schedules a method job through the agent. */
  schedule(jobId: string): Promise<unknown>;
  /** Sets the status of a job on the hub. */
  move(jobId: string, status: string, more?: object): void;
  stop(): Promise<void>;
}

export async function startWatching(
  options: Partial<JobWatcherOptions> & {
    readonly tier?: HubTier;
    readonly fakeHub?: FakeHub;
    readonly manualClock?: ManualClock;
    readonly memoryStore?: MemoryStore;
  } = {},
): Promise<WatchRig> {
  const { tier = 'S1', fakeHub: hub = new FakeHub(), manualClock: clock = new ManualClock(), ...rest } = options;
  const store = options.memoryStore ?? new MemoryStore();
  const thing = new RecordingThing('Hub');
  const log = recordingLog();
  const refusedCounts = new RefusedCounts();
  const port = options.hub ?? hub.port({ tier, clock });
  const watcher = createJobWatcher({
    hub: port,
    hubName: 'main',
    store,
    things: [thing],
    agentVersion: '1.2.3',
    refusedCounts,
    intervalMs: 10_000,
    clock,
    log,
    ...rest,
  });
  const operations = jobEnvironment({ hub: port, thing: 'Hub', refusedCounts, registrar: watcher.registrar });
  await watcher.start();
  await clock.advanceAsync(0);
  return {
    clock,
    hub,
    thing,
    store,
    log,
    watcher,
    operations,
    schedule: (jobId) => callJobService(operations, 'ScheduleDeviceMethodJob', { methodName: 'm', jobId }, { clock }),
    move: (jobId, status, more = {}) =>
      void hub.jobs.set(jobId, { ...hub.jobs.get(jobId), jobId, type: 'scheduleDeviceMethod', status, ...more }),
    async stop() {
      const stopped = watcher.stop();
      await clock.advanceAsync(3000);
      await stopped;
    },
  };
}
