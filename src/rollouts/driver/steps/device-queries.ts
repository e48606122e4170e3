import type { CallContext } from '../../../core/call-context.js';
import type { HubOperations } from '../../../iothub/ports.js';
import { find, textOf } from '../../../iothub/documents.js';
import { fittingIds, idCondition, splitIds } from '../../plan/id-conditions.js';

const SELECT = 'SELECT deviceId, connectionState FROM devices WHERE ';
const PAGE_SIZE = 1000;

/** Returns whether each device is connected, by id, without devices that the hub does not know. */
export async function queryConnections(
  context: CallContext,
  hub: HubOperations,
  deviceIds: readonly string[],
): Promise<Map<string, boolean>> {
  const connections = new Map<string, boolean>();
  for (const list of splitIds(deviceIds, { around: SELECT.length }))
    for (const row of await allRows(context, hub, `${SELECT}${idCondition(list)}`, list.length)) {
      const deviceId = textOf(find(row, 'deviceId'));
      const isConnected = textOf(find(row, 'connectionState'))?.toLowerCase() === 'connected';
      if (deviceId !== undefined) connections.set(deviceId, isConnected);
    }
  return connections;
}

/** Returns how many of the ids, from the first on, fit one query for connections. */
export function idsPerConnectionQuery(deviceIds: readonly string[]): number {
  return fittingIds(deviceIds, { around: SELECT.length });
}

/** Returns which of `deviceIds` match a condition. The ids must fit one query. */
export async function queryMatches(
  context: CallContext,
  hub: HubOperations,
  deviceIds: readonly string[],
  condition: string,
): Promise<Set<string>> {
  const query = `${matchQueryStart()}${idCondition(deviceIds)} AND (${condition})`;
  const rows = await allRows(context, hub, query, deviceIds.length);
  return new Set(rows.map((row) => textOf(find(row, 'deviceId'))).filter((id) => id !== undefined));
}

/** Number of characters around the list of ids in a query for matches. */
export function matchQueryOverhead(condition: string): number {
  return matchQueryStart().length + ` AND (${condition})`.length;
}

const matchQueryStart = (): string => 'SELECT deviceId FROM devices WHERE ';

/** Reads all rows of a query that returns at most one row for each of `count` devices. */
async function allRows(context: CallContext, hub: HubOperations, query: string, count: number) {
  const rows = [];
  let continuationToken: string | undefined;
  // A page may have fewer rows than requested. The bound on pages stops a hub that always announces another page.
  for (let pages = 0; pages <= count; pages += 1) {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await hub.query(context, { query, pageSize: PAGE_SIZE, ...token });
    rows.push(...page.items);
    continuationToken = page.continuationToken;
    if (continuationToken === undefined) break;
  }
  return rows;
}
