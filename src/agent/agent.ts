import { type Clock, systemClock } from '../core/clock.js';
import { deferred } from '../core/deferred.js';
import { messageOf } from '../core/errors.js';
import type { Instruments } from '../core/instruments.js';
import { growingScrubber, type GrowingScrubber } from '../core/scrub.js';
import { EdgeClient } from '../edge/edge-client.js';
import type { Store } from '../store/store.js';
import type { AgentConfig } from './config/agent-config.js';
import { edgeOptions, reportPlatform } from './platform.js';
import { type OpenHub, openHubs, renewHubs } from './hubs.js';
import { createHubThings, type HubThings } from './hub-things.js';
import { logStart, statusReport, warnOfShownKeys } from './status.js';
import type { AdminServer } from './ops/admin-server.js';
import { DebugPeriod } from './ops/debug-period.js';
import { Health, type HealthReport } from './ops/health.js';
import { createLogger, type Logger } from './ops/logger.js';
import { createMetrics, type Metrics } from './ops/prometheus.js';
import { loadTrace } from './ops/tracing.js';
import type { ConfigComparison } from './reload/compare-configs.js';
import { secretsOf } from './secrets.js';
import { openStateStore, withStoreHealth } from './state-store.js';
import { packageVersion } from './version.js';

/** Dependencies that a program may replace. */
export interface AgentDependencies {
  /** Default: JSON lines on stdout, secrets masked. */
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Whether the metrics include those of the process; default true. */
  readonly withProcessMetrics?: boolean;
}

/** Maximum duration of `stop`, whatever the platform does. */
const STOP_LIMIT_MS = 9_400;

/** How long calls in flight may delay a change of the configuration; the others wait meanwhile. */
const CHANGE_LIMIT_MS = 3_000;

/** Parts of the configuration that are fixed when the services and watchers are created. */
const PARTS_OF_THINGS = ['guards', 'services', 'watch', 'wrappers', 'rollouts'] as const;

/** The agent: the Things that it binds in ThingWorx, the hubs behind them, and what an operator needs to run it. */
export class Agent {
  #config: AgentConfig;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #health: Health;
  readonly #metrics: Metrics;
  #instruments: Instruments;
  readonly #lifetime = new AbortController();
  readonly #closers: (() => Promise<void> | void)[] = [];
  #groups: HubThings[] = [];
  #hubs: ReadonlyMap<string, OpenHub> = new Map();
  #store: Store | undefined;
  readonly #secrets: GrowingScrubber;
  readonly #debug: DebugPeriod;
  /** The change of the configuration that is under way. Never rejects. */
  #change: Promise<void> = Promise.resolve();
  #edge: EdgeClient | undefined;
  #admin: AdminServer | undefined;
  #stopped: Promise<void> | undefined;
  #startedMs: number | undefined;
  /** Dropped log lines that the metric already includes. */
  #countedDrops = 0;

  constructor(config: AgentConfig, dependencies: AgentDependencies = {}) {
    this.#config = config;
    this.#clock = dependencies.clock ?? systemClock;
    this.#log = dependencies.log ?? createLogger({ level: config.log.level, secrets: secretsOf(config) });
    this.#secrets = growingScrubber(secretsOf(config));
    this.#debug = new DebugPeriod(this.#log, this.#clock);
    this.#health = new Health(this.#clock, this.#secrets.scrub);
    this.#metrics = createMetrics({ withProcessMetrics: dependencies.withProcessMetrics ?? true });
    this.#instruments = this.#metrics.instruments;
  }

  /** URL of the admin server; undefined before the start, or if it is disabled. */
  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  get log(): Logger {
    return this.#log;
  }

  /** The configuration that the agent runs with. */
  get config(): AgentConfig {
    return this.#config;
  }

  /** The state of each component. */
  get health(): HealthReport {
    return this.#health.report();
  }

  /** Sets the log level to debug for ten minutes. */
  debugForAWhile(): void {
    this.#debug.begin();
  }

  /**
   * Takes over the live changes of a configuration. Calls wait while services and watchers are replaced; the state they
   * need is in the store. A new application key needs a new connection, after the calls in flight have ended.
   * @throws AgentError as `start`; nothing has changed then.
   */
  async reconfigure({ live, merged }: ConfigComparison): Promise<void> {
    const edge = this.#edge;
    if (!edge || this.#stopped) return;
    this.#secrets.add(secretsOf(merged));
    this.#log.mask(secretsOf(merged));
    const hasNewThings = live.some((key) => PARTS_OF_THINGS.some((part) => key.split('.')[0] === part));
    if (hasNewThings) await this.#replaceGroups(edge, merged);
    this.#hubs = renewHubs(this.#hubs, merged);
    this.#config = merged;
    if (live.includes('services.showDeviceKeys')) warnOfShownKeys(this.#log, merged.services);
    if (live.includes('log.level')) this.#debug.configure(merged.log.level);
    if (live.includes('thingworx.appKey'))
      await edge.renewAppKey(merged.thingworx.appKey, merged.shutdown.timeoutSeconds * 1000);
  }

  /**
   * Opens the store, the hubs and the admin server and begins to connect. ThingWorx and the hubs need not be reachable.
   * @throws AgentError if something local fails: a port in use, a state folder that cannot be written, a wrapper
   * description with errors. Whatever was opened is closed again.
   */
  async start(): Promise<void> {
    this.#startedMs = this.#clock.nowMs();
    try {
      await this.#open();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Resolves once a Thing is bound, or when the agent is stopped first. */
  async whenBound(): Promise<void> {
    await this.#edge?.start(this.#lifetime.signal);
  }

  /**
   * Shuts down gracefully: accepts no new calls, lets calls in flight finish or refuses them, unbinds and closes. Always
   * takes less than 10 s. Calling it again returns the same promise.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #open(): Promise<void> {
    const config = this.#config;
    this.#instruments = { ...this.#metrics.instruments, trace: await loadTrace(packageVersion()) };
    const instruments = this.#instruments;
    instruments.gauge('agent_info', 1, { version: packageVersion() });
    this.#health.register('platform', true);
    this.#health.register('store', true);
    const opened = await openStateStore(config.stateDir, this.#log);
    this.#closers.push(() => opened.close());
    const place = config.stateDir ?? 'in memory';
    const store = withStoreHealth(opened, { clock: this.#clock, health: this.#health, instruments, place });
    this.#store = store;
    this.#hubs = await openHubs(config, this.#health);
    for (const { port } of this.#hubs.values()) this.#closers.push(() => port.close());
    // A port that is in use must be reported before a Thing is bound.
    await this.#startAdmin();
    await this.#offerThings();
    logStart(this.#log, config, this.adminUrl);
  }

  async #offerThings(): Promise<void> {
    const instruments = this.#instruments;
    const edge = new EdgeClient({ ...(await edgeOptions(this.#config, this.#log, instruments)), clock: this.#clock });
    edge.on('status', (status) => reportPlatform(this.#health, status));
    this.#edge = edge;
    this.#groups = await this.#createGroups(this.#config);
    for (const { things } of this.#groups) for (const thing of things) edge.addThing(thing);
    for (const group of this.#groups) await group.watch();
    void edge.start(this.#lifetime.signal);
  }

  async #createGroups(config: AgentConfig): Promise<HubThings[]> {
    const store = this.#store;
    if (!store) return [];
    const instruments = this.#instruments;
    const existing = this.#groups.flatMap(({ things }) => things);
    const common = { config, clock: this.#clock, log: this.#log, instruments, store, existing };
    const groups: HubThings[] = [];
    for (const { port, config: before } of this.#hubs.values()) {
      const hub = { port, config: config.iothubs.find(({ name }) => name === before.name) ?? before };
      groups.push(await createHubThings({ ...common, hub }));
    }
    return groups;
  }

  /** The new groups read from the store what the old ones have written, so they must not overlap. */
  async #replaceGroups(edge: EdgeClient, config: AgentConfig): Promise<void> {
    const next = await this.#createGroups(config);
    this.#change = edge.betweenRequests(CHANGE_LIMIT_MS, async () => {
      await this.#stopWatches();
      if (this.#stopped) return;
      this.#groups = next;
      for (const group of next) await this.#quietly(() => group.watch());
    });
    await this.#change;
  }

  async #startAdmin(): Promise<void> {
    const { enabled, host, port } = this.#config.admin;
    if (!enabled) return;
    const { startAdminServer } = await import('./ops/admin-server.js');
    const { openConsole } = await import('./console.js');
    this.#admin = await startAdminServer({
      host,
      port,
      publicUrl: this.#config.console.publicUrl,
      console: await openConsole({ config: this.#config, clock: this.#clock, log: this.#log }),
      health: () => this.#health.report(),
      metrics: { contentType: this.#metrics.contentType, text: () => this.#metricsText() },
      status: () => this.#status(),
    });
  }

  #metricsText(): Promise<string> {
    const dropped = this.#log.output?.droppedLines ?? 0;
    this.#instruments.count('agent_log_lines_dropped_total', {}, dropped - this.#countedDrops);
    this.#countedDrops = dropped;
    for (const [component, { status }] of Object.entries(this.#health.report().components)) {
      const isUp = status === 'ok' || status === 'degraded';
      this.#instruments.gauge('agent_component_up', isUp ? 1 : 0, { component });
    }
    return this.#metrics.text();
  }

  #status(): unknown {
    return statusReport(this.#config, {
      health: this.#health.report(),
      startedMs: this.#startedMs ?? this.#clock.nowMs(),
      nowMs: this.#clock.nowMs(),
      requestsInFlight: this.#edge?.requestsInFlight ?? 0,
    });
  }

  async #stop(): Promise<void> {
    this.#health.stopping();
    this.#debug.stop();
    this.#lifetime.abort(new Error('the agent stops'));
    const limit = deferred();
    const timer = this.#clock.schedule(STOP_LIMIT_MS, () => limit.resolve());
    await Promise.race([this.#closeAll(), limit.promise]);
    timer.cancel();
    this.#log.info({}, 'agent stopped');
  }

  /** Closes the platform and the watchers first, because calls in flight still need the hubs and the store. */
  async #closeAll(): Promise<void> {
    const drained = this.#quietly(() => this.#edge?.drain(this.#config.shutdown.timeoutSeconds * 1000));
    await Promise.all([drained, this.#change.then(() => this.#stopWatches())]);
    // The last calls in flight may have scheduled more jobs.
    await this.#stopWatches();
    for (const close of this.#closers.reverse()) await this.#quietly(close);
    await this.#quietly(() => this.#admin?.close());
  }

  async #stopWatches(): Promise<void> {
    await Promise.all(this.#groups.map((group) => this.#quietly(() => group.stopWatch())));
  }

  async #quietly(close: () => Promise<void> | undefined | void): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.#log.warn({ err: error }, `an error occurred while stopping or restarting a part: ${messageOf(error)}`);
    }
  }
}

/** Creates an agent for a configuration; nothing happens before `start`. */
export function createAgent(config: AgentConfig, dependencies: AgentDependencies = {}): Agent {
  return new Agent(config, dependencies);
}
