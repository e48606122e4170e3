import { makeField, rowsFromTable, tableFromRows } from '../../../alwayson/values.js';
import type { Log } from '../../../core/log.js';
import { messageOf } from '../../../core/errors.js';
import { definitionsFromMetadata, unknownProperties } from '../model/edge-metadata.js';
import type { PlatformThing } from '../model/thing.js';
import type { Bound } from './bindings.js';
import { takeValues } from '../services/remote-services.js';
import { eventSubscriptions, propertySubscriptions } from '../services/subscriptions.js';

export interface AfterBindOptions {
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  readonly log: Log;
}

/**
 * Sends the requests that a platform sends to a newly bound Thing. None of the responses is required: a Thing stays bound
 * to an edge that does not support them. Services can be called meanwhile.
 */
export async function greet(thing: PlatformThing, bound: Bound, options: AfterBindOptions): Promise<void> {
  if (thing.takesDefinitionsFromEdge) {
    await thing.whileLearning(() => attempt('GetMetadata', options, () => learn(thing, bound, options)));
  }
  void synchronizeAndNotify(thing, bound, options);
}

async function synchronizeAndNotify(thing: PlatformThing, bound: Bound, options: AfterBindOptions): Promise<void> {
  await attempt('SynchronizeModelState', options, () => synchronize(thing, bound, options));
  await attempt('NotifyPropertyUpdate', options, () =>
    bound.edge.invoke(bound.boundName, 'NotifyPropertyUpdate', null, options.timeoutMs),
  );
}

/** Returns the metadata that the edge reports for the Thing. Throws an EdgeFailure. */
export async function remoteMetadata(bound: Bound, timeoutMs: number): Promise<unknown> {
  const { content } = await bound.edge.invoke(bound.boundName, 'GetMetadata', null, timeoutMs);
  return content ? rowsFromTable(content)[0]?.['result'] : undefined;
}

async function learn(thing: PlatformThing, bound: Bound, options: AfterBindOptions): Promise<void> {
  const metadata = await remoteMetadata(bound, options.timeoutMs);
  thing.learn(definitionsFromMetadata(metadata));
  const unknown = unknownProperties(metadata);
  if (unknown.length > 0)
    options.log.warn({ thing: thing.name, properties: unknown }, 'properties of an edge have unknown base types');
}

async function synchronize(thing: PlatformThing, bound: Bound, options: AfterBindOptions): Promise<void> {
  const properties = propertySubscriptions(thing);
  const events = eventSubscriptions(thing);
  const params = tableFromRows(
    [makeField('propertyInfo', 'INFOTABLE'), makeField('eventInfo', 'INFOTABLE')],
    [{ propertyInfo: properties, eventInfo: events }],
  );
  const { content } = await bound.edge.invoke(bound.boundName, 'SynchronizeModelState', params, options.timeoutMs);
  if (content) takeValues(thing, content, options.nowMs());
}

async function attempt(service: string, { log }: AfterBindOptions, send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch (error) {
    log.debug({ service, reason: messageOf(error) }, 'an edge did not answer a request of the platform');
  }
}
