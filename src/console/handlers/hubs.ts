import { AgentError } from '../../core/errors.js';
import { omitUndefined } from '../../core/objects.js';
import type { BudgetUse, MeteredBudget } from '../../iothub/ports.js';
import type { AgentView, ViewedHub } from '../agent-view.js';
import type { Hub } from '../api/types.js';

/** @throws AgentError `UnknownHub`. */
export function hubNamed(agent: AgentView, name: string): ViewedHub {
  const hub = agent.hubs().find((one) => one.name === name);
  if (!hub) throw new AgentError('UnknownHub', `The agent has no hub ${name}.`);
  return hub;
}

/** The hubs that a list is about. @throws AgentError `UnknownHub`. */
export const hubsFor = (agent: AgentView, name: string | undefined): readonly ViewedHub[] =>
  name === undefined ? agent.hubs() : [hubNamed(agent, name)];

/** @throws AgentError `UnknownHub`, or `ServiceUnavailable` if another agent serves the hub. */
export function servedHub(agent: AgentView, name: string): ViewedHub {
  const hub = hubNamed(agent, name);
  refuseStandby(hub);
  return hub;
}

/** The hubs that this agent serves, for a list. @throws AgentError as `servedHub`; also if it serves none at all. */
export function servedHubs(agent: AgentView, name: string | undefined): readonly ViewedHub[] {
  if (name !== undefined) return [servedHub(agent, name)];
  const hubs = agent.hubs();
  const served = hubs.filter(({ role }) => role !== 'standby');
  const [first] = hubs;
  if (served.length === 0 && first) refuseStandby(first);
  return served;
}

/** @throws AgentError `ServiceUnavailable` if another agent serves the hub. */
export function refuseStandby(hub: ViewedHub): void {
  const reason = standbyReason(hub);
  if (reason !== undefined) throw new AgentError('ServiceUnavailable', reason);
}

/** Why a hub cannot be used through this agent; undefined if it can. */
export function standbyReason({ name, role, holder }: ViewedHub): string | undefined {
  if (role !== 'standby') return undefined;
  return holder === undefined
    ? `No agent serves the hub ${name} at the moment.`
    : `The hub ${name} is served by the agent ${holder}; use its console.`;
}

/** @param points how many of the last steps of each budget to include. */
export function hubJson(hub: ViewedHub, points = Infinity): Hub {
  const { port } = hub;
  const budget = (name: MeteredBudget) => budgetJson(port.budgetUse(name), points);
  return {
    name: hub.name,
    hostName: port.hostName,
    tier: hub.tier,
    units: hub.units,
    health: omitUndefined(hub.health),
    ...omitUndefined({ role: hub.role, holder: hub.holder }),
    things: hub.things.map(({ thing }) => thing.name),
    activeJobs: hub.activeJobs ?? null,
    openJobs: hub.places.openCount,
    places: hub.places.limit,
    queuedJobs: hub.queuedJobs ?? null,
    openRollouts: hub.rollouts.openCount,
    budgets: { jobOperations: budget('jobOperations'), queries: budget('queries') },
  };
}

function budgetJson({ perMinute, stepMs, points }: BudgetUse, last: number): Hub['budgets']['queries'] {
  return {
    perMinute: Number.isFinite(perMinute) ? perMinute : null,
    stepSeconds: stepMs / 1000,
    points: points
      .slice(Math.max(0, points.length - last))
      .map(({ startMs, users, background }) => ({ time: new Date(startMs).toISOString(), users, background })),
  };
}
