import type { FieldDefinition, InfoTable } from '../../../alwayson/codec/values-model.js';
import { makeField, tableFromRows, tableToJson } from '../../../alwayson/values.js';
import type { PlatformEvent, PlatformProperty, PlatformService } from '../model/definitions.js';
import type { PlatformThing } from '../model/thing.js';
import { entityNotFound } from '../model/service-failure.js';

const fieldsJson = (fields: readonly FieldDefinition[]): Readonly<Record<string, unknown>> =>
  tableToJson({ fields, rows: [] }).dataShape.fieldDefinitions;

/** `GET /Things/<t>/Metadata`: maps of definitions, the first form of [TWX 5.5]. */
export function thingMetadataJson(thing: PlatformThing): object {
  const { services, properties, events } = thing.definitions;
  return {
    name: thing.name,
    description: thing.description,
    type: 'Thing',
    serviceDefinitions: Object.fromEntries(
      [...services.values()].map((service) => [service.name, serviceJson(service)]),
    ),
    propertyDefinitions: Object.fromEntries(
      [...properties.values()].map(({ definition, isReadOnly }) => [
        definition.name,
        {
          ...(fieldsJson([definition])[definition.name] as object),
          aspects: { ...(fieldsJson([definition])[definition.name] as { aspects: object }).aspects, isReadOnly },
        },
      ]),
    ),
    eventDefinitions: Object.fromEntries(
      [...events.values()].map(({ name, description, dataShape, fields }) => [
        name,
        {
          name,
          description,
          EventData: { name: dataShape, aspects: { dataShape }, fieldDefinitions: fieldsJson(fields) },
        },
      ]),
    ),
  };
}

/** `GET /Things/<t>/ServiceDefinitions/<s>`. Throws ServiceFailure `notFound`. */
export function serviceDefinitionJson(thing: PlatformThing, name: string): object {
  const service = thing.definitions.services.get(name);
  if (!service) throw entityNotFound('ServiceDefinition', name);
  return serviceJson(service);
}

function serviceJson({ name, description, category, parameters, result }: PlatformService): object {
  const aspects = result.dataShape === '' ? {} : { dataShape: result.dataShape };
  return {
    name,
    description,
    category,
    aspects: {},
    Inputs: { name: '', aspects: {}, fieldDefinitions: fieldsJson(parameters) },
    Outputs: { name: 'result', baseType: result.baseType, aspects, fieldDefinitions: fieldsJson(result.fields) },
  };
}

const PARAMETER_FIELDS = [
  makeField('name', 'STRING'),
  makeField('description', 'STRING'),
  makeField('baseType', 'BASETYPENAME'),
  makeField('ordinal', 'INTEGER'),
  makeField('aspects', 'JSON'),
];

const DEFINITION_FIELDS = [
  makeField('name', 'STRING'),
  makeField('description', 'STRING'),
  makeField('category', 'STRING'),
  makeField('sourceType', 'STRING'),
  makeField('sourceName', 'STRING'),
  makeField('isRemote', 'BOOLEAN'),
  makeField('resultType', 'INFOTABLE'),
  makeField('parameterDefinitions', 'INFOTABLE'),
];

/** Returns service definitions, one row each. */
export function serviceDefinitionsTable(thing: PlatformThing, services: readonly PlatformService[]): InfoTable {
  return tableFromRows(
    DEFINITION_FIELDS,
    services.map((service) => ({
      name: service.name,
      description: service.description,
      category: service.category,
      sourceType: 'Thing',
      sourceName: thing.name,
      isRemote: service.implementation.kind === 'remote',
      resultType: fieldsTable([makeField('result', service.result.baseType)]),
      parameterDefinitions: fieldsTable(service.parameters),
    })),
  );
}

const PROPERTY_FIELDS = [
  makeField('name', 'STRING'),
  makeField('description', 'STRING'),
  makeField('baseType', 'BASETYPENAME'),
  makeField('isReadOnly', 'BOOLEAN'),
  makeField('isRemote', 'BOOLEAN'),
  makeField('defaultValue', 'VARIANT'),
  makeField('aspects', 'JSON'),
];

/** Returns property definitions, one row each. */
export function propertyDefinitionsTable(properties: readonly PlatformProperty[]): InfoTable {
  return tableFromRows(
    PROPERTY_FIELDS,
    properties.map(({ definition, isReadOnly, remote, defaultValue }) => ({
      name: definition.name,
      description: definition.description,
      baseType: definition.baseType,
      isReadOnly,
      isRemote: remote !== undefined,
      defaultValue,
      aspects: aspectsJson(definition),
    })),
  );
}

const EVENT_FIELDS = [
  makeField('name', 'STRING'),
  makeField('description', 'STRING'),
  makeField('dataShape', 'DATASHAPENAME'),
  makeField('eventData', 'INFOTABLE'),
];

/** Returns event definitions, one row each. */
export function eventDefinitionsTable(events: readonly PlatformEvent[]): InfoTable {
  return tableFromRows(
    EVENT_FIELDS,
    events.map(({ name, description, dataShape, fields }) => ({
      name,
      description,
      dataShape,
      eventData: fieldsTable(fields),
    })),
  );
}

function aspectsJson(field: FieldDefinition): unknown {
  return (fieldsJson([field])[field.name] as { aspects: unknown } | undefined)?.aspects ?? {};
}

/** Returns field definitions, one row each. */
export function fieldsTable(fields: readonly FieldDefinition[]): InfoTable {
  return tableFromRows(
    PARAMETER_FIELDS,
    fields.map((field, index) => ({
      name: field.name,
      description: field.description,
      baseType: field.baseType,
      ordinal: index,
      aspects: aspectsJson(field),
    })),
  );
}
