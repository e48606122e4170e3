import { z } from 'zod';
import { isAgentError } from '../../core/errors.js';
import type { NativeRow } from '../../edge/definitions.js';
import { actionsOn } from '../../rollouts/driver/commands.js';
import type { RolloutDriver, RolloutStatus } from '../../rollouts/driver/driver.js';
import { runIdOf } from '../../rollouts/driver/steps/recur.js';
import { pageOfRollouts } from '../../rollouts/reporting/rollout-list.js';
import { rolloutDetails, rolloutRow } from '../../rollouts/reporting/rows.js';
import { readDevicePage } from '../../rollouts/services/query-rollout-devices.js';
import type { AgentView } from '../agent-view.js';
import { MAX_RUNS } from '../api/rollouts.js';
import type { Rollout, RolloutDetails, RolloutDevice } from '../api/types.js';
import type { Handlers } from '../api-server.js';
import { readCursor, writeCursor } from '../cursor.js';
import type { ReadCache } from '../read-cache.js';
import { hubNamed, hubsFor } from './hubs.js';

const SHARED_MS = 500;

const listPosition = z.record(z.string(), z.int());

type RolloutHandlers = Pick<Handlers, 'listRollouts' | 'getRollout' | 'getRolloutCourse' | 'listRolloutDevices'>;

export function rolloutHandlers(agent: AgentView, shared: ReadCache): RolloutHandlers {
  return {
    listRollouts: async ({ query: { cursor, limit, ...filters } }) => {
      const position = readCursor(['rollouts', filters], cursor, listPosition);
      const drivers = new Map(hubsFor(agent, filters.hub).map(({ name, rollouts }) => [name, rollouts]));
      const page = await pageOfRollouts(drivers, { state: filters.state, position, limit });
      return {
        items: page.rollouts.map(({ hub, ...status }) => rolloutJson(hub, status)),
        cursor: page.next ? writeCursor(['rollouts', filters], page.next) : null,
      };
    },
    getRollout: async ({ params: { hub, id } }) => {
      const { rollouts } = hubNamed(agent, hub);
      const details = await rollouts.details(id);
      const { definition, batches, failures, history } = rolloutDetails(details) as unknown as DetailFields;
      return {
        ...rolloutJson(hub, details),
        definition,
        batches: batches.array,
        failures: failures.array,
        history: history.array,
        runs: (await runsOf(rollouts, details)).map((run) => rolloutJson(hub, run)),
        actions: actionsOn(details.record, details.isSoaking),
      };
    },
    getRolloutCourse: async ({ params: { hub, id }, query }) => {
      const points = await hubNamed(agent, hub).rollouts.course(id, query.points);
      return {
        hub,
        rolloutId: id,
        points: points.map(({ timeMs, ...counts }) => ({ time: new Date(timeMs).toISOString(), ...counts })),
      };
    },
    listRolloutDevices: async ({ params: { hub, id }, query: { limit, cursor, ...filters } }) => {
      const { rollouts, messageLimits } = hubNamed(agent, hub);
      const request = { rolloutId: id, ...filters, maxItems: limit, continuationToken: cursor };
      const page = await shared.read(JSON.stringify(['rollout devices', hub, request]), SHARED_MS, (context) =>
        readDevicePage({ driver: rollouts, messageLimits }, context, request),
      );
      return { items: page.rows as unknown as RolloutDevice[], cursor: page.continuationToken };
    },
  };
}

/** The last runs of a recurring roll-out, newest first, without those that were deleted. */
async function runsOf(driver: RolloutDriver, { record }: RolloutStatus): Promise<RolloutStatus[]> {
  const { rolloutId, recurring } = record;
  const last = recurring?.runs ?? 0;
  const numbers = Array.from({ length: Math.min(last, MAX_RUNS) }, (_, index) => last - index);
  const runs = await Promise.all(numbers.map((number) => statusOrNone(driver, runIdOf(rolloutId, number))));
  return runs.filter((run) => run !== undefined);
}

async function statusOrNone(driver: RolloutDriver, rolloutId: string): Promise<RolloutStatus | undefined> {
  try {
    return await driver.status(rolloutId);
  } catch (error) {
    if (isAgentError(error, 'RolloutNotFound')) return undefined;
    throw error;
  }
}

/** Lists in JSON fields of rows are objects with an array. */
interface DetailFields {
  readonly definition: RolloutDetails['definition'];
  readonly batches: { readonly array: RolloutDetails['batches'] };
  readonly failures: { readonly array: RolloutDetails['failures'] };
  readonly history: { readonly array: RolloutDetails['history'] };
}

export function rolloutJson(hub: string, status: RolloutStatus): Rollout {
  const row = withTextDates(rolloutRow(status));
  return { hub, thing: status.record.thing, ...(row as Omit<Rollout, 'hub' | 'thing'>) };
}

function withTextDates(row: NativeRow): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  );
}
