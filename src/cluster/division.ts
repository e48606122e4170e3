import type { ClusterView } from '../store/cluster-store.js';

/** What the division of the hubs depends on. */
export interface DivisionFacts {
  /** Every hub, in the order of the configuration. */
  readonly hubs: readonly string[];
  /** This agent, as it has announced itself. */
  readonly me: { readonly id: string; readonly name: string };
  /** The hubs whose lease this agent holds, oldest first. */
  readonly held: readonly string[];
  readonly view: ClusterView;
  /** When this agent last gave up a hub, and the time now, in milliseconds of one clock. */
  readonly gaveUpMs: number;
  readonly nowMs: number;
  readonly leaseMs: number;
}

export interface Division {
  /** Hubs whose lease is free and that this agent should try to take, in this order. */
  readonly take: readonly string[];
  /** A hub that this agent should hand over to one that has fewer. */
  readonly giveUp?: string;
}

/**
 * Decides what one agent takes and gives up. All agents follow the same rule by themselves: nobody takes more than its share,
 * the hubs divided by the living agents, rounded up; who has more than that gives one up as long as another has less.
 */
export function divide(facts: DivisionFacts): Division {
  const { hubs, held, gaveUpMs, nowMs, leaseMs } = facts;
  const others = living(facts);
  const share = Math.ceil(hubs.length / (others.length + 1));
  const take = freeHubs(facts).slice(0, Math.max(0, share - held.length));
  const mayGiveUp = held.length > share && nowMs - gaveUpMs >= leaseMs;
  const giveUp = mayGiveUp && others.some(({ name }) => heldBy(facts, name) < share) ? held.at(-1) : undefined;
  return { take, ...(giveUp === undefined ? {} : { giveUp }) };
}

/** The other agents that live and stay. */
function living({ view, me }: DivisionFacts): ClusterView['agents'] {
  return view.agents.filter(({ id, leaving, expiresInMs }) => id !== me.id && !leaving && expiresInMs > 0);
}

/** Each agent begins at another hub, so that agents that start together do not all ask for the same lease. */
function freeHubs({ hubs, held, view, me }: DivisionFacts): string[] {
  const taken = new Set(view.leases.filter(({ expiresInMs }) => expiresInMs > 0).map(({ name }) => name));
  const ids = [...view.agents.map(({ id }) => id), me.id].sort();
  const offset = ids.indexOf(me.id) % Math.max(1, hubs.length);
  return [...hubs.slice(offset), ...hubs.slice(0, offset)].filter((hub) => !taken.has(hub) && !held.includes(hub));
}

/** How many of the hubs an agent of this name holds besides those that this agent holds itself. */
function heldBy({ hubs, held, view }: DivisionFacts, agent: string): number {
  return view.leases.filter(
    ({ name, holder, expiresInMs }) =>
      holder === agent && expiresInMs > 0 && hubs.includes(name) && !held.includes(name),
  ).length;
}
