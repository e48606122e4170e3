/** Calls of the services for roll-outs over the REST API of ThingWorx. */
import { AgentError } from '../../core/errors.js';
import { FULL_NAME_PREFIX } from '../../catalogue/hub-services.js';
import type { ThingWorxClient } from '../../thingworx-rest/client.js';
import { readInfoTable, type RestInfoTable } from '../../thingworx-rest/client.js';

export type Row = Readonly<Record<string, unknown>>;

/** The Thing whose roll-outs are read. */
export interface RolloutsOfThing {
  readonly client: Pick<ThingWorxClient, 'invokeService'>;
  readonly thing: string;
}

/** A roll-out of a Thing. */
export interface RolloutOfThing extends RolloutsOfThing {
  readonly rolloutId: string;
}

/** Selects devices of a roll-out. */
export interface DeviceFilter {
  readonly state?: string;
  readonly batch?: number;
}

/** Reads a roll-out. @throws AgentError as the client, with the reason of the agent. */
export async function getRollout({ client, thing, rolloutId }: RolloutOfThing): Promise<RestInfoTable> {
  const table = tableOf(
    'GetRollout',
    await client.invokeService(thing, `${FULL_NAME_PREFIX}GetRollout`, { rolloutId }),
  );
  if (table.rows.length === 0) throw new AgentError('RequestRefused', `GetRollout returned no row for ${rolloutId}`);
  return table;
}

/** Lists roll-outs, newest first. @throws AgentError as the client. */
export async function findRollouts(
  { client, thing }: RolloutsOfThing,
  filter: { readonly state?: string; readonly maxItems: number },
): Promise<RestInfoTable> {
  return tableOf('FindRollouts', await client.invokeService(thing, `${FULL_NAME_PREFIX}FindRollouts`, filter));
}

/** Reads the devices of a roll-out, page by page. @throws AgentError as the client. */
export async function* devicePages(
  { client, thing, rolloutId }: RolloutOfThing,
  filter: DeviceFilter,
): AsyncGenerator<readonly Row[]> {
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const result = await client.invokeService(thing, `${FULL_NAME_PREFIX}QueryRolloutDevices`, {
      rolloutId,
      ...filter,
      ...token,
    });
    const page = pageOf(result);
    if (page.continuationToken !== undefined && page.continuationToken === continuationToken)
      throw new AgentError('RequestRefused', 'QueryRolloutDevices returned the same page twice');
    yield page.rows;
    ({ continuationToken } = page);
  } while (continuationToken !== undefined);
}

/** Returns the list in a JSON field, which ThingWorx stores as `{"array": [...]}`. */
export function listOf(cell: unknown): readonly Row[] {
  const list: unknown = Array.isArray(cell) ? cell : (cell as { readonly array?: unknown } | null | undefined)?.array;
  return Array.isArray(list) ? (list as unknown[]).filter(isRow) : [];
}

/** Returns a count of a roll-out. @param name without the suffix `Count`. */
export function countOf(row: Row, name: string): number {
  return Number(row[`${name}Count`] ?? 0) || 0;
}

function tableOf(service: string, result: unknown): RestInfoTable {
  const table = readInfoTable(result);
  if (!table) throw new AgentError('RequestRefused', `${service} did not return an InfoTable`);
  return table;
}

function pageOf(result: unknown): { readonly rows: readonly Row[]; readonly continuationToken?: string } {
  const { rows, continuationToken } = isRow(result) ? result : {};
  if (!Array.isArray(rows)) throw new AgentError('RequestRefused', 'QueryRolloutDevices did not return rows');
  return {
    rows: (rows as unknown[]).filter(isRow),
    ...(typeof continuationToken === 'string' ? { continuationToken } : {}),
  };
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);
