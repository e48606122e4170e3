import { AgentError, isAgentError } from '../../core/errors.js';
import { parseJson, stringifyJson } from '../../core/exact-json.js';
import { isPlainObject } from '../../core/objects.js';
import { BASE_TYPES, type BaseType, type PayloadKind } from '../codec/base-types.js';
import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  type Location,
  TypedCell,
  Primitive,
  type TimeSpan,
  type Value,
} from '../codec/values-model.js';
import { timeSpanFromNative, timeSpanToNative, thingCode, vector } from './compound.js';
import { getOwn, isJsonType, type NativeRow, setOwn } from './native.js';

export interface FieldOptions {
  readonly description?: string;
  /** Native values or Primitives; `defaultValue` is encoded with the base type of the field. */
  readonly aspects?: Readonly<Record<string, unknown>>;
}

type Encoding = (native: unknown, fields: readonly FieldDefinition[] | undefined) => Value | undefined;

const ENCODINGS: Readonly<Record<PayloadKind, Encoding>> = {
  nothing: () => undefined,
  string: (native) => (typeof native === 'string' ? native : undefined),
  number: (native) => (typeof native === 'number' ? native : undefined),
  integer: (native) => (typeof native === 'number' && (native | 0) === native ? native : undefined),
  long: (native) =>
    typeof native === 'bigint' || Number.isSafeInteger(native) ? (native as number | bigint) : undefined,
  boolean: (native) => (typeof native === 'boolean' ? native : undefined),
  datetime: epochMs,
  location,
  bytes: (native) => (native instanceof Uint8Array ? native : undefined),
  variant: (native) => (native instanceof Primitive ? native : inferPrimitive(native)),
  infotable: infoTable,
  vec2: (native) => vector(native, ['x', 'y']),
  vec3: (native) => vector(native, ['x', 'y', 'z']),
  vec4: (native) => vector(native, ['x', 'y', 'z', 'w']),
  thingcode: thingCode,
  timespan: timeSpanFromNative,
};

/**
 * Returns the wire value of a native value. `undefined` is NOTHING; `null` is NOTHING too, except for JSON and QUERY,
 * where it is the JSON text `null`. For INFOTABLE, `fields` are the shape; by default it is inferred from the rows.
 * @throws AgentError ValueNotEncodable for a value that is not native to `baseType`.
 */
export function encodeNative(baseType: BaseType, native: unknown, fields?: readonly FieldDefinition[]): Value {
  if (native === undefined) return null;
  if (native === null) return isJsonType(baseType) ? 'null' : null;
  const value = isJsonType(baseType) ? jsonText(native) : ENCODINGS[BASE_TYPES[baseType].payload](native, fields);
  if (value !== undefined) return value;
  const message = `${typeNameOf(native)} cannot be written as ${baseType}.`;
  throw new AgentError('ValueNotEncodable', message, { context: { baseType } });
}

/**
 * Returns the native value of a wire value; `undefined` for NOTHING, and for an empty JSON text.
 * @throws AgentError InvalidArgument for a JSON value whose text is not JSON.
 */
export function decodeNative(baseType: BaseType, value: Value): unknown {
  if (value === null) return undefined;
  if (value instanceof Primitive) return decodeNative(value.baseType, value.value);
  if (isJsonType(baseType) && typeof value === 'string') return value === '' ? undefined : jsonValue(value);
  if (baseType === 'DATETIME') return new Date(Number(value));
  if (baseType === 'TIMESPAN') return timeSpanToNative(value as TimeSpan);
  return isInfoTable(value) ? rowsFromTable(value) : value;
}

/** Returns a value with the base type that its JavaScript type implies: for VARIANT and for aspects. */
export function inferPrimitive(native: unknown): Primitive {
  const baseType = inferBaseType(native);
  return new Primitive(baseType, encodeNative(baseType, native));
}

/** The base type that a JavaScript value implies: STRING, NUMBER, BOOLEAN, DATETIME, BLOB, LONG, INFOTABLE, NOTHING or JSON. */
function inferBaseType(native: unknown): BaseType {
  if (native === undefined || native === null) return 'NOTHING';
  if (native instanceof Date) return 'DATETIME';
  if (native instanceof Uint8Array) return 'BLOB';
  if (isInfoTable(native)) return 'INFOTABLE';
  if (typeof native === 'string') return 'STRING';
  if (typeof native === 'number') return 'NUMBER';
  if (typeof native === 'boolean') return 'BOOLEAN';
  return typeof native === 'bigint' ? 'LONG' : 'JSON';
}

/** Returns a field definition of a data shape. */
export function makeField(name: string, baseType: BaseType, options: FieldOptions = {}): FieldDefinition {
  const aspects = new Map<string, Primitive>();
  for (const [aspect, native] of Object.entries(options.aspects ?? {}))
    if (native !== undefined && native !== null) aspects.set(aspect, aspectOf(aspect, baseType, native));
  return { name, description: options.description ?? '', baseType, aspects };
}

function aspectOf(aspect: string, baseType: BaseType, native: unknown): Primitive {
  if (native instanceof Primitive) return native;
  return aspect === 'defaultValue' ? new Primitive(baseType, encodeNative(baseType, native)) : inferPrimitive(native);
}

/** Whether `value` is a table in the form of the codec. */
export function isInfoTable(value: unknown): value is InfoTable {
  if (typeof value !== 'object' || value === null || !('fields' in value) || !('rows' in value)) return false;
  return Array.isArray(value.fields) && Array.isArray(value.rows);
}

/**
 * Returns a table of native rows. A field that a row lacks is an empty cell; columns that are not in `fields` are ignored.
 * @throws AgentError ValueNotEncodable, naming the field, for a value that is not native to its field's base type.
 */
export function tableFromRows(fields: readonly FieldDefinition[], rows: readonly NativeRow[]): InfoTable {
  return { fields, rows: rows.map((row) => fields.map((field) => cellOf(field, getOwn(row, field.name)))) };
}

function cellOf(field: FieldDefinition, native: unknown): Cell {
  try {
    return encodeNative(field.baseType, native);
  } catch (error) {
    if (!isAgentError(error, 'ValueNotEncodable')) throw error;
    const context = { ...error.context, field: field.name };
    throw new AgentError('ValueNotEncodable', `Field "${field.name}": ${error.message}`, { cause: error, context });
  }
}

/**
 * Returns the rows of a table as native rows. Empty cells are omitted; a cell with a base type of its own is decoded by
 * that type instead of its field's.
 * @throws AgentError InvalidArgument for a JSON cell that is not JSON.
 */
export function rowsFromTable(table: InfoTable): NativeRow[] {
  return table.rows.map((row) => {
    const native: Record<string, unknown> = {};
    table.fields.forEach((field, index) => {
      const cell = row[index] ?? null;
      const value =
        cell instanceof TypedCell ? decodeNative(cell.baseType, cell.value) : decodeNative(field.baseType, cell);
      if (value !== undefined) setOwn(native, field.name, value);
    });
    return native;
  });
}

function jsonText(native: unknown): string | undefined {
  try {
    return stringifyJson(native);
  } catch (cause) {
    throw new AgentError('ValueNotEncodable', 'The value cannot be written as JSON.', { cause });
  }
}

function jsonValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new AgentError('InvalidArgument', 'The text of a JSON value is not JSON.', { cause });
  }
}

function epochMs(native: unknown): number | undefined {
  const ms = native instanceof Date ? native.getTime() : native;
  return typeof ms === 'number' && Number.isInteger(ms) ? ms : undefined;
}

function location(native: unknown): Location | undefined {
  if (!isPlainObject(native)) return undefined;
  const { longitude, latitude, elevation = 0 } = native;
  if (typeof longitude !== 'number' || typeof latitude !== 'number' || typeof elevation !== 'number') return undefined;
  return { longitude, latitude, elevation };
}

function infoTable(native: unknown, fields: readonly FieldDefinition[] | undefined): InfoTable | undefined {
  if (isInfoTable(native)) return native;
  if (!Array.isArray(native) || !native.every(isPlainObject)) return undefined;
  return tableFromRows(fields ?? inferFields(native), native);
}

/** Infers the fields of rows without a shape: the first value of a column decides its base type. */
function inferFields(rows: readonly NativeRow[]): FieldDefinition[] {
  const types = new Map<string, BaseType>();
  for (const row of rows)
    for (const [name, native] of Object.entries(row))
      if (native !== undefined && native !== null && !types.has(name)) types.set(name, inferBaseType(native));
  return [...types].map(([name, baseType]) => makeField(name, baseType));
}

function typeNameOf(native: unknown): string {
  if (Array.isArray(native)) return 'An array';
  if (native instanceof Date) return 'A date';
  return typeof native === 'object' ? 'An object' : `A ${typeof native}`;
}
