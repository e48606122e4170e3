import type { RawDataShape, RawField, RawParameter } from '../schema.js';
import { problemWithFieldName, problemWithParameterName } from '../rules/names.js';
import { formatPointer } from '../rules/pointers.js';
import { pascalCase } from '../typescript-types.js';
import type { Converted, ConvertedField } from './schemas.js';

/** What the parameters of one service become: with data shapes for tables, and notes on what was lost. */
export interface ConvertedParameters {
  readonly parameters: RawParameter[];
  readonly dataShapes: RawDataShape[];
  readonly notes: string[];
}

interface Place {
  readonly name: string;
  readonly description: string;
  readonly pointer: readonly string[];
  readonly required: boolean;
}

/**
 * Parameters for a value: one for it as a whole, or one for each field of an object, however deep.
 * @param shapePrefix of the names of data shapes, such as `Thermostat.Reboot`.
 */
export function parametersFor(schema: Converted, place: Place, shapePrefix: string): ConvertedParameters {
  const made: ConvertedParameters = { parameters: [], dataShapes: [], notes: [] };
  addParameters(schema, place, shapePrefix, made);
  return made;
}

function addParameters(schema: Converted, place: Place, shapePrefix: string, made: ConvertedParameters): void {
  if (schema.kind === 'object') {
    const isTop = place.pointer.length === 0;
    for (const field of schema.fields) {
      const name = isTop || place.name === '' ? field.name : `${place.name}_${field.name}`;
      const pointer = [...place.pointer, field.name];
      addParameters(field.schema, { ...place, name, pointer, description: field.description }, shapePrefix, made);
    }
    if (schema.fields.length === 0) made.notes.push(`${place.name} is an object without fields and was left out`);
    return;
  }
  made.parameters.push(parameterOf(schema, place, shapePrefix, made));
}

function parameterOf(
  schema: Exclude<Converted, { kind: 'object' }>,
  place: Place,
  shapePrefix: string,
  made: ConvertedParameters,
): RawParameter {
  const name = freeName(
    place.name,
    made.parameters.map((parameter) => parameter.name),
  );
  if (name !== place.name) made.notes.push(`${place.name} cannot be the name of a parameter and became ${name}`);
  const common = {
    name,
    ...(place.description === '' ? {} : { description: place.description }),
    ...(place.required ? { required: true } : {}),
    payloadPath: formatPointer(place.pointer),
  };
  if (schema.kind === 'json') {
    made.notes.push(`${place.name} ${schema.why}: it became JSON, which is not checked`);
    return { ...common, baseType: 'JSON' };
  }
  if (schema.kind === 'rows') {
    return {
      ...common,
      baseType: 'INFOTABLE',
      dataShape: addShape(schema.fields, `${shapePrefix}${pascalCase(name)}`, made),
    };
  }
  const { kind: _kind, enum: values, ...rest } = schema;
  return { ...common, ...rest, ...(values ? { enum: [...values] } : {}) };
}

function freeName(name: string, taken: readonly string[]): string {
  const isFree = (candidate: string): boolean =>
    problemWithParameterName(candidate) === undefined &&
    !taken.some((other) => other.toLowerCase() === candidate.toLowerCase());
  const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^[^A-Za-z]+/, '') || 'value';
  const candidates = [name, plain, ...Array.from({ length: 100 }, (_, index) => `${plain.slice(0, 90)}_${index + 2}`)];
  return candidates.find(isFree) ?? plain;
}

function addShape(fields: readonly ConvertedField[], prefix: string, made: ConvertedParameters): string {
  const name = `${prefix}_DS`;
  const converted = fields.flatMap((field): RawField[] => {
    const problem = problemWithFieldName(field.name);
    if (problem !== undefined) made.notes.push(`the field ${field.name} ${problem}: it was left out`);
    return problem === undefined ? [fieldOf(field, prefix, made)] : [];
  });
  made.dataShapes.push({ name, fields: converted });
  return name;
}

function fieldOf({ name, description, schema }: ConvertedField, prefix: string, made: ConvertedParameters): RawField {
  const common = { name, ...(description === '' ? {} : { description }) };
  if (schema.kind === 'rows') {
    return {
      ...common,
      baseType: 'INFOTABLE',
      dataShape: addShape(schema.fields, `${prefix}${pascalCase(name)}`, made),
    };
  }
  if (schema.kind !== 'value') return { ...common, baseType: 'JSON' };
  if (schema.enum) made.notes.push(`the values of the field ${name} are not checked`);
  return { ...common, baseType: schema.baseType };
}
