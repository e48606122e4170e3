import type { ClusterStatus } from '../cluster/roles.js';
import type { HubWork } from '../cluster/tenure.js';
import type { ViewedHub } from '../console/agent-view.js';
import { sleep } from '../core/clock.js';
import { messageOf } from '../core/errors.js';
import { omitUndefined } from '../core/objects.js';
import type { EdgeClient } from '../edge/edge-client.js';
import type { Store, StoreChange } from '../store/store.js';
import type { AgentChanges } from './agent-changes.js';
import type { AgentConfig } from './config/agent-config.js';
import { HubSeat } from './hub-seat.js';
import { presenceOf } from './platform.js';
import type { PlatformPresence } from '../rollouts/environment.js';
import { createHubThings, type HubThingsOptions } from './hub-things.js';
import { hubComponent, type OpenHub } from './hubs.js';
import type { HealthReport } from './ops/health.js';

export interface ServedHubsOptions extends Pick<HubThingsOptions, 'clock' | 'log' | 'instruments'> {
  readonly edge: EdgeClient;
  readonly hubs: ReadonlyMap<string, OpenHub>;
  /** The configuration that is in force. */
  readonly config: () => AgentConfig;
  readonly onServing: (hub: string, isServing: boolean) => void;
  /** The store without a lease, to read what an agent that serves the hub has written. */
  readonly state: Store;
  readonly health: () => HealthReport;
  readonly changes: AgentChanges;
  /** Aborts when the agent stops. */
  readonly signal: AbortSignal;
}

const LEAVE_RETRY_MS = 1000;
/** How long calls in flight may delay a change of the configuration; the others wait meanwhile. */
const CHANGE_LIMIT_MS = 3_000;

/** The hubs of this agent: those that it serves, and those that it could serve. */
export class ServedHubs {
  readonly #options: ServedHubsOptions;
  readonly #platform: PlatformPresence;
  readonly #seats = new Map<string, HubSeat>();

  constructor(options: ServedHubsOptions) {
    this.#options = options;
    this.#platform = presenceOf(options.edge);
  }

  /** Makes Things and workers for every hub. @throws AgentError as `createHubThings`. */
  async prepare(): Promise<void> {
    const { hubs, edge, config, onServing } = this.#options;
    for (const name of hubs.keys()) {
      const seat = new HubSeat({
        edge,
        create: this.#creatorOf(name, config()),
        state: this.#options.state,
        drainMs: () => config().shutdown.timeoutSeconds * 1000,
        onServing: (isServing) => onServing(name, isServing),
        leave: (changes) => void this.#leave(changes),
      });
      await seat.prepare();
      this.#seats.set(name, seat);
    }
  }

  /** Serves every hub from now on, for an agent that shares its state with no other. */
  async serveAll(): Promise<void> {
    for (const seat of this.#seats.values()) await seat.use(this.#options.state).begin();
  }

  /** What the console shows of each hub. @param cluster who serves which hub, if agents share their state. */
  views(cluster: ClusterStatus | undefined): ViewedHub[] {
    const { hubs, config, health, clock } = this.#options;
    const { components } = health();
    return [...hubs].flatMap(([name, open]) => {
      const view = this.#seats.get(name)?.view();
      if (!view) return [];
      const unknown = { status: 'starting' as const, since: new Date(clock.nowMs()).toISOString() };
      const component = components[hubComponent(config(), name)] ?? unknown;
      const { role, holder } = cluster?.hubs[name] ?? {};
      return [{ ...view, ...open.config, port: open.port, health: component, ...omitUndefined({ role, holder }) }];
    });
  }

  /** What is to be done for a hub under a lease. */
  work(hub: string, store: Store): HubWork {
    const seat = this.#seats.get(hub);
    if (!seat) throw new TypeError(`there is no hub ${hub}`);
    return seat.use(store);
  }

  /**
   * Makes Things and workers of a new configuration, and puts them in place of the present ones between two calls.
   * @throws AgentError as `createHubThings`; nothing has changed then.
   */
  async replace(config: AgentConfig, mayChange: () => boolean): Promise<void> {
    const changes: (() => Promise<void>)[] = [];
    for (const [name, seat] of this.#seats) changes.push(await seat.replace(this.#creatorOf(name, config)));
    await this.#options.edge.betweenRequests(CHANGE_LIMIT_MS, async () => {
      if (mayChange())
        await Promise.all(changes.map((change) => change().catch((error: unknown) => this.#warn(error))));
    });
  }

  /** Ends all work without unbinding. Idempotent. */
  async stopWatches(): Promise<void> {
    await Promise.all([...this.#seats.values()].map((seat) => seat.stopWatch()));
  }

  /** Without a lease: these are the entries that the holder takes up and removes. */
  async #leave(changes: readonly StoreChange[]): Promise<void> {
    const { state, clock, signal } = this.#options;
    while (!signal.aborted) {
      try {
        return await state.batch(changes);
      } catch {
        await sleep(clock, LEAVE_RETRY_MS, signal).catch(() => undefined);
      }
    }
  }

  #warn(error: unknown): void {
    this.#options.log.warn({ err: error }, `an error occurred while a part was replaced: ${messageOf(error)}`);
  }

  #creatorOf(name: string, config: AgentConfig) {
    const { hubs, clock, log, instruments, changes } = this.#options;
    return (store: Store, existing: HubThingsOptions['existing']) => {
      const open = hubs.get(name) as OpenHub;
      const hub = { ...open, config: config.iothubs.find((other) => other.name === name) ?? open.config };
      const onRolloutChange = (id: string): void => changes.emit({ kind: 'rollout', hub: name, id });
      const observed = { clock, log, instruments, onRolloutChange };
      return createHubThings({
        config,
        ...observed,
        platform: this.#platform,
        store,
        hub,
        ...(existing ? { existing } : {}),
      });
    };
  }
}
