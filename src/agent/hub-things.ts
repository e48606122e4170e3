import { HUB_SERVICES } from '../catalogue/hub-services.js';
import type { ViewedHub, ViewedThing } from '../console/agent-view.js';
import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { EdgeThing } from '../edge/thing.js';
import type { JobRegistrar } from '../jobs/environment.js';
import type { WatchingThing } from '../jobs/watch/change-notifier.js';
import { JobHistory } from '../jobs/history/job-history.js';
import { HubJobs } from '../jobs/read-model/hub-jobs.js';
import { createJobWatcher } from '../jobs/watch/watcher.js';
import type { PlatformPresence } from '../rollouts/environment.js';
import { HubRollouts } from '../rollouts/hub-rollouts.js';
import type { Store, StoreChange } from '../store/store.js';
import { type AgentConfig, isDurable } from './config/agent-config.js';
import { createHubQueue, pollIntervalMs, placesOf, watchedQueue } from './hub-queue.js';
import type { OpenHub } from './hubs.js';
import type { FindPreview } from './previews.js';
import { type BuiltThing, buildThing } from './things.js';
import { packageVersion } from './version.js';

export interface HubThingsOptions {
  readonly config: AgentConfig;
  readonly hub: OpenHub;
  readonly platform: PlatformPresence;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
  /** Called for each change of a roll-out, its deletion among them. */
  readonly onRolloutChange?: ((rolloutId: string) => void) | undefined;
  /** The Things of an earlier configuration, which keep their values and queues and get the services of this one. */
  readonly existing?: readonly EdgeThing[];
}

/** What the console shows of a hub beside its configuration and state. */
export type HubParts = Omit<ViewedHub, 'name' | 'tier' | 'units' | 'port' | 'health' | 'role' | 'holder'>;

/** The Things that represent one hub, the watcher of its jobs, its queue and its roll-outs. */
export interface HubThings {
  readonly things: readonly EdgeThing[];
  /** Starts to watch the hub and its jobs and to drive its roll-outs. The Things must have been added to a client. */
  watch(): Promise<void>;
  /** Stops watching. Idempotent. */
  stopWatch(): Promise<void>;
  /** What the console shows of these parts. */
  view(): HubParts;
  /** Takes up what other agents have left for the one that serves the hub. @throws AgentError as the store. */
  takeUp(): Promise<void>;
  /** The changes that leave what could not be written for the agent that serves the hub now. Only after `stopWatch`. */
  leftovers(): readonly StoreChange[];
}

/** Creates the Things of one hub with watcher, queue and roll-outs. @throws AgentError as `buildThing`. */
export async function createHubThings(options: HubThingsOptions): Promise<HubThings> {
  const { config, hub, clock, existing = [] } = options;
  const { refusedCounts, index } = hub;
  const entries = config.things.filter(({ iothub }) => iothub === hub.config.name);
  const things = new Map<string, EdgeThing>();
  const watchedThings = entries.map(({ name }) => watched(name, things));
  const { places, watcher, queue, rollouts, history } = createWorkers(options, watchedThings);
  const shared = { hub, refusedCounts, registrar: watcher.registrar, queue, history, driver: rollouts.driver };
  const builds: BuiltThing[] = [];
  for (const entry of entries) builds.push(await buildThing(config, entry, shared));
  const built = builds.map(({ thing }) => thing);
  const previews = new Map(builds.map(({ thing, findPreview }) => [thing.name, findPreview]));
  for (const thing of built) things.set(thing.name, existing.find(({ name }) => name === thing.name) ?? thing);
  const jobs = new HubJobs({ hub: hub.port, hubName: hub.config.name, index, refusedCounts, queue, history, clock });
  return {
    things: [...things.values()],
    watch: async () => {
      for (const thing of built) things.get(thing.name)?.adoptServices(thing);
      await watcher.start();
      await queue?.start();
      await rollouts.start();
      history?.start();
    },
    stopWatch: async () => {
      await Promise.all([queue?.stop(), rollouts.stop(), history?.stop()]);
      await watcher.stop();
      places.close();
    },
    takeUp: () => watcher.takeUp(),
    leftovers: () => watcher.leftovers(),
    view: () => ({
      things: [...things.values()].map((thing) => viewedThing(thing, previews)),
      jobs,
      rollouts: rollouts.driver,
      messageLimits: config.thingworx,
      places,
      queuedJobs: queue?.count,
      activeJobs: watcher.activeCount,
    }),
  };
}

/** What works for the Things of a hub. */
function createWorkers(options: HubThingsOptions, things: readonly WatchingThing[]) {
  const { config, hub, store, clock, log, instruments } = options;
  const places = placesOf(hub.config, clock);
  const observed = { clock, log, instruments };
  const common = {
    ...observed,
    hub: hub.port,
    hubName: hub.config.name,
    store,
    things,
    messageLimits: config.thingworx,
  };
  const history = isDurable(config)
    ? new JobHistory({ ...observed, store, hubName: hub.config.name, days: config.history.jobDays })
    : undefined;
  const watcher = createJobWatcher({
    ...common,
    agentVersion: packageVersion(),
    refusedCounts: hub.refusedCounts,
    watchAll: config.watch.all,
    intervalMs: hub.config.watchIntervalSeconds * 1000,
    queue: watchedQueue(places, () => queue),
    index: hub.index,
    history,
  });
  const registrar: JobRegistrar = {
    ...watcher.registrar,
    queued: (thing, job) => {
      watcher.registrar.queued(thing, job);
      hub.index.announce(job.jobId);
    },
  };
  const onCount = (): void => rollouts.queueChanged();
  const queue = createHubQueue({ ...observed, config, hub, store, places, registrar, onCount });
  const rollouts = new HubRollouts({
    ...common,
    settings: config.rollouts,
    platform: options.platform,
    guards: config.guards,
    places,
    queuedJobCount: () => queue?.count ?? 0,
    pollIntervalMs: pollIntervalMs(hub.config),
    onChange: options.onRolloutChange,
  });
  return { places, watcher, queue, rollouts, history };
}

function viewedThing(thing: EdgeThing, previews: ReadonlyMap<string, FindPreview>): ViewedThing {
  return {
    thing,
    services: () => {
      const names = new Set(thing.serviceDefinitions.map(({ name }) => name));
      const shown = [...names].filter((name) => !HUB_SERVICES.isOtherName(name, names));
      return shown.map((name) => thing.service(name));
    },
    preview: (name) => previews.get(thing.name)?.(name),
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
