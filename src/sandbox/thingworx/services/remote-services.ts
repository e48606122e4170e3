import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { isInfoTable, makeField, rowsFromTable, tableFromRows } from '../../../alwayson/values.js';
import { EdgeFailure } from '../alwayson/edge-failure.js';
import type { PlatformThing, ReceivedEvent } from '../model/thing.js';
import { notConnected } from './invoke.js';
import { ServiceFailure, unableToInvoke } from '../model/service-failure.js';
import { tableIn } from './property-services.js';
import type { BuiltInCall, BuiltInService } from './service-outcome.js';
import { eventSubscriptions, propertySubscriptions } from './subscriptions.js';
import { vtqRows } from './vtq-rows.js';

/** The services of RemoteThings, most of which only edges call. */
export const REMOTE_SERVICES: Readonly<Record<string, BuiltInService>> = {
  GetRemoteMetadata: {
    parameters: [],
    result: 'JSON',
    isOfRemoteThings: true,
    run: remoteMetadata,
  },
  GetPropertySubscriptions: {
    // `{"hasDeadband": true}` from C SDK edges: the table has the same columns with it and without it.
    parameters: [makeField('options', 'JSON')],
    result: 'INFOTABLE',
    isOfRemoteThings: true,
    run: ({ thing }) => propertySubscriptions(thing),
  },
  GetEventSubscriptions: {
    parameters: [],
    result: 'INFOTABLE',
    isOfRemoteThings: true,
    run: ({ thing }) => eventSubscriptions(thing),
  },
  UpdateSubscribedPropertyValues: {
    parameters: [makeField('values', 'INFOTABLE')],
    result: 'NOTHING',
    isOfRemoteThings: true,
    run: ({ platform, thing, inputs }) => {
      takeValues(thing, tableIn(inputs, 'values'), platform.clock.nowMs());
      return null;
    },
  },
  ProcessRemoteEvents: {
    parameters: [makeField('values', 'INFOTABLE')],
    result: 'NOTHING',
    isOfRemoteThings: true,
    run: processRemoteEvents,
  },
};

async function remoteMetadata({ platform, thing }: BuiltInCall): Promise<InfoTable> {
  try {
    const result = (await platform.alwaysOn.metadata(thing)) ?? {};
    return tableFromRows([makeField('result', 'JSON')], [{ result }]);
  } catch (error) {
    if (!(error instanceof EdgeFailure)) throw error;
    if (!error.isFromEdge) throw notConnected('GetRemoteMetadata', thing.name);
    throw unableToInvoke('failed', 'GetRemoteMetadata', thing.name, error.message);
  }
}

/** Stores pushed values. As on a platform, values of properties that are not bound to the edge are skipped. */
export function takeValues(thing: PlatformThing, table: InfoTable, nowMs: number): void {
  const byEdgeName = new Map(
    [...thing.definitions.properties.values()].flatMap((property) =>
      property.remote ? [[property.remote.edgeName, property.definition.name] as const] : [],
    ),
  );
  for (const { name, ...value } of vtqRows(table, nowMs)) {
    const property = byEdgeName.get(name);
    if (property !== undefined) thing.pushed({ property, ...value });
  }
}

/** Stores the events that an edge has queued, from rows of `eventName`, `eventTime` and `eventData`; all or none. */
function processRemoteEvents({ platform, thing, inputs }: BuiltInCall): null {
  const table = tableIn(inputs, 'values');
  const nowMs = platform.clock.nowMs();
  const at = table.fields.findIndex((field) => field.name === 'eventData');
  const events = rowsFromTable(table).map(({ eventName, eventTime }, index): ReceivedEvent => {
    const data = table.rows[index]?.[at];
    return {
      event: String(eventName),
      timeMs: eventTime instanceof Date ? eventTime.getTime() : nowMs,
      data: isInfoTable(data) ? data : null,
    };
  });
  for (const { event } of events) checkEvent(thing, event);
  for (const event of events) thing.received(event);
  return null;
}

/** Throws ServiceFailure `notFound` for an event that the Thing does not have. */
export function checkEvent(thing: PlatformThing, name: string): void {
  if (!thing.mayHaveEvent(name))
    throw new ServiceFailure('notFound', `Event [${name}] Does Not Exist On Thing [${thing.name}]`);
}
