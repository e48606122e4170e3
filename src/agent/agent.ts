import { type Clock, systemClock } from '../core/clock.js';
import { deferred } from '../core/promises.js';
import { type AgentError, messageOf } from '../core/errors.js';
import type { Instruments } from '../core/instruments.js';
import { growingScrubber, type GrowingScrubber } from '../core/scrub.js';
import { EdgeClient } from '../edge/edge-client.js';
import type { ClusterMember } from '../cluster/member.js';
import type { PostgresStore } from '../store/postgres-store.js';
import type { Store } from '../store/store.js';
import { AgentChanges } from './agent-changes.js';
import type { AgentConfig } from './config/agent-config.js';
import { edgeOptions, reportPlatform } from './platform.js';
import { hubComponent, type OpenHub, openHubs, renewHubs, reportServing } from './hubs.js';
import { startAdmin } from './admin.js';
import { ServedHubs } from './served-hubs.js';
import { createMember, databaseSettings } from './database-state.js';
import { logStart, type StatusFacts, statusReport, viewedStatus, warnOfShownKeys } from './status.js';
import type { AdminServer } from './ops/admin-server.js';
import { DebugPeriod } from './ops/debug-period.js';
import { Health, type HealthReport } from './ops/health.js';
import { createLogger, type Logger } from './ops/logger.js';
import { createMetrics, type Metrics } from './ops/prometheus.js';
import { loadTrace } from './ops/tracing.js';
import type { ConfigComparison } from './reload/compare-configs.js';
import { secretsOf } from './secrets.js';
import { openState } from './state-store.js';
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

/** Parts of the configuration that are fixed when the services and watchers are created. */
const PARTS_OF_THINGS = ['guards', 'services', 'watch', 'wrappers', 'rollouts'] as const;

/** The agent: the Things that it binds in ThingWorx, the hubs behind them, and what an operator needs to run it. */
export class Agent {
  #config: AgentConfig;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #health: Health;
  readonly #changes = new AgentChanges();
  readonly #metrics: Metrics;
  #instruments: Instruments;
  readonly #lifetime = new AbortController();
  readonly #closers: (() => Promise<void> | void)[] = [];
  #hubs = new Map<string, OpenHub>();
  #served: ServedHubs | undefined;
  /** Only for an agent that shares its state with others. */
  #database: PostgresStore | undefined;
  #member: ClusterMember | undefined;
  readonly #failure = deferred<AgentError>();
  readonly #secrets: GrowingScrubber;
  readonly #debug: DebugPeriod;
  /** The change of the configuration that is under way. Never rejects. */
  #change: Promise<void> = Promise.resolve();
  #edge: EdgeClient | undefined;
  #admin: AdminServer | undefined;
  #stopped: Promise<void> | undefined;
  #startedMs: number | undefined;

  constructor(config: AgentConfig, dependencies: AgentDependencies = {}) {
    this.#config = config;
    this.#clock = dependencies.clock ?? systemClock;
    this.#log = dependencies.log ?? createLogger({ level: config.log.level, secrets: secretsOf(config) });
    this.#secrets = growingScrubber(secretsOf(config));
    this.#debug = new DebugPeriod(this.#log, this.#clock);
    this.#health = new Health(this.#clock, this.#secrets.scrub);
    this.#health.onChange(() => this.#changes.emit({ kind: 'status' }));
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

  /** Resolves if something happens after the start that the agent cannot go on with; it must be stopped then. */
  get failure(): Promise<AgentError> {
    return this.#failure.promise;
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
    const served = this.#served;
    if (!edge || !served || this.#stopped) return;
    this.#secrets.add(secretsOf(merged));
    this.#log.mask(secretsOf(merged));
    const hasNewThings = live.some((key) => PARTS_OF_THINGS.some((part) => key.split('.')[0] === part));
    if (hasNewThings) {
      this.#change = served.replace(merged, () => !this.#stopped);
      await this.#change;
    }
    renewHubs(this.#hubs, merged);
    if (live.includes('database.url') && merged.database)
      await this.#database?.use(await databaseSettings(merged.database));
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
    const edge = this.#edge;
    const { signal } = this.#lifetime;
    await edge?.start(signal);
    // Without a lease, an agent is connected and has nothing to bind.
    if (this.#member) await edge?.whenBound(signal);
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
    const { store, database } = await openState(config, {
      health: this.#health,
      instruments,
      clock: this.#clock,
      log: this.#log,
      onUnusable: (error) => this.#failure.resolve(error),
    });
    this.#closers.push(() => store.close());
    this.#database = database;
    const observed = { clock: this.#clock, log: this.#log, instruments };
    this.#hubs = await openHubs(config, this.#health, {
      ...observed,
      isServing: (hub) => this.#isServing(hub),
      changes: this.#changes,
    });
    for (const { port, index } of this.#hubs.values()) {
      this.#closers.push(() => port.close());
      this.#closers.push(() => index.close());
    }
    // A port that is in use must be reported before a Thing is bound.
    await this.#startAdmin();
    await this.#offerThings(store);
    logStart(this.#log, config, this.adminUrl);
  }

  async #offerThings(store: Store): Promise<void> {
    const observed = { clock: this.#clock, log: this.#log, instruments: this.#instruments };
    const edge = new EdgeClient({
      ...(await edgeOptions(this.#config, this.#log, observed.instruments)),
      clock: this.#clock,
    });
    edge.on('status', (status) => {
      reportPlatform(this.#health, status);
      if (status.type === 'lost') this.#member?.checkBeforeBinding();
    });
    this.#edge = edge;
    const onServing = (hub: string, isServing: boolean): void =>
      reportServing(this.#health, hubComponent(this.#config, hub), isServing);
    const served = new ServedHubs({
      ...observed,
      edge,
      hubs: this.#hubs,
      config: () => this.#config,
      onServing,
      state: store,
      health: () => this.#health.report(),
      changes: this.#changes,
      signal: this.#lifetime.signal,
    });
    this.#served = served;
    await served.prepare();
    if (this.#database) this.#joinCluster(this.#database, store, served);
    else await served.serveAll();
    void edge.start(this.#lifetime.signal);
  }

  #joinCluster(database: PostgresStore, state: Store, served: ServedHubs): void {
    this.#member = createMember(this.#config, {
      store: database,
      state,
      address: () => this.adminUrl ?? '',
      work: (hub, store) => served.work(hub, store),
      clock: this.#clock,
      log: this.#log,
      instruments: this.#instruments,
    });
    this.#member.start();
  }

  #isServing(hub: string): boolean {
    return this.#member?.holds(hub) ?? true;
  }

  async #startAdmin(): Promise<void> {
    this.#admin = await startAdmin({
      config: () => this.#config,
      view: {
        status: () => viewedStatus(this.#config, this.#statusFacts()),
        hubs: () => this.#served?.views(this.#member?.status()) ?? [],
        onChange: (listener) => this.#changes.follow(listener),
      },
      clock: this.#clock,
      log: this.#log,
      instruments: this.#instruments,
      metrics: this.#metrics,
      health: () => this.#health.report(),
      status: () => this.#status(),
      cluster: () => this.#member?.status(),
    });
  }

  #status(): unknown {
    return statusReport(this.#config, { ...this.#statusFacts(), nowMs: this.#clock.nowMs() });
  }

  #statusFacts(): Omit<StatusFacts, 'nowMs'> {
    return {
      health: this.#health.report(),
      startedMs: this.#startedMs ?? this.#clock.nowMs(),
      requestsInFlight: this.#edge?.requestsInFlight ?? 0,
      ...(this.#member ? { cluster: this.#member.status() } : {}),
    };
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
    this.#member?.leave();
    const drained = this.#quietly(() => this.#edge?.drain(this.#config.shutdown.timeoutSeconds * 1000));
    await Promise.all([drained, this.#quietly(() => this.#change).then(() => this.#stopWatches())]);
    // The last calls in flight may have scheduled more jobs.
    await this.#stopWatches();
    await this.#quietly(() => this.#member?.stop());
    for (const close of this.#closers.reverse()) await this.#quietly(close);
    await this.#quietly(() => this.#admin?.close());
  }

  async #stopWatches(): Promise<void> {
    await this.#quietly(() => this.#served?.stopWatches());
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
