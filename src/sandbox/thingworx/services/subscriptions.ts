import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { makeField, tableFromRows } from '../../../alwayson/values.js';
import type { PlatformThing } from '../model/thing.js';

/** Columns of EdgeThingPropertyNotificationV2 that edges read. */
const PROPERTY_FIELDS = [
  makeField('edgeName', 'STRING'),
  makeField('pushType', 'STRING'),
  makeField('pushThreshold', 'NUMBER'),
  makeField('startType', 'STRING'),
];

/** The column of EdgeThingEventNotification that edges read. */
const EVENT_FIELDS = [makeField('edgeName', 'STRING')];

/** Returns the properties of a Thing that are bound to its edge. */
export function propertySubscriptions(thing: PlatformThing): InfoTable {
  const bindings = [...thing.definitions.properties.values()].flatMap(({ remote }) => (remote ? [remote] : []));
  return tableFromRows(
    PROPERTY_FIELDS,
    bindings.map((binding) => ({ ...binding, startType: 'readEdgeValue' })),
  );
}

/** Returns the events of a Thing, all of which its edge may send. */
export function eventSubscriptions(thing: PlatformThing): InfoTable {
  return tableFromRows(
    EVENT_FIELDS,
    [...thing.definitions.events.keys()].map((edgeName) => ({ edgeName })),
  );
}
