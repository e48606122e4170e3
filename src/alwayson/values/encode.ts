import { AgentError } from '../../core/errors.js';
import { BASE_TYPES, type BaseType } from '../codec/base-types.js';
import { type FieldDefinition, type InfoTable, type Location, Primitive, type Value } from '../codec/values-model.js';
import { isJsonType, isPlainObject, type NativeRow } from './native.js';
import { inferFields, isInfoTable, rowsFromTable, tableFromRows } from './table.js';

/**
 * The wire value of a native one. `undefined` is NOTHING; `null` is NOTHING too, except that for JSON and QUERY it is
 * the JSON text `null`. For INFOTABLE, `fields` give the shape; without them it is guessed from the rows.
 * @throws AgentError ValueNotEncodable for a value that is not native to `baseType`.
 */
export function encodeNative(baseType: BaseType, native: unknown, fields?: readonly FieldDefinition[]): Value {
  if (native === undefined) return null;
  if (native === null) return isJsonType(baseType) ? 'null' : null;
  const value = isJsonType(baseType) ? jsonText(native) : encodePayload(baseType, native, fields);
  if (value !== undefined) return value;
  throw new AgentError('ValueNotEncodable', `A ${typeNameOf(native)} cannot be written as ${baseType}.`, {
    context: { baseType },
  });
}

function encodePayload(
  baseType: BaseType,
  native: NonNullable<unknown>,
  fields: readonly FieldDefinition[] | undefined,
): Value | undefined {
  switch (BASE_TYPES[baseType].payload) {
    case 'nothing':
      return undefined;
    case 'string':
      return typeof native === 'string' ? native : undefined;
    case 'number':
      return typeof native === 'number' ? native : undefined;
    case 'integer':
      return typeof native === 'number' && (native | 0) === native ? native : undefined;
    case 'long':
      return typeof native === 'bigint' || Number.isSafeInteger(native) ? (native as number | bigint) : undefined;
    case 'boolean':
      return typeof native === 'boolean' ? native : undefined;
    case 'datetime':
      return epochMs(native);
    case 'location':
      return location(native);
    case 'bytes':
      return native instanceof Uint8Array ? native : undefined;
    case 'variant':
      return native instanceof Primitive ? native : inferPrimitive(native);
    case 'infotable':
      return infoTable(native, fields);
  }
}

/**
 * The native value of a wire value; `undefined` for NOTHING.
 * @throws AgentError InvalidArgument for text of a JSON value that is not JSON.
 */
export function decodeNative(baseType: BaseType, value: Value): unknown {
  if (value === null) return undefined;
  if (value instanceof Primitive) return decodeNative(value.baseType, value.value);
  if (isJsonType(baseType) && typeof value === 'string') return parseJson(value);
  if (baseType === 'DATETIME' && (typeof value === 'number' || typeof value === 'bigint'))
    return new Date(Number(value));
  return isInfoTable(value) ? rowsFromTable(value) : value;
}

/** A value with the base type that its JavaScript type stands for: for VARIANT, and for aspects. */
export function inferPrimitive(native: NonNullable<unknown>): Primitive {
  const baseType = inferBaseType(native);
  return new Primitive(baseType, encodeNative(baseType, native));
}

/** The base type that a JavaScript value stands for: STRING, NUMBER, BOOLEAN, DATETIME, BLOB, LONG, INFOTABLE, else JSON. */
export function inferBaseType(native: NonNullable<unknown>): BaseType {
  if (native instanceof Date) return 'DATETIME';
  if (native instanceof Uint8Array) return 'BLOB';
  if (isInfoTable(native)) return 'INFOTABLE';
  switch (typeof native) {
    case 'string':
      return 'STRING';
    case 'number':
      return 'NUMBER';
    case 'boolean':
      return 'BOOLEAN';
    case 'bigint':
      return 'LONG';
    default:
      return 'JSON';
  }
}

function jsonText(native: unknown): string | undefined {
  try {
    return JSON.stringify(native);
  } catch (cause) {
    throw new AgentError('ValueNotEncodable', 'The value cannot be written as JSON.', { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
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
  const rows = native as readonly NativeRow[];
  return tableFromRows(fields ?? inferFields(rows), rows);
}

function typeNameOf(native: unknown): string {
  if (Array.isArray(native)) return 'array';
  return native instanceof Date ? 'date' : typeof native;
}
