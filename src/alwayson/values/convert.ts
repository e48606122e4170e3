import { AgentError } from '../../core/errors.js';
import { isPlainObject } from '../../core/objects.js';
import { BASE_TYPES, type BaseType, isBaseType, type PayloadKind } from '../codec/base-types.js';
import type { Cell, FieldDefinition, InfoTable } from '../codec/values-model.js';
import { getOwn, isJsonType, isTooDeep, MAX_JSON_DEPTH, type NativeRow, setOwn } from './native.js';
import {
  REFUSED,
  toBoolean,
  toBytes,
  toDate,
  toInteger,
  toJson,
  toLocation,
  toLong,
  toNumber,
  toTags,
  toText,
  toXml,
} from './scalars.js';
import { toThingCode, toTimeSpan, toVector } from './compound.js';
import { encodeNative, isInfoTable, makeField, rowsFromTable } from './wire.js';

type Conversion = (input: unknown, baseType: BaseType, what: string) => unknown;

const isEmpty = (input: unknown): boolean => input === null || input === undefined;

/** Types whose text must have a certain format: PTC's Java SDK drops a row that contains an invalid one. */
const TEXT_CONVERSIONS: Readonly<Partial<Record<BaseType, (input: unknown) => unknown>>> = {
  JSON: toJson,
  QUERY: toJson,
  XML: toXml,
  TAGS: toTags,
};

const CONVERSIONS: Readonly<Record<PayloadKind, Conversion>> = {
  nothing: (input) => (isEmpty(input) ? undefined : REFUSED),
  string: (input, baseType) => (TEXT_CONVERSIONS[baseType] ?? toText)(input),
  number: toNumber,
  integer: toInteger,
  long: toLong,
  boolean: toBoolean,
  datetime: toDate,
  location: toLocation,
  bytes: toBytes,
  infotable: (input, _baseType, what) => toRows(input, what),
  variant: (input) => (isEmpty(input) ? REFUSED : input),
  vec2: (input) => toVector(input, ['x', 'y']),
  vec3: (input) => toVector(input, ['x', 'y', 'z']),
  vec4: (input) => toVector(input, ['x', 'y', 'z', 'w']),
  thingcode: toThingCode,
  timespan: toTimeSpan,
};

/**
 * Converts JSON-like or native input to a native value of `baseType` if nothing is lost: the text `"30"` or the number
 * 30.0 for INTEGER, ISO text or epoch milliseconds for DATETIME, `"true"` or `"false"` for BOOLEAN. JSON is not converted.
 * @param what how the error names the value, for example `Parameter "count"`.
 * @throws AgentError InvalidArgument for anything else; only NOTHING accepts undefined, only NOTHING and JSON accept null.
 */
export function convertLoose(baseType: BaseType, input: unknown, what = 'The value'): unknown {
  const native = CONVERSIONS[BASE_TYPES[baseType].payload](input, baseType, what);
  if (native !== REFUSED) return native;
  if (isJsonType(baseType) && isTooDeep(input))
    throw new AgentError('InvalidArgument', `${what} is nested more than ${MAX_JSON_DEPTH} levels deep; flatten it.`);
  throw new AgentError('InvalidArgument', `${what} must be ${wanted(baseType)}; it is ${describe(baseType, input)}.`);
}

/**
 * Converts the cells of a row to the base types of `fields`; null and absent cells are omitted.
 * @throws AgentError InvalidArgument for a column that is not in `fields`, or a cell that cannot be converted.
 */
export function convertRow(
  fields: readonly Pick<FieldDefinition, 'name' | 'baseType'>[],
  row: NativeRow,
  what = 'The row',
): NativeRow {
  const unknown = Object.keys(row).find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) throw new AgentError('InvalidArgument', `${what} has no field "${unknown}".`);
  const converted: Record<string, unknown> = {};
  for (const { name, baseType } of fields) {
    const cell = getOwn(row, name);
    if (cell === undefined || (cell === null && !isJsonType(baseType))) continue;
    setOwn(converted, name, convertLoose(baseType, cell, fieldOf(name, what)));
  }
  return converted;
}

/**
 * Converts a table from its REST form. Cells are converted by base type if nothing is lost; columns without a field are
 * ignored, null and absent cells are empty.
 * @param fields the shape; by default the shape that `json` itself declares.
 * @throws AgentError InvalidArgument for anything but `{dataShape?, rows: [{...}]}`, for an unknown base type, and for a
 * cell that cannot be converted.
 */
export function tableFromJson(json: unknown, fields?: readonly FieldDefinition[], what = 'The table'): InfoTable {
  const rows: unknown = isPlainObject(json) ? getOwn(json, 'rows') : undefined;
  if (!isPlainObject(json) || !Array.isArray(rows) || !rows.every(isPlainObject))
    throw new AgentError(
      'InvalidArgument',
      `${what} must be an object with "dataShape" and "rows", an array of objects.`,
    );
  const shape = fields ?? fieldsFromJson(getOwn(json, 'dataShape'), what);
  return { fields: shape, rows: rows.map((row: NativeRow) => shape.map((field) => cellFromJson(field, row, what))) };
}

const fieldOf = (name: string, what: string): string =>
  `Field "${name}" of ${what.charAt(0).toLowerCase()}${what.slice(1)}`;

function toRows(input: unknown, what: string): unknown {
  if (Array.isArray(input)) return input.every(isPlainObject) ? input : REFUSED;
  if (isInfoTable(input)) return rowsFromTable(input);
  const isTable = isPlainObject(input) && Array.isArray(getOwn(input, 'rows'));
  // Rows without a shape stay as they are; the caller, who knows the shape, converts their cells.
  if (isTable && getOwn(input, 'dataShape') === undefined) return toRows(getOwn(input, 'rows'), what);
  return isTable ? rowsFromTable(tableFromJson(input, undefined, what)) : REFUSED;
}

function cellFromJson(field: FieldDefinition, row: NativeRow, what: string): Cell {
  const input = getOwn(row, field.name);
  if (isEmpty(input)) return null;
  return encodeNative(field.baseType, convertLoose(field.baseType, input, fieldOf(field.name, what)));
}

function fieldsFromJson(dataShape: unknown, what: string): FieldDefinition[] {
  const definitions: unknown = isPlainObject(dataShape) ? getOwn(dataShape, 'fieldDefinitions') : undefined;
  if (!isPlainObject(definitions))
    throw new AgentError('InvalidArgument', `${what} has no "dataShape.fieldDefinitions".`);
  return Object.entries(definitions)
    .map(([name, definition]) => ({ ordinal: ordinalOf(definition), field: fieldFromJson(name, definition, what) }))
    .sort((a, b) => a.ordinal - b.ordinal)
    .map(({ field }) => field);
}

function ordinalOf(definition: unknown): number {
  const ordinal = isPlainObject(definition) ? getOwn(definition, 'ordinal') : undefined;
  return typeof ordinal === 'number' ? ordinal : 0;
}

function fieldFromJson(name: string, definition: unknown, what: string): FieldDefinition {
  const { baseType, description, aspects } = isPlainObject(definition) ? definition : {};
  if (typeof baseType !== 'string' || !isBaseType(baseType))
    throw new AgentError('InvalidArgument', `${fieldOf(name, what)} has no base type, or an unknown one.`);
  return makeField(name, baseType, {
    description: typeof description === 'string' ? description : '',
    aspects: isPlainObject(aspects) ? usableAspects(baseType, aspects) : {},
  });
}

/** Drops a default value that does not fit its field, since the shape is needed only to read the rows. */
function usableAspects(baseType: BaseType, aspects: NativeRow): NativeRow {
  const { defaultValue, ...others } = aspects;
  if (isEmpty(defaultValue)) return others;
  try {
    return { ...others, defaultValue: convertLoose(baseType, defaultValue) };
  } catch {
    return others;
  }
}

function wanted(baseType: BaseType): string {
  if (baseType === 'XML') return 'well-formed XML';
  if (baseType === 'TAGS') return 'TAGS, such as "Vocabulary:Term;Vocabulary:Term"';
  return `${/^[AEIO]/.test(baseType) ? 'an' : 'a'} ${baseType}`;
}

/** Describes a value without repeating much of it, and without any part of a secret. */
function describe(baseType: BaseType, input: unknown): string {
  if (input === null || input === undefined) return 'empty';
  if (baseType === 'PASSWORD') return 'something else';
  if (typeof input === 'string')
    return input === '' ? 'an empty text' : `the text ${JSON.stringify(input.slice(0, 40))}`;
  if (typeof input === 'boolean') return `the BOOLEAN ${input}`;
  if (typeof input === 'number' || typeof input === 'bigint') return String(input);
  if (input instanceof Date) return 'a date';
  if (input instanceof Uint8Array) return 'a byte array';
  return Array.isArray(input) ? 'an array' : 'an object';
}
