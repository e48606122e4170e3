import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import { omitUndefined } from '../core/objects.js';
import type { ClusterView } from '../store/cluster-store.js';

/** The part of one agent in one hub. */
export interface HubRole {
  readonly role: 'active' | 'standby';
  /** Name of the agent that holds the lease; absent while none is known to. */
  readonly holder?: string;
  /** Since when role and holder are these, as ISO text. */
  readonly since: string;
}

/** Who serves which hub, as this agent sees it. */
export interface ClusterStatus {
  readonly agentName: string;
  readonly hubs: Readonly<Record<string, HubRole>>;
}

/** Keeps what this agent knows of the holders of all hubs, and shows it. */
export class Roles {
  readonly #agentName: string;
  readonly #clock: Clock;
  readonly #instruments: Instruments;
  readonly #roles = new Map<string, HubRole>();

  constructor(agentName: string, hubs: readonly string[], clock: Clock, instruments: Instruments) {
    this.#agentName = agentName;
    this.#clock = clock;
    this.#instruments = instruments;
    for (const hub of hubs) this.#set(hub, 'standby', undefined);
  }

  status(): ClusterStatus {
    return { agentName: this.#agentName, hubs: Object.fromEntries(this.#roles) };
  }

  /** @param held the hubs that this agent holds. */
  update(held: ReadonlySet<string>, view?: ClusterView): void {
    for (const [hub, { holder }] of this.#roles) {
      if (held.has(hub)) this.#set(hub, 'active', this.#agentName);
      else this.#set(hub, 'standby', view ? holderOf(view, hub) : holder);
    }
    if (view)
      this.#instruments.gauge('cluster_agents', view.agents.filter(({ expiresInMs }) => expiresInMs > 0).length);
  }

  #set(hub: string, role: HubRole['role'], holder: string | undefined): void {
    const before = this.#roles.get(hub);
    if (before?.role === role && before.holder === holder) return;
    const since = new Date(this.#clock.nowMs()).toISOString();
    this.#roles.set(hub, omitUndefined({ role, holder, since }));
    this.#instruments.gauge('cluster_lease_held', role === 'active' ? 1 : 0, { hub });
  }
}

function holderOf({ leases }: ClusterView, hub: string): string | undefined {
  const lease = leases.find(({ name }) => name === hub);
  return lease && lease.expiresInMs > 0 && lease.holder !== '' ? lease.holder : undefined;
}
