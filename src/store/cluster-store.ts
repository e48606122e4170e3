import type { Lease, Store } from './store.js';

/** An agent as it announces itself to those that share its state. */
export interface AnnouncedAgent {
  /** Of one run of the agent. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** URL of its admin server; empty if it has none. */
  readonly address: string;
  /** Whether it is stopping: it takes no lease any more and will free those that it has. */
  readonly leaving: boolean;
}

/** An agent or a lease with the time until it expires by the database's clock, in milliseconds; negative if it has. */
export interface Expiring {
  readonly expiresInMs: number;
}

export interface LeaseEntry extends Expiring {
  readonly name: string;
  /** Name of the agent; empty if the lease was released. */
  readonly holder: string;
  readonly token: number;
}

/** Who shares the state and who holds what, at one moment of the database's clock. */
export interface ClusterView {
  readonly agents: readonly (AnnouncedAgent & Expiring)[];
  readonly leases: readonly LeaseEntry[];
}

/** A store that several agents share. */
export interface SharedStore extends Store {
  /** Whether the last request reached it, or a later attempt did. */
  readonly isAvailable: boolean;
  /** Announces an agent, or renews its announcement, for so many seconds. */
  announce(agent: AnnouncedAgent, seconds: number): Promise<void>;
  /** Removes the announcement of an agent that stops, and those that expired long ago. */
  withdraw(id: string): Promise<void>;
  look(): Promise<ClusterView>;
  lease(name: string, holder: string, seconds: number): Promise<Lease | undefined>;
}
