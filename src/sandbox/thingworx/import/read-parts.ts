import type {
  PlatformEvent,
  PlatformProperty,
  PropertyBinding,
  ServiceHandler,
  ServiceSignature,
} from '../model/definitions.js';
import type { EntityParts } from '../model/entity-parts.js';
import { ImportRefused } from './import-refused.js';
import { aspectOf, baseTypeOf, defaultOf, nameOf, readField, readFields } from './read-fields.js';
import { childOf, itemsOf, type XmlElement } from './xml.js';

/**
 * Reads what a ThingShape, ThingTemplate or Thing declares. In a shape the blocks are direct children. In the others they
 * are children of a nested ThingShape, with the bindings beside it [TWX 1.2].
 */
export function readParts(entity: XmlElement): EntityParts {
  const blocks = entity.name === 'ThingShape' ? entity : childOf(entity, 'ThingShape');
  return {
    signatures: byName(itemsOf(blocks, 'ServiceDefinitions', 'ServiceDefinition').map(readSignature)),
    handlers: new Map([...readScripts(blocks), ...readServiceBindings(entity)]),
    properties: new Map(itemsOf(blocks, 'PropertyDefinitions', 'PropertyDefinition').map(readProperty)),
    propertyBindings: new Map(itemsOf(entity, 'RemotePropertyBindings', 'RemotePropertyBinding').map(readBinding)),
    events: byName(itemsOf(blocks, 'EventDefinitions', 'EventDefinition').map(readEvent)),
  };
}

const byName = <T extends { readonly name: string }>(items: readonly T[]): Map<string, T> =>
  new Map(items.map((item) => [item.name, item]));

function readSignature(element: XmlElement): ServiceSignature {
  const result = childOf(element, 'ResultType');
  if (!result) throw new ImportRefused(`ServiceDefinition ${nameOf(element)} has no ResultType`);
  return {
    name: nameOf(element),
    description: element.attributes['description'] ?? '',
    category: element.attributes['category'] ?? '',
    parameters: readFields(itemsOf(element, 'ParameterDefinitions', 'FieldDefinition')),
    result: { baseType: baseTypeOf(result), fields: [], dataShape: aspectOf(result, 'dataShape') ?? '' },
  };
}

function readScripts(blocks: XmlElement | undefined): [string, ServiceHandler][] {
  return itemsOf(blocks, 'ServiceImplementations', 'ServiceImplementation').flatMap((element) => {
    if (element.attributes['handlerName'] !== 'Script') return [];
    const tables = itemsOf(element, 'ConfigurationTables', 'ConfigurationTable');
    const script = tables.find(({ attributes }) => attributes['name'] === 'Script');
    const code = childOf(itemsOf(script, 'Rows', 'Row')[0], 'code')?.text ?? '';
    return [[nameOf(element), { kind: 'script', code }] satisfies [string, ServiceHandler]];
  });
}

function readServiceBindings(entity: XmlElement): [string, ServiceHandler][] {
  return itemsOf(entity, 'RemoteServiceBindings', 'RemoteServiceBinding').map((element) => {
    const name = nameOf(element);
    const { sourceName = '', timeout } = element.attributes;
    return [name, { kind: 'remote', sourceName: sourceName || name, timeoutMs: milliseconds(timeout) }];
  });
}

const milliseconds = (text: string | undefined): number => Math.max(0, Number(text ?? 0) || 0);

function readProperty(element: XmlElement): [string, Omit<PlatformProperty, 'remote'>] {
  const definition = readField(element);
  const isReadOnly = aspectOf(element, 'isReadOnly') === 'true';
  const defaultValue = defaultOf(element, definition.baseType);
  return [definition.name, { definition, isReadOnly, ...(defaultValue === undefined ? {} : { defaultValue }) }];
}

function readBinding(element: XmlElement): [string, PropertyBinding] {
  const name = nameOf(element);
  const { sourceName = '', pushType = 'VALUE', pushThreshold } = element.attributes;
  return [name, { edgeName: sourceName || name, pushType, pushThreshold: Number(pushThreshold ?? 0) || 0 }];
}

function readEvent(element: XmlElement): PlatformEvent {
  const { description = '', dataShape = '' } = element.attributes;
  return { name: nameOf(element), description, dataShape, fields: [] };
}
