/** Session, status and hubs: what the page shows first. */
import { z } from 'zod';
import { HUB_TIERS } from '../../iothub/ports.js';
import { count, hubName, listOf, time } from './shapes.js';

export const sessionRequest = z
  .strictObject({ key: z.string().min(1).max(4096).describe('`console.key` of the configuration') })
  .meta({ id: 'SessionRequest' });

export const session = z
  .object({
    signedIn: z.boolean().describe('Whether this request has a session, or the key as bearer'),
    mayAct: z.boolean().describe('Whether services may be invoked'),
    keyConfigured: z.boolean().describe('Whether there is a key to sign in with; without one the console is read only'),
  })
  .meta({ id: 'Session' });

const componentStatus = z.enum(['starting', 'ok', 'degraded', 'failing', 'stopping']);

const component = z
  .object({
    status: componentStatus,
    since: time.describe('When it entered this status'),
    detail: z.string().optional().describe('Why, in a few words'),
  })
  .meta({ id: 'Component' });

/** A job or roll-out that has ended. */
const ended = z
  .object({
    kind: z.enum(['job', 'rollout']),
    hub: hubName,
    id: z.string(),
    outcome: z.string(),
    endTime: time,
    methodName: z.string().optional(),
    deviceCount: count.optional(),
  })
  .meta({ id: 'Ended' });

const thing = z
  .object({
    name: z.string(),
    identifier: z.string().optional(),
    iothub: hubName.describe('The hub whose services it offers'),
  })
  .meta({ id: 'Thing' });

const cluster = z
  .object({
    agentName: z.string(),
    hubs: z.record(
      hubName,
      z.object({ role: z.enum(['active', 'standby']), holder: z.string().optional(), since: time }),
    ),
  })
  .meta({ id: 'Cluster' });

export const status = z
  .object({
    version: z.string(),
    time: time.describe("Now, by the agent's clock"),
    startedAt: time,
    uptimeSeconds: count,
    ready: z.boolean(),
    components: z
      .record(z.string(), component)
      .describe('`platform` (ThingWorx), `store`, and `hub` or, with several hubs, `hub:<name>`'),
    thingworx: z.object({ url: z.string(), requestsInFlight: count }),
    things: z.array(thing),
    cluster: cluster.optional().describe('Only for agents that share their state'),
    ended: z.array(ended).describe('What ended within the last 24 hours, newest first, at most 100'),
  })
  .meta({ id: 'Status' });

/** Requests of one budget in one step of time. */
const budgetPoint = z.object({
  time: time.describe('Begin of the step'),
  users: count.describe('Requests of service calls in this step'),
  background: count.describe('Requests of the agent itself: watcher, roll-outs, console'),
});

const budgetUse = z
  .object({
    perMinute: z.number().nullable().describe('Requests that the tier allows in a minute; null if it is unlimited'),
    stepSeconds: count.describe('Length of a step'),
    points: z
      .array(budgetPoint)
      .describe('The last 15 minutes, oldest first, the last step still open; the event `hub` has the last step only'),
  })
  .meta({ id: 'BudgetUse' });

export const hub = z
  .object({
    name: hubName,
    hostName: z.string(),
    tier: z.enum(HUB_TIERS),
    units: count,
    health: component,
    things: z.array(z.string()).describe('The Things that represent it'),
    role: z.enum(['active', 'standby']).optional().describe('Only for agents that share their state'),
    holder: z.string().optional().describe('The agent that serves the hub'),
    activeJobs: count.nullable().describe('Jobs of any program that have not ended; null until they were listed'),
    openJobs: count.describe('Hub jobs of the queue and of roll-outs that are open'),
    places: count.describe('How many of these may be open at once'),
    queuedJobs: count.nullable().describe('Jobs that wait in the queue of the agent; null where there is none'),
    openRollouts: count,
    budgets: z.object({ jobOperations: budgetUse, queries: budgetUse }),
  })
  .meta({ id: 'Hub' });

export const hubList = listOf(hub);
