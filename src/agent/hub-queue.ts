import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import { concurrentJobs } from '../iothub/tier-limits.js';
import type { JobRegistrar } from '../jobs/environment.js';
import { HubJobQueue } from '../jobs/queue/job-queue.js';
import { HubPlaces } from '../jobs/queue/places.js';
import type { WatchedQueue } from '../jobs/watch/watcher.js';
import type { Store } from '../store/store.js';
import type { AgentConfig, HubConfig } from './config/agent-config.js';
import type { OpenHub } from './hubs.js';

/** An open job is looked at so often at least while somebody waits for its place. */
const LOOK_INTERVAL_MS = 2000;

/** Between two looks at a hub job whose end is waited for. */
export function pollIntervalMs({ watchIntervalSeconds }: Pick<HubConfig, 'watchIntervalSeconds'>): number {
  return Math.min(LOOK_INTERVAL_MS, watchIntervalSeconds * 1000);
}

/** The places of a hub, shared by the queue and the roll-outs. */
export function placesOf({ tier, maxConcurrentJobs }: HubConfig, clock: Clock): HubPlaces {
  const hubMax = concurrentJobs(tier);
  return new HubPlaces(maxConcurrentJobs, clock, Number.isFinite(hubMax) ? hubMax : maxConcurrentJobs);
}

export interface HubQueueOptions {
  readonly config: AgentConfig;
  readonly hub: OpenHub;
  readonly store: Store;
  readonly places: HubPlaces;
  readonly registrar: JobRegistrar;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
  /** Called with the number of waiting jobs when it changes. */
  readonly onCount: (count: number) => void;
}

/** The queue of one hub; undefined where no state folder keeps it over a restart. */
export function createHubQueue({ config, hub, ...options }: HubQueueOptions): HubJobQueue | undefined {
  if (config.stateDir === undefined) return undefined;
  return new HubJobQueue({
    ...options,
    hub: hub.port,
    hubName: hub.config.name,
    guards: config.guards,
    maxAgeMs: config.rollouts.queueMaxAgeSeconds * 1000,
    pollIntervalMs: pollIntervalMs(hub.config),
  });
}

/** Watcher and queue need each other; the watcher gets a queue that is looked up when it is used. */
export function watchedQueue(places: HubPlaces, queue: () => HubJobQueue | undefined): WatchedQueue {
  return {
    isWaiting: (jobId) => queue()?.isWaiting(jobId) ?? false,
    ended: (jobId) => queue()?.ended(jobId),
    sawRunning: (count) => places.sawRunning(count),
  };
}
