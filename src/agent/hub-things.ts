import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { EdgeThing } from '../edge/thing.js';
import type { WatchingThing } from '../jobs/watch/change-notifier.js';
import { RefusedCounts } from '../jobs/refused-counts.js';
import { createJobWatcher } from '../jobs/watch/watcher.js';
import { HubRollouts } from '../rollouts/hub-rollouts.js';
import type { Store } from '../store/store.js';
import type { AgentConfig } from './config/agent-config.js';
import { createHubQueue, pollIntervalMs, placesOf, watchedQueue } from './hub-queue.js';
import type { OpenHub } from './hubs.js';
import { buildThing } from './things.js';
import { packageVersion } from './version.js';

export interface HubThingsOptions {
  readonly config: AgentConfig;
  readonly hub: OpenHub;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
  /** The Things of an earlier configuration, which keep their values and queues and get the services of this one. */
  readonly existing?: readonly EdgeThing[];
}

/** The Things that represent one hub, the watcher of its jobs, its queue and its roll-outs. */
export interface HubThings {
  readonly things: readonly EdgeThing[];
  /** Starts to watch the hub and its jobs and to drive its roll-outs. The Things must have been added to a client. */
  watch(): Promise<void>;
  /** Stops watching. Idempotent. */
  stopWatch(): Promise<void>;
}

/** Creates the Things of one hub with watcher, queue and roll-outs. @throws AgentError as `buildThing`. */
export async function createHubThings(options: HubThingsOptions): Promise<HubThings> {
  const { config, hub, store, clock, log, instruments, existing = [] } = options;
  const refusedCounts = new RefusedCounts();
  const entries = config.things.filter(({ iothub }) => iothub === hub.config.name);
  const things = new Map<string, EdgeThing>();
  const places = placesOf(hub.config, clock);
  const watchedThings = entries.map(({ name }) => watched(name, things));
  const observed = { clock, log, instruments };
  const common = {
    ...observed,
    hub: hub.port,
    hubName: hub.config.name,
    store,
    things: watchedThings,
    messageLimits: config.thingworx,
  };
  const watcher = createJobWatcher({
    ...common,
    agentVersion: packageVersion(),
    refusedCounts,
    watchAll: config.watch.all,
    intervalMs: hub.config.watchIntervalSeconds * 1000,
    queue: watchedQueue(places, () => queue),
  });
  const { registrar } = watcher;
  const onCount = (): void => rollouts.queueChanged();
  const queue = createHubQueue({ ...observed, config, hub, store, places, registrar, onCount });
  const rollouts = new HubRollouts({
    ...common,
    settings: config.rollouts,
    guards: config.guards,
    places,
    queuedJobCount: () => queue?.count ?? 0,
    pollIntervalMs: pollIntervalMs(hub.config),
  });
  const shared = { hub, refusedCounts, registrar, queue, driver: rollouts.driver };
  const built: EdgeThing[] = [];
  for (const entry of entries) built.push(await buildThing(config, entry, shared));
  for (const thing of built) things.set(thing.name, existing.find(({ name }) => name === thing.name) ?? thing);
  return {
    things: [...things.values()],
    watch: async () => {
      for (const thing of built) things.get(thing.name)?.adoptServices(thing);
      await watcher.start();
      await queue?.start();
      await rollouts.start();
    },
    stopWatch: async () => {
      await Promise.all([queue?.stop(), rollouts.stop()]);
      await watcher.stop();
      places.close();
    },
  };
}

/** Things and watcher depend on each other, so the watcher looks a Thing up when it uses it. */
function watched(name: string, things: ReadonlyMap<string, EdgeThing>): WatchingThing {
  return {
    name,
    setProperty: (property, value) => things.get(name)?.setProperty(property, value),
    fireEvent: async (event, row) => await things.get(name)?.fireEvent(event, row),
  };
}
