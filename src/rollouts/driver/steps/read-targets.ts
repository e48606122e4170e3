/** The targets of a roll-out as its definition selects them: of a condition by a query of the hub, of a list from the store. */
import type { CallContext } from '../../../core/call-context.js';
import { omitUndefined } from '../../../core/objects.js';
import { targetQuery } from '../../../jobs/conditions.js';
import { listedTargets, targetsOf, walkFields } from '../../definition/targets.js';
import type { OpenRollout } from '../open-rollout.js';
import { targetOfRow } from './device-queries.js';

const PAGE_SIZE = 1000;

/** Reads the targets that match the condition of the roll-out page by page. @param extra a condition that they match, too. */
export async function* targetPages(
  rollout: OpenRollout,
  context: CallContext,
  extra?: string,
): AsyncGenerator<readonly string[], void> {
  let continuationToken: string | undefined;
  do {
    const page = await targetPage(rollout, context, { continuationToken, extra });
    yield page.targets;
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined);
}

/** A page of targets; the last one has no token. */
interface TargetPage {
  readonly targets: readonly string[];
  readonly continuationToken?: string | undefined;
}

/** Reads one page of the targets that match the condition of the roll-out. @throws AgentError as the hub port. */
export async function targetPage(
  { env, record }: OpenRollout,
  context: CallContext,
  {
    continuationToken,
    extra,
  }: { readonly continuationToken?: string | undefined; readonly extra?: string | undefined },
): Promise<TargetPage> {
  const targets = targetsOf(record.definition);
  const query = targetQuery(targets, walkFields(targets), extra);
  const page = await env.hub.query(context, { query, pageSize: PAGE_SIZE, ...omitUndefined({ continuationToken }) });
  const found = page.items
    .map((row) => targetOfRow(row, targets.isForModules))
    .filter((target) => target !== undefined);
  return { targets: found, continuationToken: page.continuationToken };
}

/** Reads the targets that the roll-out lists, in order. */
export async function* listedIds({ env, record }: OpenRollout): AsyncGenerator<string> {
  for await (const [, value] of env.store.entries({ prefix: env.keys.idLists(record.sequence) }))
    yield* listedTargets(record.definition, value as string[]);
}
