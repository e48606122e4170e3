import { nativeToJson } from '../../alwayson/values.js';
import { omitUndefined } from '../../core/objects.js';
import type {
  DataShapeDefinition,
  JsonValue,
  NativeRow,
  ParameterDefinition,
  ResultDefinition,
  Service as OfferedService,
} from '../../edge/definitions.js';
import type { ViewedThing } from '../agent-view.js';
import type { Service } from '../api/types.js';

/** @param disabledBy returns why a service cannot be called, if it cannot; whether it is switched off is known here. */
export function serviceJson(
  viewed: ViewedThing,
  { definition, refuse }: OfferedService,
  disabledBy: (service: string) => string | undefined,
): Service {
  const { name, description, category = '', parameters, result } = definition;
  const preview = viewed.preview(name);
  return omitUndefined({
    thing: viewed.thing.name,
    name,
    category,
    description,
    parameters: parameters.map(parameterJson),
    result: omitUndefined({
      baseType: result.baseType,
      description: result.description,
      dataShape: result.dataShape && shapeJson(result.dataShape),
    }),
    isReadOnly: definition.isReadOnly === true,
    creates: definition.creates ?? null,
    preview: preview ? preview.previews : null,
    disabled: refuse?.().message ?? disabledBy(name),
  });
}

function parameterJson(parameter: ParameterDefinition): Service['parameters'][number] {
  const { name, baseType, description, pattern, form, choices, aspects = {} } = parameter;
  const { minimum, maximum, minLength, maxLength, ignoresCase, isCondition, dataShape } = parameter;
  // Wrapper services check their own rules, and state them as aspects.
  const { defaultValue, minimumValue, maximumValue } = aspects;
  return omitUndefined({
    name,
    baseType,
    description,
    isRequired: parameter.isRequired === true,
    defaultValue: parameter.defaultValue === undefined ? defaultValue : valueJson(baseType, parameter.defaultValue),
    minimum: minimum ?? numberOr(minimumValue),
    maximum: maximum ?? numberOr(maximumValue),
    minLength,
    maxLength,
    pattern: pattern?.source,
    form,
    choices: choices && [...choices],
    ignoresCase,
    isCondition,
    dataShape: dataShape && shapeJson(dataShape),
  });
}

const numberOr = (value: JsonValue | undefined): number | undefined => (typeof value === 'number' ? value : undefined);

export function shapeJson({ name, description, fields }: DataShapeDefinition) {
  return {
    name,
    description,
    fields: fields.map(({ name, baseType, description, isPrimaryKey }) =>
      omitUndefined({ name, baseType, description, isPrimaryKey }),
    ),
  };
}

/** The native result of a service as JSON: tables as arrays of rows, without empty cells; dates as ISO text. */
export function resultJson({ baseType, dataShape }: ResultDefinition, result: unknown): unknown {
  if (result === undefined || baseType === 'NOTHING') return null;
  if (baseType !== 'INFOTABLE' || !dataShape) return valueJson(baseType, result);
  const baseTypes = new Map(dataShape.fields.map((field) => [field.name, field.baseType]));
  return (result as readonly NativeRow[]).map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, valueJson(baseTypes.get(name) ?? 'STRING', value)]),
    ),
  );
}

function valueJson(baseType: ResultDefinition['baseType'], value: unknown): JsonValue {
  return value instanceof Date ? value.toISOString() : nativeToJson(baseType, value);
}
