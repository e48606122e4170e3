import { CHARACTERISTIC, CODE, ENTITY_TYPE } from '../../../alwayson/codec/codes.js';
import type { RequestBody } from '../../../alwayson/codec/message.js';
import { type Cell, type InfoTable, Primitive } from '../../../alwayson/codec/values-model.js';
import { isInfoTable, makeField, rowsFromTable, tableFromRows } from '../../../alwayson/values.js';
import type { PlatformThing } from '../model/thing.js';
import { EdgeFailure } from './edge-failure.js';

/** Columns of EdgeThingPropertyNotificationV2 that edges read (protocol notes 8.3, 8.4). */
const SUBSCRIPTION_FIELDS = [
  makeField('edgeName', 'STRING'),
  makeField('pushType', 'STRING'),
  makeField('pushThreshold', 'NUMBER'),
  makeField('startType', 'STRING'),
];

/** What an edge asks of the platform about a Thing that it has bound (protocol notes 6.2, 8.3). */
export function serveEdgeRequest(thing: PlatformThing, request: RequestBody, nowMs: number): InfoTable | null {
  if (request.entityType !== ENTITY_TYPE.Things) throw unknown(request.name);
  if (request.characteristic === CHARACTERISTIC.events) return receiveEvent(thing, request, nowMs);
  if (request.characteristic === CHARACTERISTIC.properties) return receiveProperties(thing, request, nowMs);
  switch (request.name) {
    case 'GetPropertySubscriptions':
      return propertySubscriptions(thing);
    case 'UpdateSubscribedPropertyValues':
      return updateSubscribed(thing, request, nowMs);
    default:
      throw unknown(request.name);
  }
}

/** The properties of a Thing that are bound to its edge, as the edge is told of them. */
export function propertySubscriptions(thing: PlatformThing): InfoTable {
  const rows = [...thing.definitions.properties.values()].flatMap(({ remote }) => (remote ? [remote] : []));
  return tableFromRows(
    SUBSCRIPTION_FIELDS,
    rows.map((row) => ({ ...row, startType: 'readEdgeValue' })),
  );
}

/** Takes pushed values: rows of name, value, time, quality. */
export function takeValues(thing: PlatformThing, table: InfoTable, nowMs: number): void {
  const byEdgeName = new Map(
    [...thing.definitions.properties.values()].flatMap((property) =>
      property.remote ? [[property.remote.edgeName, property.definition.name] as const] : [],
    ),
  );
  const at = table.fields.findIndex((field) => field.name === 'value');
  for (const [index, { name, value: native, time, quality }] of rowsFromTable(table).entries()) {
    const property = byEdgeName.get(String(name));
    if (property === undefined) continue;
    // A table stays one: an empty one would lose its columns as rows.
    const value = tableIn(table.rows[index]?.[at]) ?? native;
    const timeMs = time instanceof Date ? time.getTime() : nowMs;
    thing.pushed({ property, value: value ?? null, timeMs, quality: typeof quality === 'string' ? quality : 'GOOD' });
  }
}

function tableIn(cell: Cell | undefined): InfoTable | undefined {
  const value = cell instanceof Primitive ? cell.value : cell;
  return isInfoTable(value) ? value : undefined;
}

function updateSubscribed(thing: PlatformThing, { params }: RequestBody, nowMs: number): null {
  const index = params?.fields.findIndex(({ name }) => name === 'values') ?? -1;
  const values = params?.rows[0]?.[index];
  if (typeof values !== 'object' || values === null || !('rows' in values))
    throw new EdgeFailure(CODE.BAD_REQUEST, 'UpdateSubscribedPropertyValues needs the table "values"');
  takeValues(thing, values, nowMs);
  return null;
}

function receiveEvent(thing: PlatformThing, { name, params }: RequestBody, nowMs: number): null {
  // What the edge offers may not be known yet, and must not be asked now: an edge answers nothing while it waits (9.1).
  if (!thing.takesDefinitionsFromEdge && !thing.definitions.events.has(name))
    throw new EdgeFailure(CODE.NOT_FOUND, `no event ${name} on ${thing.name}`);
  thing.received({ timeMs: nowMs, event: name, data: params });
  return null;
}

function receiveProperties(thing: PlatformThing, { params }: RequestBody, nowMs: number): null {
  for (const [name, value] of Object.entries(params ? (rowsFromTable(params)[0] ?? {}) : {})) {
    if (!thing.definitions.properties.has(name)) throw new EdgeFailure(CODE.NOT_FOUND, `no property ${name}`);
    thing.pushed({ property: name, value, timeMs: nowMs, quality: 'GOOD' });
  }
  return null;
}

const unknown = (name: string): EdgeFailure => new EdgeFailure(CODE.NOT_FOUND, `the platform has no service ${name}`);
