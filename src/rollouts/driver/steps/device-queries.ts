import type { CallContext } from '../../../core/call-context.js';
import type { HubDocument, HubOperations } from '../../../iothub/ports.js';
import { find, textOf } from '../../../iothub/documents.js';
import { fittingIds, idFilter, querySource, splitIds, targetText } from '../../plan/id-conditions.js';

const PAGE_SIZE = 1000;

/** The start of a query for targets, with fields beside their ids. */
function queryStart(targets: readonly string[], ...more: readonly string[]): string {
  const { source, fields } = querySource(targets);
  return `SELECT ${[fields, ...more].join(', ')} FROM ${source} WHERE `;
}

/** Returns the target of a row that has its ids; undefined for a row without. */
export function targetOfRow(row: HubDocument, isModule: boolean): string | undefined {
  const deviceId = textOf(find(row, 'deviceId'));
  const moduleId = isModule ? textOf(find(row, 'moduleId')) : undefined;
  if (deviceId === undefined || (isModule && moduleId === undefined)) return undefined;
  return targetText({ deviceId, ...(moduleId === undefined ? {} : { moduleId }) });
}

const targetsOfRows = (targets: readonly string[], rows: readonly HubDocument[]) => {
  const isModule = querySource(targets).source !== 'devices';
  return rows.flatMap((row) => {
    const target = targetOfRow(row, isModule);
    return target === undefined ? [] : [{ target, row }];
  });
};

/** Returns whether each device is connected, by id, without devices that the hub does not know. */
export async function queryConnections(
  context: CallContext,
  hub: HubOperations,
  deviceIds: readonly string[],
): Promise<Map<string, boolean>> {
  const connections = new Map<string, boolean>();
  const start = queryStart(deviceIds, 'connectionState');
  for (const list of splitIds(deviceIds, { around: start.length })) {
    const rows = await allRows(context, hub, `${start}${idFilter(list)}`, list.length);
    for (const { target, row } of targetsOfRows(list, rows))
      connections.set(target, textOf(find(row, 'connectionState'))?.toLowerCase() === 'connected');
  }
  return connections;
}

/** Returns how many of the ids, from the first on, fit one query for connections. */
export function idsPerConnectionQuery(deviceIds: readonly string[]): number {
  return fittingIds(deviceIds, { around: queryStart(deviceIds, 'connectionState').length });
}

/** Returns which of `deviceIds` match a condition. The ids must fit one query. */
export async function queryMatches(
  context: CallContext,
  hub: HubOperations,
  deviceIds: readonly string[],
  condition: string,
): Promise<Set<string>> {
  const query = `${queryStart(deviceIds)}${idFilter(deviceIds)} AND (${condition})`;
  const rows = await allRows(context, hub, query, deviceIds.length);
  return new Set(targetsOfRows(deviceIds, rows).map(({ target }) => target));
}

/** Returns how many of the ids, from the first on, fit one query for matches. */
export function idsPerMatchQuery(deviceIds: readonly string[], condition: string): number {
  return fittingIds(deviceIds, { around: queryStart(deviceIds).length + ` AND (${condition})`.length });
}

/** Reads all rows of a query that returns at most one row for each of `count` devices. */
async function allRows(context: CallContext, hub: HubOperations, query: string, count: number) {
  const rows: HubDocument[] = [];
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
