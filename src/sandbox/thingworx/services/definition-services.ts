import type { BaseType } from '../../../alwayson/codec/base-types.js';
import type { FieldDefinition, InfoTable } from '../../../alwayson/codec/values-model.js';
import { makeField, tableFromRows } from '../../../alwayson/values.js';
import type { PlatformEvent, PlatformProperty, PlatformService } from '../model/definitions.js';
import type { PlatformThing } from '../model/thing.js';
import {
  eventDefinitionsTable,
  propertyDefinitionsTable,
  serviceDefinitionsTable,
  thingMetadataJson,
} from './metadata.js';
import { entityNotFound } from '../model/service-failure.js';
import type { BuiltInCall, BuiltInService, Inputs } from './service-outcome.js';

const NAME = [makeField('name', 'STRING')];
const FILTER = [makeField('category', 'STRING'), makeField('type', 'STRING'), makeField('dataShape', 'STRING')];

/** The services of a Thing that describe it. */
export const DEFINITION_SERVICES: Readonly<Record<string, BuiltInService>> = {
  GetPropertyDefinitions: list(FILTER, ({ thing, inputs }) =>
    propertyDefinitionsTable(propertiesOf(thing).filter((property) => isWanted(inputs, property.definition))),
  ),
  GetPropertyDefinition: list(NAME, ({ thing, inputs }) =>
    propertyDefinitionsTable([named(thing.definitions.properties, 'PropertyDefinition', inputs)]),
  ),
  GetServiceDefinitions: list(FILTER, ({ thing, inputs }) =>
    serviceDefinitionsTable(
      thing,
      servicesOf(thing).filter((service) => isWanted(inputs, { ...service.result, category: service.category })),
    ),
  ),
  GetServiceDefinition: list(NAME, ({ thing, inputs }) =>
    serviceDefinitionsTable(thing, [named(thing.definitions.services, 'ServiceDefinition', inputs)]),
  ),
  GetEventDefinitions: list(FILTER, ({ thing, inputs }) =>
    eventDefinitionsTable(eventsOf(thing).filter((event) => isWanted(inputs, event))),
  ),
  GetEventDefinition: list(NAME, ({ thing, inputs }) =>
    eventDefinitionsTable([named(thing.definitions.events, 'EventDefinition', inputs)]),
  ),
  GetMetadataAsJSON: {
    parameters: [],
    result: 'JSON',
    run: ({ thing }) => tableFromRows([makeField('result', 'JSON')], [{ result: thingMetadataJson(thing) }]),
  },
};

function list(parameters: readonly FieldDefinition[], run: (call: BuiltInCall) => InfoTable): BuiltInService {
  return { parameters, result: 'INFOTABLE', run };
}

/** Returns the definition named by the input `name`. Throws ServiceFailure `notFound`. */
function named<T>(definitions: ReadonlyMap<string, T>, kind: string, inputs: Inputs): T {
  const name = (inputs['name'] as string | undefined) ?? '';
  const definition = definitions.get(name);
  if (definition === undefined) throw entityNotFound(kind, name);
  return definition;
}

interface Filterable {
  readonly category?: string;
  readonly baseType?: BaseType;
  readonly dataShape?: string;
}

/** Whether a definition passes the filter. An omitted or empty input accepts everything. */
function isWanted({ category, type, dataShape }: Inputs, of: Filterable | FieldDefinition): boolean {
  const accepts = (wanted: unknown, actual: string | undefined): boolean => (wanted ?? '') === '' || wanted === actual;
  const shape = 'aspects' in of ? shapeOf(of) : of.dataShape;
  return (
    accepts(category, 'category' in of ? of.category : '') && accepts(type, of.baseType) && accepts(dataShape, shape)
  );
}

function shapeOf({ aspects }: FieldDefinition): string {
  const value = aspects.get('dataShape')?.value;
  return typeof value === 'string' ? value : '';
}

const byName = <T>(definitions: ReadonlyMap<string, T>): T[] =>
  [...definitions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, definition]) => definition);
const propertiesOf = (thing: PlatformThing): PlatformProperty[] => byName(thing.definitions.properties);
const servicesOf = (thing: PlatformThing): PlatformService[] => byName(thing.definitions.services);
const eventsOf = (thing: PlatformThing): PlatformEvent[] => byName(thing.definitions.events);
