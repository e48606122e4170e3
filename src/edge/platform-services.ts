import { type InfoTable, Primitive } from '../alwayson/codec/values-model.js';
import { makeField, type NativeRow, rowsFromTable } from '../alwayson/values.js';
import type { PLATFORM_SERVICES } from './check-thing.js';
import { thingMetadata } from './metadata.js';
import { propertyCell } from './property-access.js';
import type { PropertyPush } from './property-push.js';
import { resultTable } from './service-call.js';
import type { EdgeThing } from './thing.js';

/** Column order of the shape `NamedVTQ` (protocol notes 8.4). */
const NAMED_VTQ = [
  makeField('name', 'STRING'),
  makeField('time', 'DATETIME'),
  makeField('value', 'VARIANT'),
  makeField('quality', 'STRING'),
];

type PlatformServiceHandler = (thing: EdgeThing, push: PropertyPush, params: InfoTable | null) => InfoTable | null;

/** What platforms call on every Thing after BIND; not listed in the metadata. */
export const PLATFORM_SERVICE_HANDLERS: Readonly<Record<(typeof PLATFORM_SERVICES)[number], PlatformServiceHandler>> = {
  GetMetadata: (thing) => resultTable({ baseType: 'JSON' }, thingMetadata(thing)),
  NotifyPropertyUpdate: (_thing, push) => {
    push.refresh();
    return null;
  },
  SynchronizeModelState: (thing, push, params) => {
    const asked = propertyInfo(params);
    if (asked) push.subscribe(asked);
    return currentValues(thing, asked ?? []);
  },
};

/** The rows of the parameter `propertyInfo`: what newer platforms subscribe to (8.4). */
function propertyInfo(params: InfoTable | null): readonly NativeRow[] | undefined {
  const [request] = params ? rowsFromTable(params) : [];
  const rows = request?.['propertyInfo'];
  return Array.isArray(rows) ? (rows as readonly NativeRow[]) : undefined;
}

/** The present values of the properties that were asked for and have one. */
function currentValues(thing: EdgeThing, asked: readonly NativeRow[]): InfoTable {
  const names = new Set(asked.map((row) => row['edgeName']));
  const rows = thing.propertyDefinitions.flatMap((definition) => {
    const current = names.has(definition.name) ? thing.propertyValue(definition.name) : undefined;
    if (!current) return [];
    const value = new Primitive(definition.baseType, propertyCell(definition, current.value));
    return [[definition.name, current.timeMs, value, current.quality]];
  });
  return { fields: NAMED_VTQ, rows };
}
