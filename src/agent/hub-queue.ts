import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import { concurrentJobs } from '../iothub/tier-limits.js';
import type { JobRegistrar } from '../jobs/environment.js';
import { HubJobQueue } from '../jobs/queue/job-queue.js';
import { HubPlaces } from '../jobs/queue/places.js';
import type { WatchedQueue } from '../jobs/watch/watcher.js';
import type { Store } from '../store/store.js';
import { type AgentConfig, type HubConfig, isDurable } from './config/agent-config.js';
import type { OpenHub } from './hubs.js';

/** Maximum time between two polls of an open job while a client waits for its place. */
const MAX_POLL_INTERVAL_MS = 2000;

/** Time between two polls of an open hub job, in milliseconds. */
export function pollIntervalMs({ watchIntervalSeconds }: Pick<HubConfig, 'watchIntervalSeconds'>): number {
  return Math.min(MAX_POLL_INTERVAL_MS, watchIntervalSeconds * 1000);
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

/** Creates the queue of one hub; undefined without persistent state. */
export function createHubQueue({ config, hub, ...options }: HubQueueOptions): HubJobQueue | undefined {
  if (!isDurable(config)) return undefined;
  return new HubJobQueue({
    ...options,
    hub: hub.port,
    hubName: hub.config.name,
    guards: config.guards,
    maxAgeMs: config.rollouts.queueMaxAgeSeconds * 1000,
    pollIntervalMs: pollIntervalMs(hub.config),
  });
}

/** Watcher and queue depend on each other, so the watcher looks the queue up when it uses it. */
export function watchedQueue(places: HubPlaces, queue: () => HubJobQueue | undefined): WatchedQueue {
  return {
    find: (jobId) => queue()?.find(jobId) ?? Promise.resolve(undefined),
    isWaiting: (jobId) => queue()?.isWaiting(jobId) ?? false,
    ended: (jobId) => queue()?.ended(jobId),
    reportRunning: (count) => places.reportRunning(count),
  };
}
