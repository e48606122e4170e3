/**
 * Remote characteristics in entity files, from the edge model's own definitions: each has a definition in the shape and
 * a binding beside it; a remote service has no implementation.
 */
import type {
  EventDefinition,
  JsonValue,
  ParameterDefinition,
  PropertyDefinition,
  ServiceDefinition,
} from '../../edge/definitions.js';
import { parameterAspects } from '../../edge/metadata.js';
import { type EntityParameter, numberAspect, serviceDefinition } from './service.js';
import { element, type XmlElement } from './xml.js';

/** Bindings name the characteristic of the edge, here always with the same name; 0 means the platform's own timeout. */
const PLATFORM_TIMEOUT = '0';

export function remoteService(service: ServiceDefinition): XmlElement {
  const { result } = service;
  return serviceDefinition({
    name: service.name,
    description: service.description,
    category: service.category ?? '',
    parameters: service.parameters.map(entityParameter),
    result: {
      baseType: result.baseType,
      description: result.description ?? '',
      ...(result.dataShape ? { dataShapeName: result.dataShape.name } : {}),
    },
  });
}

export const remoteServiceBinding = ({ name }: ServiceDefinition): XmlElement =>
  element('RemoteServiceBinding', { enableQueue: 'false', name, sourceName: name, timeout: PLATFORM_TIMEOUT });

function entityParameter(parameter: ParameterDefinition): EntityParameter {
  const { name, baseType, description, isRequired, dataShape } = parameter;
  const given = Object.entries(parameterAspects(parameter)).map(([aspect, value]) => [
    aspect,
    aspectText(value, parameter),
  ]);
  return {
    name,
    baseType,
    description,
    aspects: {
      ...(Object.fromEntries(given) as Record<string, string>),
      ...(isRequired ? { isRequired: 'true' } : {}),
      ...(dataShape ? { dataShape: dataShape.name } : {}),
    },
  };
}

const aspectText = (value: JsonValue, { baseType }: ParameterDefinition): string => {
  if (typeof value === 'number') return numberAspect(value, baseType);
  return typeof value === 'string' ? value : JSON.stringify(value);
};

export function remoteProperty(property: PropertyDefinition, index: number): XmlElement {
  return element('PropertyDefinition', {
    'aspect.cacheTime': '0.0',
    'aspect.dataChangeType': 'VALUE',
    'aspect.dataShape': property.dataShape?.name,
    'aspect.isLogged': 'false',
    'aspect.isPersistent': 'false',
    'aspect.isReadOnly': String(property.isReadOnly ?? false),
    baseType: property.baseType,
    category: '',
    description: property.description,
    isLocalOnly: 'false',
    name: property.name,
    ordinal: String(index + 1),
  });
}

export const remotePropertyBinding = ({ name, pushType, pushThreshold }: PropertyDefinition): XmlElement =>
  element('RemotePropertyBinding', {
    foldType: 'NONE',
    name,
    pushThreshold: numberAspect(pushThreshold ?? 0, 'NUMBER'),
    pushType,
    sourceName: name,
    timeout: PLATFORM_TIMEOUT,
  });

export const remoteEvent = (event: EventDefinition, index: number): XmlElement =>
  element('EventDefinition', {
    category: '',
    dataShape: event.dataShape.name,
    description: event.description,
    isInvocable: 'true',
    isLocalOnly: 'false',
    isPropertyEvent: 'false',
    name: event.name,
    ordinal: String(index + 1),
  });

export const remoteEventBinding = ({ name }: EventDefinition): XmlElement =>
  element('RemoteEventBinding', { name, sourceName: name });
