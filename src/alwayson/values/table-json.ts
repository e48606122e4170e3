import { parseJson } from '../../core/exact-json.js';
import type { BaseType } from '../codec/base-types.js';
import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  TypedCell,
  Primitive,
  type ThingCode,
  type TimeSpan,
  type Value,
  type Vector,
} from '../codec/values-model.js';
import { isJsonType, type JsonValue, setOwn } from './native.js';
import { encodeNative, isInfoTable } from './wire.js';

/** A field in the REST form of ThingWorx. */
export interface FieldJson {
  readonly name: string;
  readonly description: string;
  readonly baseType: BaseType;
  readonly ordinal: number;
  readonly aspects: Readonly<Record<string, JsonValue>>;
}

/** A table in the REST form of ThingWorx. */
export interface TableJson {
  readonly dataShape: { readonly fieldDefinitions: Readonly<Record<string, FieldJson>> };
  readonly rows: readonly Readonly<Record<string, JsonValue>>[];
}

/**
 * Returns the REST form of a table [TWX 5.3]: DATETIME as epoch milliseconds, BLOB and IMAGE as base64, JSON as the value
 * itself, LOCATION with its units, empty cells as null.
 */
export function tableToJson(table: InfoTable): TableJson {
  const fieldDefinitions: Record<string, unknown> = {};
  table.fields.forEach((field, ordinal) => setOwn(fieldDefinitions, field.name, fieldToJson(field, ordinal)));
  const rows = table.rows.map((row) => {
    const json: Record<string, unknown> = {};
    table.fields.forEach((field, index) => setOwn(json, field.name, cellToJson(field.baseType, row[index] ?? null)));
    return json;
  });
  return { dataShape: { fieldDefinitions }, rows } as TableJson;
}

/**
 * Returns the REST form of a native value.
 * @throws AgentError ValueNotEncodable for a value that is not native to `baseType`.
 */
export function nativeToJson(baseType: BaseType, native: unknown): JsonValue {
  return cellToJson(baseType, encodeNative(baseType, native));
}

function fieldToJson(field: FieldDefinition, ordinal: number): FieldJson {
  const aspects: Record<string, unknown> = {};
  for (const [name, aspect] of field.aspects) setOwn(aspects, name, cellToJson(aspect.baseType, aspect.value));
  const { name, description, baseType } = field;
  return { name, description, baseType, ordinal, aspects: aspects as FieldJson['aspects'] };
}

function cellToJson(baseType: BaseType, cell: Cell): JsonValue {
  if (cell instanceof TypedCell || cell instanceof Primitive) return cellToJson(cell.baseType, cell.value);
  if (cell === null || typeof cell === 'boolean' || typeof cell === 'bigint') return cell;
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : null;
  if (typeof cell === 'string') return isJsonType(baseType) ? parseOrText(cell) : cell;
  return objectToJson(cell);
}

function objectToJson(value: Exclude<Value, null | boolean | number | bigint | string | Primitive>): JsonValue {
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (isInfoTable(value)) return tableToJson(value) as unknown as JsonValue;
  if (!('latitude' in value)) return partsToJson(value);
  return { latitude: value.latitude, longitude: value.longitude, elevation: value.elevation, units: 'WGS84' };
}

/** The REST form of a vector, a Thing code or a time span: an object with its parts. */
function partsToJson(value: Vector | ThingCode | TimeSpan): JsonValue {
  const parts = Object.entries(value) as [string, number | bigint | string][];
  return Object.fromEntries(parts.map(([name, part]) => [name, cellToJson('VARIANT', part)]));
}

/** Parses JSON text; text that is not JSON is returned as it is. */
function parseOrText(text: string): JsonValue {
  try {
    return parseJson(text) as JsonValue;
  } catch {
    return text;
  }
}
