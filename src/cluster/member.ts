import type { Clock } from '../core/clock.js';
import { isAgentError, messageOf } from '../core/errors.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import { WakeablePause } from '../core/wakeable-pause.js';
import type { ClusterView, SharedStore } from '../store/cluster-store.js';
import type { Store } from '../store/store.js';
import { divide } from './division.js';
import { type ClusterStatus, Roles } from './roles.js';
import { type EndOfWork, type HubWork, Tenure } from './tenure.js';

export interface ClusterMemberOptions {
  readonly store: SharedStore;
  /** The same store, through which the work for the hubs writes. */
  readonly state: Store;
  /** Every hub of the configuration, in its order. */
  readonly hubs: readonly string[];
  /** Of this run of the agent. */
  readonly id: string;
  readonly agentName: string;
  readonly version: string;
  /** URL of the admin server; empty if there is none. */
  readonly address: () => string;
  readonly leaseMs: number;
  /** Makes what is done for a hub while this agent holds its lease. */
  readonly work: (hub: string, store: Store) => HubWork;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

/** How often a standby looks at the leases; while another agent is stopping, its leases are about to become free. */
const LOOK_EVERY_MS = 1000;
const LOOK_SOON_MS = 100;
/** While the database is away requests fail at once; its return must be noticed soon. */
const AWAY_PAUSE_MS = 200;
/** After the database was away, holders may renew their leases before others take those that expired meanwhile. */
const GRACE_MS = 3000;
/** An agent that has not reached the database for so many leases unbinds, if another agent may have taken over. */
const LOST_AFTER_LEASES = 10;

/** One of the agents that share a database: announces itself, takes and renews leases, and serves the hubs that it holds. */
export class ClusterMember {
  readonly #options: ClusterMemberOptions;
  readonly #roles: Roles;
  readonly #tenures = new Map<string, Tenure>();
  readonly #rest: WakeablePause;
  #loop: Promise<void> | undefined;
  #isLeaving = false;
  #isStopped = false;
  #renewAtMs = -Infinity;
  #gaveUpMs = -Infinity;
  /** When the database last answered, and when it first answered again after it was away. */
  #contactMs: number;
  #backMs = -Infinity;
  #isAway = false;
  #hasOthers = false;

  constructor(options: ClusterMemberOptions) {
    const { clock, agentName, hubs, instruments } = options;
    this.#options = options;
    this.#roles = new Roles(agentName, hubs, clock, instruments);
    this.#rest = new WakeablePause(clock);
    this.#contactMs = clock.monotonicMs();
  }

  status(): ClusterStatus {
    return this.#roles.status();
  }

  /** Whether this agent holds the lease of the hub. */
  holds(hub: string): boolean {
    return this.#tenures.has(hub);
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Takes no hub any more; the others are told that the leases of this agent will soon be free. */
  leave(): void {
    this.#isLeaving = true;
    this.#renewAtMs = -Infinity;
    this.#rest.wake();
  }

  /** Ends all work, releases the leases and withdraws the announcement. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#rest.wake();
    await this.#loop;
    await Promise.all([...this.#tenures.values()].map((tenure) => this.#end(tenure, 'handOver')));
    await this.#quietly(this.#options.store.withdraw(this.#options.id));
  }

  /**
   * The connection to the platform was lost, or a Thing taken away: the Things are bound again once it is sure that this
   * agent still holds their leases.
   */
  checkBeforeBinding(): void {
    for (const tenure of this.#tenures.values()) {
      tenure.setBound(false);
      void this.#check(tenure);
    }
  }

  async #check(tenure: Tenure): Promise<void> {
    const isHeld = await this.#renewOne(tenure);
    if (isHeld === false) this.#lost(tenure);
    else if (isHeld === true || !this.#mayBeTaken()) tenure.setBound(true);
    // Otherwise the next renewal that succeeds binds it.
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const pauseMs = await this.#tick();
      if (!this.#isStopped) await this.#rest.forMs(pauseMs);
    }
  }

  /** Returns how long to rest. */
  async #tick(): Promise<number> {
    const { clock, store, log } = this.#options;
    try {
      const isRenewal = clock.monotonicMs() >= this.#renewAtMs;
      if (isRenewal) await this.#renew();
      const isWatching = isRenewal || this.#tenures.size < this.#options.hubs.length;
      const view = isWatching ? await store.look() : undefined;
      this.#reached();
      if (view && !this.#isLeaving) await this.#divide(view);
      this.#roles.update(new Set(this.#tenures.keys()), view);
      return view?.agents.some((agent) => agent.leaving && agent.expiresInMs > 0) ? LOOK_SOON_MS : LOOK_EVERY_MS;
    } catch (error) {
      if (!isAgentError(error, 'StoreUnavailable')) log.error({ err: error }, 'a step of the cluster failed');
      this.#missed();
      return AWAY_PAUSE_MS;
    }
  }

  async #renew(): Promise<void> {
    const { clock, store, leaseMs, id, agentName, version, address } = this.#options;
    const startedMs = clock.monotonicMs();
    const me = { id, name: agentName, version, address: address(), leaving: this.#isLeaving };
    await store.announce(me, leaseMs / 1000);
    const held = [...this.#tenures.values()].filter(({ isEnding }) => !isEnding);
    await Promise.all(held.map(async (tenure) => (await tenure.renew()) || this.#lost(tenure)));
    this.#renewAtMs = startedMs + leaseMs / 3;
  }

  /** Undefined if the database does not say. */
  async #renewOne(tenure: Tenure): Promise<boolean | undefined> {
    return await tenure.lease.renew().catch(() => undefined);
  }

  /** Whether another agent may have taken the leases of this one, which cannot see it. */
  #mayBeTaken(): boolean {
    return this.#hasOthers && this.#options.clock.monotonicMs() - this.#contactMs > this.#options.leaseMs;
  }

  async #divide(view: ClusterView): Promise<void> {
    const { clock, hubs, id, agentName, leaseMs } = this.#options;
    this.#hasOthers = view.agents.some((agent) => agent.id !== id && agent.expiresInMs > 0);
    const nowMs = clock.monotonicMs();
    const { take, giveUp } = divide({
      hubs,
      me: { id, name: agentName },
      held: [...this.#tenures.keys()],
      view: nowMs - this.#backMs < GRACE_MS ? withoutExpired(view) : view,
      gaveUpMs: this.#gaveUpMs,
      nowMs,
      leaseMs,
    });
    for (const hub of take) await this.#take(hub, view);
    const tenure = giveUp === undefined ? undefined : this.#tenures.get(giveUp);
    if (!tenure || tenure.isEnding) return;
    this.#gaveUpMs = nowMs;
    this.#options.log.info({ hub: giveUp }, 'this agent gives a hub to another one that has fewer');
    void this.#end(tenure, 'handOver');
  }

  async #take(hub: string, view: ClusterView): Promise<void> {
    const { store, state, agentName, leaseMs, clock, log, work, instruments } = this.#options;
    const lease = await store.lease(hub, agentName, leaseMs / 1000);
    if (!lease) return;
    const before = view.leases.find(({ name }) => name === hub);
    if (before) instruments.count('cluster_takeovers_total', { hub });
    log.info(
      { hub, token: lease.token, ...(before?.holder ? { from: before.holder } : {}) },
      'this agent serves a hub now',
    );
    const tenure: Tenure = new Tenure({
      hub,
      lease,
      store: state,
      work: (leased) => work(hub, leased),
      clock,
      log,
      onLost: () => this.#lost(tenure),
    });
    this.#tenures.set(hub, tenure);
    tenure.begin();
  }

  #lost(tenure: Tenure): void {
    if (tenure.isEnding) return;
    this.#options.log.warn({ hub: tenure.hub }, 'another agent has taken the lease of a hub; this agent stands by');
    void this.#end(tenure, 'lost');
  }

  async #end(tenure: Tenure, why: EndOfWork): Promise<void> {
    await tenure.end(why);
    if (why === 'handOver') await this.#quietly(tenure.lease.release());
    if (this.#tenures.get(tenure.hub) === tenure) this.#tenures.delete(tenure.hub);
    this.#roles.update(new Set(this.#tenures.keys()));
    this.#rest.wake();
  }

  #reached(): void {
    const { clock, log } = this.#options;
    this.#contactMs = clock.monotonicMs();
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#backMs = this.#contactMs;
    log.info({}, 'the leases can be renewed again');
  }

  #missed(): void {
    const { clock, leaseMs, log } = this.#options;
    this.#isAway = true;
    // Renewing comes first when the database is back.
    this.#renewAtMs = -Infinity;
    if (!this.#hasOthers || clock.monotonicMs() - this.#contactMs < LOST_AFTER_LEASES * leaseMs) return;
    for (const tenure of this.#tenures.values()) {
      if (tenure.isEnding) continue;
      log.warn({ hub: tenure.hub }, 'the database has been away for ten leases; another agent may serve the hub');
      void this.#end(tenure, 'lost');
    }
  }

  async #quietly(work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) =>
      this.#options.log.debug({ err: error }, `the database could not be told: ${messageOf(error)}`),
    );
  }
}

/** Leases that have expired without being released count as held. */
function withoutExpired(view: ClusterView): ClusterView {
  const leases = view.leases.map((lease) => (lease.holder === '' ? lease : { ...lease, expiresInMs: 1 }));
  return { ...view, leases };
}
