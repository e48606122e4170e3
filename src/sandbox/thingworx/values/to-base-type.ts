import { BASE_TYPES, type BaseType, type PayloadKind } from '../../../alwayson/codec/base-types.js';
import type { Cell, FieldDefinition, InfoTable, Value } from '../../../alwayson/codec/values-model.js';
import { convertLoose, encodeNative, isInfoTable, tableFromJson } from '../../../alwayson/values.js';
import { isPlainObject } from '../../../core/objects.js';
import {
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
  toVector,
  toXml,
} from './to-scalar.js';
import { REFUSED, Unconvertible } from './unconvertible.js';

type Conversion = (input: unknown) => unknown;

const BY_BASE_TYPE: Readonly<Partial<Record<BaseType, Conversion>>> = {
  XML: toXml,
  TAGS: toTags,
  JSON: toJson,
  QUERY: toJson,
};

const BY_PAYLOAD: Readonly<Record<PayloadKind, Conversion>> = {
  nothing: () => undefined,
  string: toText,
  number: toNumber,
  integer: toInteger,
  long: toLong,
  boolean: toBoolean,
  datetime: toDate,
  location: toLocation,
  bytes: toBytes,
  infotable: toTable,
  variant: (input) => input,
  vec2: (input) => toVector(input, ['x', 'y']),
  vec3: (input) => toVector(input, ['x', 'y', 'z']),
  vec4: (input) => toVector(input, ['x', 'y', 'z', 'w']),
  thingcode: (input) => strictly('THINGCODE', input),
  timespan: (input) => strictly('TIMESPAN', input),
};

/**
 * Converts a value from REST, a script or an edge to a native value of `baseType`, as `BaseTypes.ConvertToPrimitive` of
 * PTC's Java SDK 7.1 does. INTEGER from 1.5 is 1; BOOLEAN from `"yes"` is false; a JSON list becomes
 * `{"array": [...]}`. The result is undefined for null, undefined and an empty date, and an InfoTable for INFOTABLE.
 *
 * Two conversions are stricter than Java's: a whole number that a NUMBER cannot hold exactly is refused instead of
 * rounded, and a string without a JSON object is refused for JSON, where Java returns `{}`.
 *
 * @throws Unconvertible, or AgentError InvalidArgument for a table whose shape cannot be read.
 */
export function toBaseType(baseType: BaseType, input: unknown): unknown {
  if (input === undefined || input === null) return undefined;
  const convert = BY_BASE_TYPE[baseType] ?? BY_PAYLOAD[BASE_TYPES[baseType].payload];
  const native = convert(input);
  if (native !== REFUSED) return native;
  throw new Unconvertible(input, baseType, convert === toJson ? 'a JSON value must be an object or a list' : undefined);
}

/** Converts like `toBaseType`, but to a value for the wire; null for nothing. Throws as `toBaseType` does. */
export function toWireValue(baseType: BaseType, input: unknown): Value {
  return encodeNative(baseType, toBaseType(baseType, input));
}

/** Accepts `{dataShape, rows}`, rows alone (whose shape is inferred), or an InfoTable. */
function toTable(input: unknown): unknown {
  if (isInfoTable(input)) return input;
  if (!isPlainObject(input) || input['dataShape'] === undefined) return inferredTable(input);
  const { rows } = input;
  if (!Array.isArray(rows) || !rows.every(isPlainObject)) return REFUSED;
  const { fields } = tableFromJson({ dataShape: input['dataShape'], rows: [] });
  return { fields, rows: rows.map((row) => fields.map((field) => cellOf(field, row))) } satisfies InfoTable;
}

function cellOf({ name, baseType }: FieldDefinition, row: Readonly<Record<string, unknown>>): Cell {
  return toWireValue(baseType, Object.hasOwn(row, name) ? row[name] : undefined);
}

function inferredTable(input: unknown): unknown {
  const rows: unknown = isPlainObject(input) ? input['rows'] : input;
  return Array.isArray(rows) && rows.every(isPlainObject) ? encodeNative('INFOTABLE', rows) : REFUSED;
}

function strictly(baseType: BaseType, input: unknown): unknown {
  try {
    return convertLoose(baseType, input);
  } catch {
    return REFUSED;
  }
}
