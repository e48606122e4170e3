import type { CallContext } from '../../../core/call-context.js';
import type { StoreChange } from '../../../store/store.js';
import { orderKey } from '../../plan/batches.js';
import type { OpenRollout } from '../open-rollout.js';
import { idsPerMatchQuery, queryMatches } from './device-queries.js';
import { listedIds, targetPages } from './read-targets.js';

/** Sorts before all other keys of devices in the order of a roll-out. */
const FIRST = '!';
/** Maximum number of devices that are checked by one query. */
const MAX_LIST = 2048;

/**
 * Puts the devices that match `canaryCondition` before all others in the order of the roll-out. Each step is one query.
 * @returns their number.
 */
export async function* gatherCanary(rollout: OpenRollout, context: CallContext): AsyncGenerator<void, number> {
  const { canaryCondition = '', queryCondition } = rollout.record.definition;
  return queryCondition === undefined
    ? yield* fromList(rollout, context, canaryCondition)
    : yield* fromCondition(rollout, context, canaryCondition);
}

/** Only devices that were gathered count: one that has begun to match since then is not part of the roll-out. */
async function* fromCondition(
  rollout: OpenRollout,
  context: CallContext,
  condition: string,
): AsyncGenerator<void, number> {
  const { keys, store } = rollout.env;
  const { sequence, rolloutId } = rollout.record;
  const prefix = keys.gathered(sequence);
  let canaryCount = 0;
  for await (const targets of targetPages(rollout, context, `(${condition})`)) {
    const changes: StoreChange[] = [];
    for (const target of new Set(targets)) {
      const key = orderKey(rolloutId, target);
      if ((await store.get(`${prefix}${key}`)) === undefined) continue;
      changes.push({ type: 'delete', key: `${prefix}${key}` });
      changes.push({ type: 'put', key: `${prefix}${FIRST}${key}`, value: target });
      canaryCount += 1;
    }
    await store.batch(changes);
    yield;
  }
  return canaryCount;
}

/** The order among the canary devices, and among the others, is that of the list. */
async function* fromList(rollout: OpenRollout, context: CallContext, condition: string): AsyncGenerator<void, number> {
  const { keys, store, hub } = rollout.env;
  const prefix = keys.gathered(rollout.record.sequence);
  let canaryCount = 0;
  let position = 0;
  for await (const targets of lists(rollout, condition)) {
    const matching = await queryMatches(context, hub, targets, condition);
    await store.batch(
      targets.map((target, at) => {
        const key = String(position + at).padStart(7, '0');
        return { type: 'put', key: `${prefix}${matching.has(target) ? FIRST : ''}${key}`, value: target };
      }),
    );
    canaryCount += targets.filter((target) => matching.has(target)).length;
    position += targets.length;
    yield;
  }
  return canaryCount;
}

/** The listed devices, as many at a time as fit one query. */
async function* lists(rollout: OpenRollout, condition: string): AsyncGenerator<readonly string[]> {
  let rest: string[] = [];
  const next = (): readonly string[] => rest.splice(0, idsPerMatchQuery(rest, condition));
  for await (const target of listedIds(rollout)) {
    rest.push(target);
    if (rest.length === MAX_LIST) yield next();
  }
  while (rest.length > 0) yield next();
}
