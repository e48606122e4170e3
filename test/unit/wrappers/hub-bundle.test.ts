import { describe, expect, it } from '@jest/globals';
import { HUB_DATA_SHAPES, HUB_EVENTS, HUB_PROPERTIES, HUB_SERVICES } from '../../../src/catalogue/hub-services.js';
import { thingMetadata } from '../../../src/edge/metadata.js';
import type { XmlElement } from '../../../src/wrappers/entities/xml.js';
import { hubEntities } from '../../../src/wrappers/hub/hub-bundle.js';

type Json = Readonly<Record<string, unknown>>;

const entities = hubEntities('1.0.0');
const template = entities.find(({ collection }) => collection === 'ThingTemplates')?.xml;
const metadata = thingMetadata({
  name: 'AzureIotHub',
  description: '',
  serviceDefinitions: HUB_SERVICES.allDefinitions,
  propertyDefinitions: HUB_PROPERTIES,
  eventDefinitions: HUB_EVENTS,
}) as Json;

/** The elements below `parents` that are reached by these names. */
function below(parents: readonly (XmlElement | undefined)[], ...names: readonly string[]): XmlElement[] {
  return names.reduce<XmlElement[]>(
    (found, name) =>
      found.flatMap(({ children }) =>
        children.filter((child): child is XmlElement => 'name' in child && child.name === name),
      ),
    parents.filter((parent) => parent !== undefined),
  );
}

/** All attributes except `ordinal`, which counts from 1 in files and from 0 in metadata; aspects separately, as text. */
function described({ attributes }: XmlElement): Json {
  const entries = Object.entries(attributes);
  const aspects = entries.filter(([name]) => name.startsWith('aspect.')).map(([name, value]) => [name.slice(7), value]);
  return {
    ...Object.fromEntries(entries.filter(([name]) => !name.startsWith('aspect.') && name !== 'ordinal')),
    aspects: Object.fromEntries(aspects),
  };
}

/** Aspects as text; whole numbers of the base type NUMBER have a decimal. */
const texts = (aspects: unknown, baseType: unknown): Json =>
  Object.fromEntries(
    Object.entries(aspects as Json).map(([name, value]) => [
      name,
      baseType === 'NUMBER' && typeof value === 'number' ? value.toFixed(1) : String(value),
    ]),
  );

const byName = (elements: readonly XmlElement[]): Map<string, XmlElement> =>
  new Map(elements.map((element) => [element.attributes['name'] ?? '', element]));

describe('the hub bundle', () => {
  it('has the services of GetMetadata, field by field, each bound to the remote one of its name', () => {
    const services = byName(below([template], 'ThingShape', 'ServiceDefinitions', 'ServiceDefinition'));
    const wanted = metadata['serviceDefinitions'] as Record<string, Json>;
    expect([...services.keys()]).toEqual(Object.keys(wanted));
    for (const [name, service] of services) {
      const { Inputs, Outputs, description, category } = wanted[name] as Record<string, Json>;
      expect(service.attributes).toMatchObject({ name, description, category });
      const [result] = below([service], 'ResultType').map(described);
      expect(result).toEqual({
        name: 'result',
        baseType: Outputs?.['baseType'],
        description: Outputs?.['description'],
        aspects: Outputs?.['aspects'],
      });
      const inputs = Object.values(Inputs?.['fieldDefinitions'] as Record<string, Json>);
      expect(below([service], 'ParameterDefinitions', 'FieldDefinition').map(described)).toEqual(
        inputs.map((input) => ({
          name: input['name'],
          baseType: input['baseType'],
          description: input['description'],
          aspects: texts(input['aspects'], input['baseType']),
        })),
      );
    }
    const bindings = below([template], 'RemoteServiceBindings', 'RemoteServiceBinding');
    expect(bindings.map(({ attributes }) => attributes)).toEqual(
      Object.keys(wanted).map((name) => ({ enableQueue: 'false', name, sourceName: name, timeout: '0' })),
    );
    expect(below([template], 'ThingShape', 'ServiceImplementations')[0]?.children).toEqual([]);
  });

  it('has the properties of GetMetadata, bound with the same push type', () => {
    const wanted = Object.values(metadata['propertyDefinitions'] as Record<string, Json>);
    const properties = below([template], 'ThingShape', 'PropertyDefinitions', 'PropertyDefinition');
    const bindings = byName(below([template], 'RemotePropertyBindings', 'RemotePropertyBinding'));
    expect(properties).toHaveLength(wanted.length);
    properties.forEach((property, index) => {
      const aspects = wanted[index]?.['aspects'] as Json;
      const { name, baseType, description } = property.attributes;
      expect({ name, baseType, description }).toEqual({
        name: wanted[index]?.['name'],
        baseType: wanted[index]?.['baseType'],
        description: wanted[index]?.['description'],
      });
      expect(property.attributes['aspect.isReadOnly']).toBe(String(aspects['isReadOnly']));
      expect(property.attributes['aspect.dataShape']).toBe(aspects['dataShape']);
      expect(bindings.get(name ?? '')?.attributes).toMatchObject({ sourceName: name, pushType: aspects['pushType'] });
    });
  });

  it('has the events of GetMetadata', () => {
    const wanted = Object.values(metadata['eventDefinitions'] as Record<string, Json>);
    const events = below([template], 'ThingShape', 'EventDefinitions', 'EventDefinition');
    expect(
      events.map(({ attributes: { name, description, dataShape } }) => ({ name, description, dataShape })),
    ).toEqual(
      wanted.map((event) => ({
        name: event['name'],
        description: event['description'],
        dataShape: (event['EventData'] as Json)['name'],
      })),
    );
    expect(below([template], 'RemoteEventBindings', 'RemoteEventBinding').map(({ attributes }) => attributes)).toEqual(
      wanted.map(({ name }) => ({ name, sourceName: name })),
    );
  });

  it('has the data shapes, a template based on RemoteThing, and the Thing that the agent serves by default', () => {
    const shapes = entities.filter(({ collection }) => collection === 'DataShapes');
    expect(
      shapes.map(({ name, xml }) => ({
        name,
        fields: below([xml], 'FieldDefinitions', 'FieldDefinition').map(
          ({ attributes }) => `${attributes['name']} ${attributes['baseType']} ${attributes['aspect.isPrimaryKey']}`,
        ),
      })),
    ).toEqual(
      HUB_DATA_SHAPES.map(({ name, fields }) => ({
        name,
        fields: fields.map((field) => `${field.name} ${field.baseType} ${String(field.isPrimaryKey ?? false)}`),
      })),
    );
    expect(template?.attributes).toMatchObject({ baseThingTemplate: 'RemoteThing' });
    expect(entities.at(-1)?.xml.attributes).toMatchObject({
      name: 'AzureIotHub',
      thingTemplate: template?.attributes['name'],
    });
  });
});
