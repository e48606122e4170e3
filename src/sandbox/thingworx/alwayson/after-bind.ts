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
 * The requests of a platform to a newly bound Thing. None of the responses is required: edges
 * that do not support them keep their Thing. Services can be called meanwhile.
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

/** The edge's own metadata. Throws an EdgeFailure. */
export async function remoteMetadata(bound: Bound, timeoutMs: number): Promise<unknown> {
  const { content } = await bound.edge.invoke(bound.boundName, 'GetMetadata', null, timeoutMs);
  return content ? rowsFromTable(content)[0]?.['result'] : undefined;
}

async function learn(thing: PlatformThing, bound: Bound, options: AfterBindOptions): Promise<void> {
  const metadata = await remoteMetadata(bound, options.timeoutMs);
  thing.learn(definitionsFromMetadata(metadata));
  const unknown = unknownProperties(metadata);
  if (unknown.length > 0)
    options.log.warn(
      { thing: thing.name, properties: unknown },
      'properties of an edge have base types that are not known',
    );
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

async function attempt(service: string, { log }: AfterBindOptions, ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    log.debug({ service, reason: messageOf(error) }, 'the edge does not answer a request of the platform');
  }
}
