import { type JsonValue, nativeToJson } from '../alwayson/values.js';
import type {
  DataShapeDefinition,
  EventDefinition,
  ParameterDefinition,
  PropertyDefinition,
  ResultDefinition,
  ServiceDefinition,
} from './definitions.js';
import { fieldAspects } from './shape-fields.js';

/** The definitions of a Thing that its metadata describes, as an EdgeThing has them. */
export interface DescribedThing {
  readonly name: string;
  readonly description: string;
  readonly serviceDefinitions: readonly ServiceDefinition[];
  readonly propertyDefinitions: readonly PropertyDefinition[];
  readonly eventDefinitions: readonly EventDefinition[];
}

type JsonObject = Readonly<Record<string, JsonValue>>;

/**
 * Returns the JSON with which a Thing answers `GetMetadata` [AO 8.2]: everything that PTC's C and Java SDKs and newer
 * clients send, so that every known reader finds what it needs. `Inputs` and `Outputs` always have `fieldDefinitions`.
 */
export function thingMetadata(thing: DescribedThing): JsonObject {
  return {
    name: thing.name,
    type: 'Thing',
    description: thing.description,
    isSystemObject: false,
    implementedShapes: [],
    propertyDefinitions: byName(thing.propertyDefinitions, property),
    serviceDefinitions: byName(thing.serviceDefinitions, service),
    eventDefinitions: byName(thing.eventDefinitions, event),
  };
}

function byName<T extends { readonly name: string }>(
  items: readonly T[],
  describe: (item: T, ordinal: number) => JsonObject,
): JsonObject {
  return Object.fromEntries(items.map((item, ordinal) => [item.name, describe(item, ordinal)]));
}

function property(definition: PropertyDefinition, ordinal: number): JsonObject {
  const { name, description, baseType, pushType, pushThreshold, dataShape } = definition;
  const aspects = {
    ...definition.aspects,
    isReadOnly: definition.isReadOnly ?? false,
    pushType,
    ...(pushThreshold !== undefined && { pushThreshold }),
    ...(dataShape && { dataShape: dataShape.name }),
  };
  const shape = dataShape && { dataShape: { fieldDefinitions: columns(dataShape) } };
  return { name, description, baseType, ordinal, aspects, ...shape };
}

function service({ name, description, category, parameters, result }: ServiceDefinition): JsonObject {
  return {
    name,
    description,
    category: category ?? '',
    aspects: {},
    Inputs: { name: '', aspects: {}, fieldDefinitions: byName(parameters, parameter) },
    Outputs: outputs(result),
  };
}

function parameter(definition: ParameterDefinition, ordinal: number): JsonObject {
  const { name, description, baseType, isRequired, defaultValue, dataShape } = definition;
  const aspects = {
    ...parameterAspects(definition),
    ...(isRequired !== undefined && { isRequired }),
    ...(defaultValue !== undefined && { defaultValue: nativeToJson(baseType, defaultValue) }),
    ...(dataShape && { dataShape: dataShape.name }),
  };
  const shape = dataShape && { dataShape: { fieldDefinitions: columns(dataShape) } };
  return { name, description, baseType, ordinal, aspects, ...shape };
}

/** The aspects of a parameter: those that follow from its bounds, and those of its definition. */
export function parameterAspects({ minimum, maximum, aspects }: ParameterDefinition): JsonObject {
  return {
    ...(minimum !== undefined && { minimumValue: minimum }),
    ...(maximum !== undefined && { maximumValue: maximum }),
    ...aspects,
  };
}

function outputs({ baseType, description, dataShape }: ResultDefinition): JsonObject {
  return {
    name: 'result',
    description: description ?? '',
    baseType,
    aspects: dataShape ? { dataShape: dataShape.name } : {},
    ...(dataShape && { dataShape: dataShape.name }),
    fieldDefinitions: dataShape ? columns(dataShape) : {},
  };
}

function event({ name, description, dataShape }: EventDefinition): JsonObject {
  return {
    name,
    description,
    aspects: {},
    EventData: { name: dataShape.name, aspects: { dataShape: dataShape.name }, fieldDefinitions: columns(dataShape) },
  };
}

function columns(shape: DataShapeDefinition): JsonObject {
  return byName(shape.fields, (field, ordinal) => {
    const { name, description, baseType } = field;
    return { name, description, baseType, ordinal, aspects: fieldAspects(field) };
  });
}
