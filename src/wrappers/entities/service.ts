import type { BaseType } from '../../alwayson/codec/base-types.js';
import { element, type XmlElement } from './xml.js';

/** A parameter of a service; aspects are written as ThingWorx writes them, numbers of NUMBER with a decimal point. */
export interface EntityParameter {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly aspects: Readonly<Record<string, string>>;
}

export interface EntityService {
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly parameters: readonly EntityParameter[];
  readonly result: { readonly baseType: BaseType; readonly description: string; readonly dataShapeName?: string };
}

/** The definition of a service; its implementation is elsewhere in the entity, under the same name. */
export function serviceDefinition(service: EntityService): XmlElement {
  const { result } = service;
  return element(
    'ServiceDefinition',
    {
      'aspect.isAsync': 'false',
      category: service.category,
      description: service.description,
      isAllowOverride: 'false',
      isLocalOnly: 'false',
      isOpen: 'false',
      isPrivate: 'false',
      name: service.name,
    },
    [
      element('ResultType', {
        'aspect.dataShape': result.dataShapeName,
        baseType: result.baseType,
        description: result.description,
        name: 'result',
        ordinal: '0',
      }),
      element('ParameterDefinitions', {}, service.parameters.map(parameterElement)),
    ],
  );
}

function parameterElement(parameter: EntityParameter, index: number): XmlElement {
  const aspects = Object.entries(parameter.aspects).map(([name, value]) => [`aspect.${name}`, value]);
  return element('FieldDefinition', {
    ...(Object.fromEntries(aspects) as Record<string, string>),
    baseType: parameter.baseType,
    description: parameter.description,
    name: parameter.name,
    ordinal: String(index + 1),
  });
}

/** A script that implements the service of that name. */
export function scriptImplementation(name: string, script: string): XmlElement {
  const code = element('FieldDefinition', { baseType: 'STRING', description: 'code', name: 'code', ordinal: '0' });
  const table = element(
    'ConfigurationTable',
    { dataShapeName: '', description: 'Script', isMultiRow: 'false', name: 'Script', ordinal: '0' },
    [
      element('DataShape', {}, [element('FieldDefinitions', {}, [code])]),
      element('Rows', {}, [element('Row', {}, [element('code', {}, [{ code: script }])])]),
    ],
  );
  return element('ServiceImplementation', { description: '', handlerName: 'Script', name }, [
    element('ConfigurationTables', {}, [table]),
  ]);
}

/** Formats a number for an aspect: exports write `5.0` for NUMBER and `5` for INTEGER. */
export const numberAspect = (value: number, baseType: BaseType): string =>
  baseType === 'NUMBER' && Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value);
