import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { EdgeThing } from '../edge/thing.js';
import type { WatchingThing } from '../jobs/watch/change-notifier.js';
import { RefusedCounts } from '../jobs/refused-counts.js';
import { createJobWatcher } from '../jobs/watch/watcher.js';
import type { Store } from '../store/store.js';
import type { AgentConfig } from './config/agent-config.js';
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
}

/** The Things that represent one hub, and the watcher of its jobs. */
export interface HubThings {
  readonly things: readonly EdgeThing[];
  /** Starts to watch the hub and its jobs. The Things must have been added to a client. */
  watch(): Promise<void>;
  /** Stops watching. Idempotent. */
  stopWatch(): Promise<void>;
}

/** Makes the Things of one hub and its watcher. @throws AgentError as `buildThing`. */
export async function createHubThings(options: HubThingsOptions): Promise<HubThings> {
  const { config, hub, store, clock, log, instruments } = options;
  const refusedCounts = new RefusedCounts();
  const entries = config.things.filter(({ iothub }) => iothub === hub.config.name);
  const things = new Map<string, EdgeThing>();
  const watcher = createJobWatcher({
    hub: hub.port,
    hubName: hub.config.name,
    store,
    things: entries.map(({ name }) => watched(name, things)),
    agentVersion: packageVersion(),
    refusedCounts,
    watchAll: config.watch.all,
    intervalMs: hub.config.watchIntervalSeconds * 1000,
    messageLimits: config.thingworx,
    clock,
    log,
    instruments,
  });
  const shared = { hub, refusedCounts, registrar: watcher.registrar };
  for (const entry of entries) things.set(entry.name, await buildThing(config, entry, shared));
  return {
    things: [...things.values()],
    watch: () => watcher.start(),
    stopWatch: () => watcher.stop(),
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
