import type { RawDataShape, RawField, RawParameter } from '../schema.js';
import { problemWithFieldName, problemWithParameterName } from '../rules/names.js';
import { formatPointer } from '../rules/pointers.js';
import { pascalCase } from '../typescript-types.js';
import { quoted } from './model.js';
import type { Converted, ConvertedField } from './schemas.js';
import { omitUndefined } from '../../core/objects.js';

/** The converted parameters of one service, with data shapes for tables and sentences about what was lost. */
export interface ConvertedParameters {
  readonly parameters: RawParameter[];
  readonly dataShapes: RawDataShape[];
  readonly notes: string[];
}

export interface Place {
  /** The name of the parameter; empty for a value whose fields become parameters with their own names. */
  readonly name: string;
  /** The name of the value in reports. */
  readonly label: string;
  readonly description: string;
  readonly pointer: readonly string[];
  readonly required: boolean;
}

/** Names of existing data shapes, in lower case. */
export type TakenShapes = ReadonlySet<string>;

/**
 * Converts a value to parameters: one for the whole value, or one for each field of an object, at any depth.
 * @param shapePrefix of the names of data shapes, such as `Thermostat.Reboot`.
 */
export function parametersFor(
  schema: Converted,
  place: Place,
  shapePrefix: string,
  takenShapes: TakenShapes,
): ConvertedParameters {
  const made: ConvertedParameters = { parameters: [], dataShapes: [], notes: [] };
  new ParameterMaker(shapePrefix, takenShapes, made).add(schema, place);
  return made;
}

/** Converts the parameters of one service. */
class ParameterMaker {
  readonly #shapePrefix: string;
  readonly #takenShapes: TakenShapes;
  readonly #made: ConvertedParameters;

  constructor(shapePrefix: string, takenShapes: TakenShapes, made: ConvertedParameters) {
    this.#shapePrefix = shapePrefix;
    this.#takenShapes = takenShapes;
    this.#made = made;
  }

  add(schema: Converted, place: Place): void {
    this.#note(place.label, ...schema.losses);
    if (schema.kind !== 'object') {
      this.#made.parameters.push(this.#parameter(schema, place));
      return;
    }
    if (place.description !== '') this.#note(place.label, `left out: description ${quoted(place.description)}`);
    if (schema.fields.length === 0) this.#note(place.label, 'is an object without fields: left out');
    const isTop = place.pointer.length === 0 || place.name === '';
    for (const field of schema.fields) {
      this.add(field.schema, {
        name: isTop ? field.name : `${place.name}_${field.name}`,
        label: place.label === '' ? field.name : `${place.label}.${field.name}`,
        description: field.description,
        pointer: [...place.pointer, field.name],
        required: place.required,
      });
    }
  }

  #note(label: string, ...sentences: readonly string[]): void {
    this.#made.notes.push(...sentences.map((sentence) => `${label}: ${sentence}`));
  }

  #parameter(schema: Exclude<Converted, { kind: 'object' }>, place: Place): RawParameter {
    const taken = this.#made.parameters.map((parameter) => parameter.name);
    const name = freeName(place.name, taken);
    if (name !== place.name)
      this.#note(place.label, `${place.name} cannot be the name of a parameter and became ${name}`);
    const common = {
      name,
      ...(place.description === '' ? {} : { description: place.description }),
      ...(place.required ? { required: true } : {}),
      payloadPath: formatPointer(place.pointer),
    };
    if (schema.kind === 'json') {
      this.#note(place.label, `${schema.why}: it became JSON, which is not checked`);
      return { ...common, baseType: 'JSON' };
    }
    if (schema.kind === 'rows') {
      const dataShape = this.#shape(schema.fields, `${this.#shapePrefix}${pascalCase(name)}`, place.label, 1);
      return { ...common, baseType: 'INFOTABLE', dataShape };
    }
    const { baseType, minimum, maximum, enum: values } = schema;
    return {
      ...common,
      baseType,
      ...omitUndefined({ minimum, maximum }),
      ...(values ? { enum: [...values] } : {}),
    };
  }

  #shape(fields: readonly ConvertedField[], prefix: string, label: string, depth: number): string {
    const name = this.#freeShapeName(prefix);
    const converted: RawField[] = [];
    // Inner shapes follow the one that contains them.
    const shape = { name, fields: converted };
    this.#made.dataShapes.push(shape);
    for (const field of fields) {
      const fieldLabel = `${label}.${field.name}`;
      const isTaken = converted.some((other) => other.name === field.name);
      const problem = isTaken ? 'is already the name of another field' : problemWithFieldName(field.name);
      if (problem === undefined) converted.push(this.#field(field, prefix, fieldLabel, depth));
      else this.#note(fieldLabel, `the name of the field ${problem}: left out`);
    }
    return name;
  }

  #freeShapeName(prefix: string): string {
    const isFree = (candidate: string): boolean =>
      !this.#takenShapes.has(candidate.toLowerCase()) &&
      !this.#made.dataShapes.some((shape) => shape.name.toLowerCase() === candidate.toLowerCase());
    let name = `${prefix}_DS`;
    for (let number = 2; !isFree(name); number += 1) name = `${prefix}${number}_DS`;
    return name;
  }

  #field({ name, description, schema }: ConvertedField, prefix: string, label: string, depth: number): RawField {
    const common = { name, ...(description === '' ? {} : { description }) };
    this.#note(label, ...schema.losses);
    if (schema.kind === 'rows' && depth < MAX_TABLES) {
      const dataShape = this.#shape(schema.fields, `${prefix}${pascalCase(name)}`, label, depth + 1);
      return { ...common, baseType: 'INFOTABLE', dataShape };
    }
    if (schema.kind === 'value') {
      const unchecked = [
        ...(schema.minimum === undefined ? [] : [`minimum ${schema.minimum}`]),
        ...(schema.maximum === undefined ? [] : [`maximum ${schema.maximum}`]),
        ...(schema.enum ? [`values ${quoted(schema.enum)}`] : []),
      ];
      if (unchecked.length > 0) this.#note(label, `in a table it is not checked: ${unchecked.join(', ')}`);
      return { ...common, baseType: schema.baseType };
    }
    this.#note(label, `${whyJson(schema)}: it became JSON, which is not checked`);
    if (schema.kind !== 'json') this.#noteFields(schema.fields, label);
    return { ...common, baseType: 'JSON' };
  }

  /** Reports what is lost of the fields of a value that became JSON. */
  #noteFields(fields: readonly ConvertedField[], label: string): void {
    for (const { name, description, schema } of fields) {
      const text = description === '' ? [] : [`left out: description ${quoted(description)}`];
      this.#note(`${label}.${name}`, ...text, ...schema.losses);
      if (schema.kind === 'json') this.#note(`${label}.${name}`, schema.why);
      if (schema.kind === 'object' || schema.kind === 'rows') this.#noteFields(schema.fields, `${label}.${name}`);
    }
  }
}

/** Tables inside tables, as the check of descriptions allows them. */
const MAX_TABLES = 4;

function whyJson(schema: Exclude<Converted, { kind: 'value' }>): string {
  if (schema.kind === 'json') return schema.why;
  const names = schema.fields.map(({ name }) => name).join(', ');
  return schema.kind === 'object'
    ? `is an object in a table (${names})`
    : `is a table more than ${MAX_TABLES} levels deep (${names})`;
}

function freeName(name: string, taken: readonly string[]): string {
  const isFree = (candidate: string): boolean =>
    problemWithParameterName(candidate) === undefined &&
    !taken.some((other) => other.toLowerCase() === candidate.toLowerCase());
  const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^[^A-Za-z]+/, '') || 'value';
  const candidates = [name, plain, ...Array.from({ length: 100 }, (_, index) => `${plain.slice(0, 90)}_${index + 2}`)];
  return candidates.find(isFree) ?? plain;
}
