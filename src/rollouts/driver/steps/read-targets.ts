/** The targets of a roll-out as its definition selects them: of a condition by a query of the hub, of a list from the store. */
import type { CallContext } from '../../../core/call-context.js';
import { targetQuery } from '../../../jobs/conditions.js';
import { listedTargets, targetsOf, walkFields } from '../../definition/targets.js';
import type { OpenRollout } from '../open-rollout.js';
import { targetOfRow } from './device-queries.js';

const PAGE_SIZE = 1000;

/** Reads the targets that match the condition of the roll-out page by page. @param extra a condition that they match, too. */
export async function* targetPages(
  { env, record }: OpenRollout,
  context: CallContext,
  extra?: string,
): AsyncGenerator<readonly string[], void> {
  const targets = targetsOf(record.definition);
  const query = targetQuery(targets, walkFields(targets), extra);
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await env.hub.query(context, { query, pageSize: PAGE_SIZE, ...token });
    yield page.items.map((row) => targetOfRow(row, targets.isForModules)).filter((target) => target !== undefined);
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined);
}

/** Reads the targets that the roll-out lists, in order. */
export async function* listedIds({ env, record }: OpenRollout): AsyncGenerator<string> {
  for await (const [, value] of env.store.entries({ prefix: env.keys.idLists(record.sequence) }))
    yield* listedTargets(record.definition, value as string[]);
}
