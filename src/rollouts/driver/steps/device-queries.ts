import type { CallContext } from '../../../core/call-context.js';
import type { HubOperations } from '../../../iothub/ports.js';
import { find, textOf } from '../../../iothub/documents.js';
import { fittingIds, idCondition, splitIds } from '../../plan/id-conditions.js';

const SELECT = 'SELECT deviceId, connectionState FROM devices WHERE ';
const PAGE_SIZE = 1000;

/** Whether each device is connected, by id; devices that the hub does not know are left out. */
export async function askConnections(
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

/** How many of the ids, from the first on, one query for connections takes. */
export function idsPerConnectionQuery(deviceIds: readonly string[]): number {
  return fittingIds(deviceIds, { around: SELECT.length });
}

/** The ids among `deviceIds`, which fit one query, of devices that meet a condition. */
export async function askMatches(
  context: CallContext,
  hub: HubOperations,
  deviceIds: readonly string[],
  condition: string,
): Promise<Set<string>> {
  const query = `${matchQueryStart()}${idCondition(deviceIds)} AND (${condition})`;
  const rows = await allRows(context, hub, query, deviceIds.length);
  return new Set(rows.map((row) => textOf(find(row, 'deviceId'))).filter((id) => id !== undefined));
}

/** Characters around the list of ids in a query for matches. */
export function matchQueryOverhead(condition: string): number {
  return matchQueryStart().length + ` AND (${condition})`.length;
}

const matchQueryStart = (): string => 'SELECT deviceId FROM devices WHERE ';

/** Rows of a query that has at most one for each of `count` devices. */
async function allRows(context: CallContext, hub: HubOperations, query: string, count: number) {
  const rows = [];
  let continuationToken: string | undefined;
  // Pages may hold fewer rows than asked for, but not more pages than devices are expected of an honest hub.
  for (let pages = 0; pages <= count; pages += 1) {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await hub.query(context, { query, pageSize: PAGE_SIZE, ...token });
    rows.push(...page.items);
    continuationToken = page.continuationToken;
    if (continuationToken === undefined) break;
  }
  return rows;
}
