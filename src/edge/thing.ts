import type { InfoTable } from '../alwayson/codec/values-model.js';
import { convertLoose, convertRow, tableFromRows } from '../alwayson/values.js';
import { AgentError } from '../core/errors.js';
import type { CallContext } from '../core/call-context.js';
import type { EventDefinition, NativeRow, PropertyDefinition, Service, ServiceDefinition } from './definitions.js';
import { checkThing } from './check-thing.js';
import { shapeFields } from './shape-fields.js';

export interface EdgeThingOptions {
  /** The RemoteThing's name on the platform. */
  readonly name: string;
  /** If the RemoteThing has an identifier, it must be bound by it [AO 5.2]. */
  readonly identifier?: string;
  readonly description?: string;
  readonly services?: readonly Service[];
  readonly properties?: readonly PropertyDefinition[];
  readonly events?: readonly EventDefinition[];
}

/** The native value of a property with its time and quality. */
export interface PropertyValue {
  readonly value: unknown;
  readonly timeMs: number;
  readonly quality: string;
}

/** Receives the property changes and events of a Thing: the client that it was added to. */
export interface ThingOutlet {
  nowMs(): number;
  propertyChanged(name: string, value: PropertyValue): void;
  /** Resolves when the platform has accepted the event. */
  fire(event: string, data: InfoTable): Promise<void>;
}

/**
 * Accepts or refuses (by throwing) a value that the platform writes to a property, before it is stored. Not called for
 * read-only properties, which the platform cannot write.
 */
export type PropertyWriteHandler = (context: CallContext, name: string, value: unknown) => Promise<void> | void;

/** The edge side of a RemoteThing: services, properties with their values, and events. */
export class EdgeThing {
  readonly name: string;
  readonly identifier: string | undefined;
  readonly description: string;
  onPropertyWrite: PropertyWriteHandler | undefined;
  #services: ReadonlyMap<string, Service>;
  readonly #properties: ReadonlyMap<string, PropertyDefinition>;
  readonly #events: ReadonlyMap<string, EventDefinition>;
  readonly #values = new Map<string, PropertyValue>();
  #outlet: ThingOutlet | undefined;

  /** @throws AgentError ConfigurationInvalid for duplicate or reserved names, and for tables without a data shape. */
  constructor(options: EdgeThingOptions) {
    checkThing(options);
    this.name = options.name;
    this.identifier = options.identifier;
    this.description = options.description ?? '';
    this.#services = new Map(options.services?.map((service) => [service.definition.name, service]));
    this.#properties = new Map(options.properties?.map((property) => [property.name, property]));
    this.#events = new Map(options.events?.map((event) => [event.name, event]));
  }

  /** The name for BIND: the Thing's name, or `*` and its identifier. */
  get boundName(): string {
    return this.identifier === undefined ? this.name : `*${this.identifier}`;
  }

  get serviceDefinitions(): readonly ServiceDefinition[] {
    return [...this.#services.values()].map((service) => service.definition);
  }

  get propertyDefinitions(): readonly PropertyDefinition[] {
    return [...this.#properties.values()];
  }

  get eventDefinitions(): readonly EventDefinition[] {
    return [...this.#events.values()];
  }

  /** Offers the services of another Thing instead of its own, for every call from now on. */
  adoptServices(other: EdgeThing): void {
    this.#services = other.#services;
  }

  /** @throws AgentError UnknownService. */
  service(name: string): Service {
    const service = this.#services.get(name);
    if (!service) throw new AgentError('UnknownService', `Thing "${this.name}" has no service "${name}".`);
    return service;
  }

  /** @throws AgentError UnknownProperty. */
  property(name: string): PropertyDefinition {
    const property = this.#properties.get(name);
    if (!property) throw new AgentError('UnknownProperty', `Thing "${this.name}" has no property "${name}".`);
    return property;
  }

  /** Returns the native value; undefined if it was never set. @throws AgentError UnknownProperty. */
  getProperty(name: string): unknown {
    return this.propertyValue(name)?.value;
  }

  /** Returns the value with its time and quality; undefined if it was never set. @throws AgentError UnknownProperty. */
  propertyValue(name: string): PropertyValue | undefined {
    return this.#values.get(this.property(name).name);
  }

  /**
   * Sets a value, which is pushed according to its push type and the platform's subscription.
   * @throws AgentError UnknownProperty, or InvalidArgument for a value that is not of the property's base type.
   */
  setProperty(
    name: string,
    native: unknown,
    options: { readonly timeMs?: number; readonly quality?: string } = {},
  ): void {
    const property = this.property(name);
    const value = convertProperty(property, native);
    const timeMs = options.timeMs ?? this.#outlet?.nowMs() ?? Date.now();
    const kept: PropertyValue = { value, timeMs, quality: options.quality ?? 'GOOD' };
    this.#values.set(name, kept);
    this.#outlet?.propertyChanged(name, kept);
  }

  /**
   * Fires an event and resolves when the platform has accepted it; the event is queued while there is no connection.
   * @throws AgentError InvalidArgument for an unknown event or data that does not fit its shape; RequestRefused if the
   * platform refuses it; QueueFull if it was dropped in favour of newer ones; ConnectionClosed if the client was closed.
   */
  async fireEvent(name: string, row: NativeRow): Promise<void> {
    const event = this.#events.get(name);
    if (!event) throw new AgentError('InvalidArgument', `Thing "${this.name}" has no event "${name}".`);
    const fields = shapeFields(event.dataShape);
    const data = tableFromRows(fields, [convertRow(fields, row, `Event "${name}"`)]);
    if (!this.#outlet) throw new AgentError('ConnectionClosed', `Thing "${this.name}" has not been added to a client.`);
    await this.#outlet.fire(name, data);
  }

  /** Called by the client that the Thing is added to; with undefined when that client closes. */
  attach(outlet: ThingOutlet | undefined): void {
    if (outlet && this.#outlet)
      throw new AgentError('ConfigurationInvalid', `Thing "${this.name}" has been added to a client already.`);
    this.#outlet = outlet;
  }
}

/**
 * Converts JSON-like or native input to a native value of a property.
 * @throws AgentError InvalidArgument, naming the property.
 */
export function convertProperty({ name, baseType, dataShape }: PropertyDefinition, input: unknown): unknown {
  if (input === undefined || input === null) return undefined;
  const value = convertLoose(baseType, input, `Property "${name}"`);
  if (!dataShape || !Array.isArray(value)) return value;
  const fields = shapeFields(dataShape);
  return value.map((row: NativeRow) => convertRow(fields, row, `Property "${name}"`));
}
