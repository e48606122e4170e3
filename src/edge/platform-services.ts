import { type InfoTable, Primitive } from '../alwayson/codec/values-model.js';
import { makeField, type NativeRow, rowsFromTable } from '../alwayson/values.js';
import type { PLATFORM_SERVICES } from './check-thing.js';
import { thingMetadata } from './metadata.js';
import { propertyCell } from './property-access.js';
import type { PropertyPush } from './property-push.js';
import { resultTable } from './service-call.js';
import type { EdgeThing } from './thing.js';

/** The columns of the data shape `NamedVTQ`, in the platform's order [AO 8.4]. */
const NAMED_VTQ = [
  makeField('name', 'STRING'),
  makeField('time', 'DATETIME'),
  makeField('value', 'VARIANT'),
  makeField('quality', 'STRING'),
];

type PlatformServiceHandler = (thing: EdgeThing, push: PropertyPush, params: InfoTable | null) => InfoTable | null;

/** The services that platforms call on every Thing after BIND [AO 11.5]; the metadata does not list them. */
export const PLATFORM_SERVICE_HANDLERS: Readonly<Record<(typeof PLATFORM_SERVICES)[number], PlatformServiceHandler>> = {
  GetMetadata: (thing) => resultTable({ baseType: 'JSON' }, thingMetadata(thing)),
  NotifyPropertyUpdate: (_thing, push) => {
    push.refresh();
    return null;
  },
  SynchronizeModelState: (thing, push, params) => {
    const subscriptions = propertyInfo(params);
    if (subscriptions) push.subscribe(subscriptions);
    return currentValues(thing, subscriptions ?? []);
  },
};

/** The rows of the parameter `propertyInfo`, the subscriptions of newer platforms [AO 8.4]. */
function propertyInfo(params: InfoTable | null): readonly NativeRow[] | undefined {
  const [request] = params ? rowsFromTable(params) : [];
  const rows = request?.['propertyInfo'];
  return Array.isArray(rows) ? (rows as readonly NativeRow[]) : undefined;
}

/** The current values of the subscribed properties, as far as they have been set. */
function currentValues(thing: EdgeThing, subscriptions: readonly NativeRow[]): InfoTable {
  const names = new Set(subscriptions.map((row) => row['edgeName']));
  const rows = thing.propertyDefinitions.flatMap((definition) => {
    const current = names.has(definition.name) ? thing.propertyValue(definition.name) : undefined;
    if (!current) return [];
    const value = new Primitive(definition.baseType, propertyCell(definition, current.value));
    return [[definition.name, current.timeMs, value, current.quality]];
  });
  return { fields: NAMED_VTQ, rows };
}
