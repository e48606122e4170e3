import { isPlainObject } from '../../core/objects.js';
import type { BaseType } from '../../alwayson/codec/base-types.js';
import type { Definitions } from './definitions.js';
import { type DtdlObject, describe, hasType, leftOver, listAt, quoted, textAt } from './model.js';
import { INTEGER_RANGE } from '../parameter-types.js';
import { LIMITS } from '../schema.js';

interface Common {
  /** Sentences about the parts of the schema that a description cannot express. */
  readonly losses: readonly string[];
}

/** The result of converting a DTDL schema. */
export type Converted = Common &
  (
    | {
        readonly kind: 'value';
        readonly baseType: BaseType;
        readonly minimum?: number;
        readonly maximum?: number;
        readonly enum?: readonly (string | number)[];
        /** What the values of an enumeration mean, for the description. */
        readonly meaning?: string;
      }
    | { readonly kind: 'object'; readonly fields: readonly ConvertedField[] }
    | { readonly kind: 'rows'; readonly fields: readonly ConvertedField[] }
    /** No type fits, so any JSON is accepted unchecked. */
    | { readonly kind: 'json'; readonly why: string }
  );

export interface ConvertedField {
  readonly name: string;
  readonly description: string;
  readonly schema: Converted;
}

const value = (baseType: BaseType, ...losses: readonly string[]): Converted => ({ kind: 'value', baseType, losses });
const whole = (minimum: number, maximum: number): Converted => ({
  kind: 'value',
  baseType: 'INTEGER',
  minimum,
  maximum,
  losses: [],
});
const unchecked = (format: string): Converted => value('STRING', `its format, ${format}, is not checked`);
const BEYOND = 'values beyond 2^53 are refused';

const PRIMITIVES: Readonly<Record<string, Converted>> = {
  boolean: value('BOOLEAN'),
  byte: whole(-128, 127),
  bytes: value('BLOB'),
  date: unchecked('date'),
  dateTime: value('DATETIME'),
  decimal: unchecked('decimal'),
  double: value('NUMBER'),
  duration: unchecked('duration'),
  float: value('NUMBER', 'its range and precision, float, are not checked'),
  integer: value('INTEGER'),
  long: value('LONG', BEYOND),
  short: whole(-32768, 32767),
  string: value('STRING'),
  time: unchecked('time'),
  unsignedByte: whole(0, 255),
  unsignedInteger: { kind: 'value', baseType: 'LONG', minimum: 0, maximum: 4294967295, losses: [] },
  unsignedLong: { kind: 'value', baseType: 'LONG', minimum: 0, losses: [BEYOND] },
  unsignedShort: whole(0, 65535),
  uuid: value('GUID', 'its format, uuid, is not checked'),
};

const MAX_DEPTH = 8;

/** Converts a schema that is a name, an id or inline. */
export function convertSchema(schema: unknown, definitions: Definitions, depth = 0): Converted {
  if (depth > MAX_DEPTH) return json(`is nested more than ${MAX_DEPTH} levels deep`);
  if (typeof schema === 'string') return convertNamed(schema, definitions, depth);
  if (!isPlainObject(schema)) return json('has no schema');
  if (hasType(schema, 'Enum')) return convertEnum(schema);
  if (hasType(schema, 'Object')) return convertObject(schema, definitions, depth);
  if (hasType(schema, 'Array')) return convertArray(schema, definitions, depth);
  if (hasType(schema, 'Map')) return json(`is a map, ${quoted(schema)}`);
  return json(`has an unknown schema, ${quoted(schema)}`);
}

const json = (why: string, losses: readonly string[] = []): Converted => ({ kind: 'json', why, losses });

function convertNamed(name: string, definitions: Definitions, depth: number): Converted {
  const primitive = Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : undefined;
  if (primitive) return primitive;
  const definition = definitions.get(name);
  return definition ? convertSchema(definition, definitions, depth + 1) : json(`has the schema ${name}`);
}

function convertObject(schema: DtdlObject, definitions: Definitions, depth: number): Converted {
  const fields = listAt(schema, 'fields', []).map(({ object }) => convertField(object, definitions, depth));
  return { kind: 'object', fields, losses: leftOver(schema, 'Object', ['@id', 'fields']) };
}

function convertField(object: DtdlObject, definitions: Definitions, depth: number): ConvertedField {
  const schema = convertSchema(object['schema'], definitions, depth + 1);
  const { text, used, losses } = describe(object, schema.kind === 'value' ? schema.meaning : '');
  const own = [...losses, ...leftOver(object, 'Field', ['name', 'schema', ...used])];
  return {
    name: textAt(object, 'name'),
    description: text,
    schema: { ...schema, losses: [...own, ...schema.losses] },
  };
}

function convertArray(schema: DtdlObject, definitions: Definitions, depth: number): Converted {
  const items = convertSchema(schema['elementSchema'], definitions, depth + 1);
  const losses = leftOver(schema, 'Array', ['@id', 'elementSchema']);
  if (items.kind === 'object' && items.fields.length > 0) {
    return { kind: 'rows', fields: items.fields, losses: [...losses, ...items.losses] };
  }
  return json(`is a list of values that are not objects, ${quoted(schema['elementSchema'])}`, losses);
}

/** Converts an enumeration. The names of its values are for people only, so they go into the description. */
function convertEnum(schema: DtdlObject): Converted {
  const isText = textAt(schema, 'valueSchema') === 'string';
  const entries = listAt(schema, 'enumValues', []).map(({ object }) => object);
  const isFitting = (item: unknown): item is string | number =>
    isText ? typeof item === 'string' : typeof item === 'number' && Number.isFinite(item);
  const values = [...new Set(entries.map((entry) => entry['enumValue']).filter(isFitting))];
  const named = entries.filter((entry) => isNamed(entry) && isFitting(entry['enumValue']));
  const meaning = named.map((entry) => `${String(entry['enumValue'])} = ${textAt(entry, 'name')}`).join(', ');
  const losses = [
    ...leftOver(schema, 'Enum', ['@id', 'enumValues', 'valueSchema']),
    ...(meaning === '' ? [] : [`the names of its values are in its description only: ${meaning}`]),
    ...entries.flatMap((entry) => lossesOfValue(entry, isFitting(entry['enumValue']))),
  ];
  if (values.length === 0) return { kind: 'json', why: `is an enumeration without values, ${quoted(schema)}`, losses };
  const common = { kind: 'value', baseType: baseTypeOf(values), ...(meaning === '' ? {} : { meaning }) } as const;
  if (values.length > LIMITS.enumValues) {
    return {
      ...common,
      losses: [...losses, `its ${values.length} values, more than ${LIMITS.enumValues}, are not checked`],
    };
  }
  return { ...common, enum: values, losses };
}

const isNamed = (entry: DtdlObject): boolean => {
  const name = textAt(entry, 'name');
  return name !== '' && name !== String(entry['enumValue']);
};

function lossesOfValue(entry: DtdlObject, isFitting: boolean): string[] {
  if (!isFitting) return [`left out: the value ${quoted(entry)}, which is not of the valueSchema`];
  const rest = leftOver(entry, 'EnumValue', ['name', 'enumValue']);
  return rest.map((loss) => `value ${String(entry['enumValue'])}: ${loss}`);
}

function baseTypeOf(values: readonly (string | number)[]): BaseType {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length) return 'STRING';
  if (numbers.some((value) => !Number.isSafeInteger(value))) return 'NUMBER';
  const isShort = numbers.every((value) => value >= INTEGER_RANGE.minimum && value <= INTEGER_RANGE.maximum);
  return isShort ? 'INTEGER' : 'LONG';
}
