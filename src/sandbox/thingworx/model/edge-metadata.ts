import { isBaseType, type BaseType } from '../../../alwayson/codec/base-types.js';
import type { FieldDefinition } from '../../../alwayson/codec/values-model.js';
import { makeField } from '../../../alwayson/values.js';
import { isPlainObject } from '../../../core/objects.js';
import type { Definitions, PlatformEvent, PlatformProperty, PlatformService } from './definitions.js';

/** Services that belong to the protocol, although edges list them among their own. */
const PROTOCOL_SERVICES: ReadonlySet<string> = new Set([
  'GetMetadata',
  'NotifyPropertyUpdate',
  'SynchronizeModelState',
]);
const MAX_DEFINITIONS = 5000;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the definitions in an edge's response to GetMetadata leniently: unreadable ones are left
 * out, unknown keys are ignored.
 */
export function definitionsFromMetadata(metadata: unknown): Definitions {
  const json = objectOf(metadata);
  return {
    services: new Map(entriesOf(json['serviceDefinitions']).flatMap(([name, value]) => serviceOf(name, value))),
    properties: new Map(entriesOf(json['propertyDefinitions']).flatMap(([name, value]) => propertyOf(name, value))),
    events: new Map(entriesOf(json['eventDefinitions']).map(([name, value]) => [name, eventOf(name, value)])),
  };
}

/** The names of the properties left out because their base type is unknown. */
export function unknownProperties(metadata: unknown): string[] {
  return entriesOf(objectOf(metadata)['propertyDefinitions'])
    .filter(([, json]) => baseTypeOf(json['baseType']) === undefined)
    .map(([name]) => name);
}

function serviceOf(name: string, json: Json): [string, PlatformService][] {
  if (PROTOCOL_SERVICES.has(name)) return [];
  const outputs = objectOf(json['Outputs']);
  const baseType = baseTypeOf(outputs['baseType']) ?? 'NOTHING';
  const service: PlatformService = {
    name,
    description: textOf(json['description']),
    category: textOf(json['category']),
    parameters: fieldsOf(objectOf(json['Inputs'])),
    result: { baseType, fields: baseType === 'INFOTABLE' ? fieldsOf(outputs) : [], dataShape: dataShapeOf(outputs) },
    implementation: { kind: 'remote', sourceName: name, timeoutMs: 0 },
  };
  return [[name, service]];
}

function propertyOf(name: string, json: Json): [string, PlatformProperty][] {
  const definition = fieldOf(name, json);
  if (!definition) return [];
  const aspects = objectOf(json['aspects']);
  const remote = { edgeName: name, pushType: 'VALUE', pushThreshold: 0 };
  return [[name, { definition, isReadOnly: aspects['isReadOnly'] === true, remote }]];
}

function eventOf(name: string, json: Json): PlatformEvent {
  const data = objectOf(json['EventData']);
  return { name, description: textOf(json['description']), dataShape: dataShapeOf(data), fields: fieldsOf(data) };
}

function fieldsOf(holder: Json): FieldDefinition[] {
  return entriesOf(holder['fieldDefinitions'])
    .map(([name, json], index) => ({ field: fieldOf(name, json), ordinal: Number(json['ordinal'] ?? index) }))
    .sort((a, b) => a.ordinal - b.ordinal)
    .flatMap(({ field }) => (field ? [field] : []));
}

function fieldOf(name: string, json: Json): FieldDefinition | undefined {
  const baseType = baseTypeOf(json['baseType']);
  if (!baseType) return undefined;
  const { defaultValue: _, ...aspects } = objectOf(json['aspects']);
  return makeField(name, baseType, { description: textOf(json['description']), aspects });
}

const dataShapeOf = (json: Json): string => textOf(objectOf(json['aspects'])['dataShape']);
const objectOf = (value: unknown): Json => (isPlainObject(value) ? value : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const baseTypeOf = (value: unknown): BaseType | undefined =>
  typeof value === 'string' && isBaseType(value) ? value : undefined;
const entriesOf = (value: unknown): [string, Json][] =>
  Object.entries(objectOf(value))
    .slice(0, MAX_DEFINITIONS)
    .map(([name, json]) => [name, objectOf(json)]);
