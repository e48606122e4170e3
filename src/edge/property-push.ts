import { type InfoTable, type FieldDefinition, Primitive } from '../alwayson/codec/values-model.js';
import { makeField, type NativeRow, rowsFromTable, tableFromRows } from '../alwayson/values.js';
import type { Timer } from '../core/clock.js';
import { isAgentError } from '../core/errors.js';
import type { PropertyDefinition } from './definitions.js';
import { Outbox, approximateBytes } from './outbox.js';
import { propertyCell } from './property-access.js';
import { assumedSubscription, isPushed, type Pushed, type Subscription, subscriptionFrom } from './push-rule.js';
import { SerialWorker } from './serial-worker.js';
import type { ThingChannel } from './thing-channel.js';
import type { EdgeThing, PropertyValue } from './thing.js';

interface Push {
  readonly name: string;
  readonly value: Primitive;
  readonly timeMs: number;
  readonly quality: string;
}

/** The most values in one call; the bytes are bounded too, by half of the message limit. */
const MAX_VALUES_PER_CALL = 500;

/** How long after BIND the subscriptions are requested if the platform has not sent or announced them. */
const NOTIFICATION_MS = 5_000;

/** In the column order of the platform [AO 8.3]. */
const VALUE_FIELDS: readonly FieldDefinition[] = [
  makeField('name', 'STRING'),
  makeField('value', 'VARIANT'),
  makeField('time', 'DATETIME'),
  makeField('quality', 'STRING'),
];

const SUBSCRIPTION_OPTIONS = tableFromRows([makeField('options', 'JSON')], [{ options: { hasDeadband: true } }]);

/**
 * Pushes the property values of a Thing to which the platform has subscribed [AO 8.3]. Values that change without a
 * connection wait in a bounded outbox; until the first subscriptions arrive, the push types of the definitions apply.
 */
export class PropertyPush {
  readonly #thing: EdgeThing;
  readonly #channel: ThingChannel;
  readonly #outbox: Outbox<Push>;
  readonly #worker: SerialWorker;
  readonly #lastPushed = new Map<string, Pushed>();
  #subscriptions: ReadonlyMap<string, Subscription> | undefined;
  #notificationTimer: Timer | undefined;
  #isBound = false;
  #isRefreshWanted = false;
  /** Whether the subscriptions have arrived on the current connection. */
  #isSubscribed = false;

  constructor(thing: EdgeThing, channel: ThingChannel) {
    this.#thing = thing;
    this.#channel = channel;
    this.#outbox = new Outbox(
      channel.outboxLimits,
      (push) => this.#onDrop(push),
      (change) => channel.onQueued('properties', change),
    );
    this.#worker = new SerialWorker({ work: () => this.#work(), retryMs: channel.retryMs, clock: channel.clock });
  }

  /** The Thing is bound on a new connection. A platform that does not announce its subscriptions is asked for them. */
  bound(): void {
    this.#isBound = true;
    this.#notificationTimer = this.#channel.clock.schedule(NOTIFICATION_MS, () => this.refresh());
    this.#worker.wake();
  }

  unbound(): void {
    this.#isBound = false;
    this.#isSubscribed = false;
    this.#isRefreshWanted = false;
    this.#notificationTimer?.cancel();
    this.#worker.rest();
  }

  /** Requests the subscriptions: the platform has announced that they may have changed. */
  refresh(): void {
    this.#notificationTimer?.cancel();
    if (this.#thing.propertyDefinitions.length === 0) return;
    this.#isRefreshWanted = true;
    this.#worker.wake();
  }

  /** Replaces the subscriptions; rows have `edgeName`, `pushType` and `pushThreshold`. */
  subscribe(rows: readonly NativeRow[]): void {
    this.#notificationTimer?.cancel();
    const subscriptions = new Map<string, Subscription>();
    for (const { edgeName, pushType, pushThreshold } of rows) {
      const definition = this.#thing.propertyDefinitions.find(({ name }) => name === edgeName);
      if (definition) subscriptions.set(definition.name, subscriptionFrom(definition, pushType, pushThreshold));
    }
    const isNew = !this.#isSubscribed;
    const before = this.#subscriptions;
    this.#subscriptions = subscriptions;
    this.#isSubscribed = true;
    this.#outbox.filter(({ name }) => this.#subscriptionOf(name).pushType !== 'NEVER');
    for (const name of subscriptions.keys()) if (isNew || !before?.has(name)) this.#pushCurrent(name);
    this.#worker.wake();
  }

  changed(name: string, value: PropertyValue): void {
    if (!isPushed(this.#subscriptionOf(name), this.#lastPushed.get(name), value)) return;
    this.#enqueue(name, value);
    this.#worker.wake();
  }

  close(): void {
    this.unbound();
    this.#outbox.clear();
  }

  #subscriptionOf(name: string): Subscription {
    if (!this.#subscriptions) return assumedSubscription(this.#thing.property(name));
    return this.#subscriptions.get(name) ?? { pushType: 'NEVER', pushThreshold: 0 };
  }

  /** A platform that has just subscribed receives the current value, whenever it was set. */
  #pushCurrent(name: string): void {
    const value = this.#thing.propertyValue(name);
    if (!value || this.#subscriptionOf(name).pushType === 'NEVER') return;
    if (!this.#outbox.some((push) => push.name === name)) this.#enqueue(name, value);
  }

  #enqueue(name: string, { value, timeMs, quality }: PropertyValue): void {
    const definition: PropertyDefinition = this.#thing.property(name);
    const push: Push = {
      name,
      value: new Primitive(definition.baseType, propertyCell(definition, value)),
      timeMs,
      quality,
    };
    this.#lastPushed.set(name, { value, quality });
    const bytes = 24 + Buffer.byteLength(name) + approximateBytes(push.value);
    this.#outbox.add({ item: push, bytes, sinceMs: this.#channel.clock.monotonicMs() });
  }

  async #work(): Promise<boolean> {
    if (!this.#isBound) return false;
    if (this.#isRefreshWanted) await this.#refreshNow();
    else if (this.#isSubscribed && this.#outbox.size > 0) await this.#pushSome();
    else return false;
    return true;
  }

  async #refreshNow(): Promise<void> {
    this.#isRefreshWanted = false;
    try {
      const table = await this.#channel.call('GetPropertySubscriptions', SUBSCRIPTION_OPTIONS);
      this.subscribe(table ? rowsFromTable(table) : []);
    } catch (error) {
      if (!isAgentError(error, 'RequestRefused')) {
        this.#isRefreshWanted = true;
        throw error;
      }
      this.#channel.log.debug(
        { status: error.context['status'] },
        'the platform does not support property subscriptions',
      );
    }
  }

  async #pushSome(): Promise<void> {
    const { clock, log, maxBatchBytes } = this.#channel;
    const entries = this.#outbox.take(clock.monotonicMs(), MAX_VALUES_PER_CALL, maxBatchBytes);
    if (entries.length === 0) return;
    try {
      await this.#channel.call('UpdateSubscribedPropertyValues', valuesTable(entries.map((entry) => entry.item)));
    } catch (error) {
      if (!isAgentError(error, 'RequestRefused', 'FrameLimitExceeded', 'ValueNotEncodable')) {
        this.#outbox.putBack(entries, clock.monotonicMs());
        throw error;
      }
      log.warn(
        { code: error.code, values: entries.length },
        `the platform did not accept property values: ${error.message}`,
      );
    }
  }

  #onDrop({ name }: Push): void {
    this.#channel.instruments.count('edge_property_values_dropped_total');
    this.#channel.log.warn(
      { property: name },
      'dropped the oldest property value: the outbox was full or the value too old',
    );
  }
}

/** The parameters of UpdateSubscribedPropertyValues. */
function valuesTable(pushes: readonly Push[]): InfoTable {
  const values: InfoTable = {
    fields: VALUE_FIELDS,
    rows: pushes.map(({ name, value, timeMs, quality }) => [name, value, timeMs, quality]),
  };
  return { fields: [makeField('values', 'INFOTABLE')], rows: [[values]] };
}
