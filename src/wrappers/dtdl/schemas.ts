import type { BaseType } from '../../alwayson/codec/base-types.js';
import { describe, type DtdlObject, hasType, isObject, listAt, type Located, textAt } from './model.js';

/** What a schema of DTDL becomes. */
export type Converted =
  | {
      readonly kind: 'value';
      readonly baseType: BaseType;
      readonly minimum?: number;
      readonly maximum?: number;
      readonly enum?: readonly (string | number)[];
    }
  | { readonly kind: 'object'; readonly fields: readonly ConvertedField[] }
  | { readonly kind: 'rows'; readonly fields: readonly ConvertedField[] }
  /** Nothing fits: any JSON is taken, unchecked. */
  | { readonly kind: 'json'; readonly why: string };

export interface ConvertedField {
  readonly name: string;
  readonly description: string;
  readonly schema: Converted;
}

const whole = (minimum: number, maximum: number): Converted => ({
  kind: 'value',
  baseType: 'INTEGER',
  minimum,
  maximum,
});
const value = (baseType: BaseType): Converted => ({ kind: 'value', baseType });

const PRIMITIVES: Readonly<Record<string, Converted>> = {
  boolean: value('BOOLEAN'),
  byte: whole(-128, 127),
  bytes: value('BLOB'),
  date: value('STRING'),
  dateTime: value('DATETIME'),
  decimal: value('STRING'),
  double: value('NUMBER'),
  duration: value('STRING'),
  float: value('NUMBER'),
  integer: value('INTEGER'),
  long: value('LONG'),
  short: whole(-32768, 32767),
  string: value('STRING'),
  time: value('STRING'),
  unsignedByte: whole(0, 255),
  unsignedInteger: { kind: 'value', baseType: 'LONG', minimum: 0, maximum: 4294967295 },
  unsignedLong: { kind: 'value', baseType: 'LONG', minimum: 0 },
  unsignedShort: whole(0, 65535),
  uuid: value('GUID'),
};

const MAX_DEPTH = 8;

/**
 * Converts a schema.
 * @param definitions reusable schemas of the interface by their ids.
 */
export function convertSchema(schema: unknown, definitions: ReadonlyMap<string, DtdlObject>, depth = 0): Converted {
  if (depth > MAX_DEPTH) return { kind: 'json', why: 'is nested too deep' };
  if (typeof schema === 'string') return convertNamed(schema, definitions, depth);
  if (!isObject(schema)) return { kind: 'json', why: 'has no schema' };
  if (hasType(schema, 'Enum')) return convertEnum(schema);
  if (hasType(schema, 'Object')) return { kind: 'object', fields: fieldsOf(schema, definitions, depth) };
  if (hasType(schema, 'Array')) return convertArray(schema, definitions, depth);
  if (hasType(schema, 'Map')) return { kind: 'json', why: 'is a map' };
  return { kind: 'json', why: 'has a schema that is not known' };
}

function convertNamed(name: string, definitions: ReadonlyMap<string, DtdlObject>, depth: number): Converted {
  const primitive = Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : undefined;
  const definition = definitions.get(name);
  if (primitive) return primitive;
  return definition
    ? convertSchema(definition, definitions, depth + 1)
    : { kind: 'json', why: `has the schema ${name}` };
}

function convertEnum(schema: DtdlObject): Converted {
  const isText = textAt(schema, 'valueSchema') === 'string';
  const values = listAt(schema, 'enumValues', []).map(({ object }) => object['enumValue']);
  const fitting = values.filter((item): item is string | number => typeof item === (isText ? 'string' : 'number'));
  if (fitting.length === 0) return { kind: 'json', why: 'is an enumeration without values' };
  return { kind: 'value', baseType: isText ? 'STRING' : 'INTEGER', enum: [...new Set(fitting)] };
}

function convertArray(schema: DtdlObject, definitions: ReadonlyMap<string, DtdlObject>, depth: number): Converted {
  const items = convertSchema(schema['elementSchema'], definitions, depth + 1);
  if (items.kind === 'object' && items.fields.length > 0) return { kind: 'rows', fields: items.fields };
  return { kind: 'json', why: 'is a list of values that are no objects' };
}

const fieldsOf = (schema: DtdlObject, definitions: ReadonlyMap<string, DtdlObject>, depth: number): ConvertedField[] =>
  listAt(schema, 'fields', []).map(({ object }: Located) => ({
    name: textAt(object, 'name'),
    description: describe(object),
    schema: convertSchema(object['schema'], definitions, depth + 1),
  }));
