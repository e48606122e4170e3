import { AgentError } from '../../core/errors.js';
import { type BaseType, isBaseType } from '../codec/base-types.js';
import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  OddCell,
  Primitive,
  type Value,
} from '../codec/values-model.js';
import { convertLoose } from './convert.js';
import { encodeNative } from './encode.js';
import { getOwn, isJsonType, isPlainObject, type JsonValue, type NativeRow, setOwn } from './native.js';
import { isInfoTable, makeField, rowsFromTable } from './table.js';

/** A field as ThingWorx's REST writes it. */
export interface FieldJson {
  readonly name: string;
  readonly description: string;
  readonly baseType: BaseType;
  readonly ordinal: number;
  readonly aspects: Readonly<Record<string, JsonValue>>;
}

/** A table as ThingWorx's REST writes it. */
export interface TableJson {
  readonly dataShape: { readonly fieldDefinitions: Readonly<Record<string, FieldJson>> };
  readonly rows: readonly Readonly<Record<string, JsonValue>>[];
}

/**
 * A table as REST shows it: DATETIME as epoch milliseconds, BLOB and IMAGE as base64, JSON as the value itself,
 * LOCATION with its units, empty cells as null.
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

function fieldToJson(field: FieldDefinition, ordinal: number): FieldJson {
  const aspects: Record<string, unknown> = {};
  for (const [name, aspect] of field.aspects) setOwn(aspects, name, cellToJson(aspect.baseType, aspect.value));
  const { name, description, baseType } = field;
  return { name, description, baseType, ordinal, aspects: aspects as FieldJson['aspects'] };
}

function cellToJson(baseType: BaseType, cell: Cell): JsonValue {
  if (cell instanceof OddCell || cell instanceof Primitive) return cellToJson(cell.baseType, cell.value);
  if (cell === null || typeof cell === 'boolean') return cell;
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : null;
  if (typeof cell === 'bigint') return Number(cell);
  if (typeof cell === 'string') return isJsonType(baseType) ? parseOrText(cell) : cell;
  return objectToJson(cell);
}

function objectToJson(value: Exclude<Value, null | boolean | number | bigint | string | Primitive>): JsonValue {
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (isInfoTable(value)) return tableToJson(value) as unknown as JsonValue;
  return { latitude: value.latitude, longitude: value.longitude, elevation: value.elevation, units: 'WGS84' };
}

/** Text that claims to be JSON and is not is shown as it is. */
function parseOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/**
 * A table from its REST form. Cells are converted by base type where nothing is lost; columns that no field names are
 * left out, null and absent cells are empty.
 * @param fields the shape; without it the shape that `json` itself declares.
 * @throws AgentError InvalidArgument for anything else than `{dataShape?, rows: [{...}]}`, for an unknown base type and
 * for a cell that cannot be converted.
 */
export function tableFromJson(json: unknown, fields?: readonly FieldDefinition[], what = 'The table'): InfoTable {
  const rows: unknown = isPlainObject(json) ? getOwn(json, 'rows') : undefined;
  if (!isPlainObject(json) || !Array.isArray(rows) || !rows.every(isPlainObject))
    throw new AgentError(
      'InvalidArgument',
      `${what} must be an object with "dataShape" and an array "rows" of objects.`,
    );
  const shape = fields ?? fieldsFromJson(getOwn(json, 'dataShape'), what);
  return { fields: shape, rows: rows.map((row: NativeRow) => shape.map((field) => cellFromJson(field, row, what))) };
}

/** The native rows of a table in REST form; undefined when `input` is no such table. */
export function rowsFromTableJson(input: NativeRow, what: string): NativeRow[] | undefined {
  if (isInfoTable(input)) return rowsFromTable(input);
  return Array.isArray(getOwn(input, 'rows')) ? rowsFromTable(tableFromJson(input, undefined, what)) : undefined;
}

function cellFromJson(field: FieldDefinition, row: NativeRow, what: string): Cell {
  const input = getOwn(row, field.name);
  if (input === undefined || input === null) return null;
  const native = convertLoose(field.baseType, input, `Field "${field.name}" of ${what}`);
  return encodeNative(field.baseType, native);
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
    throw new AgentError('InvalidArgument', `Field "${name}" of ${what} has no known base type.`);
  return makeField(name, baseType, {
    description: typeof description === 'string' ? description : '',
    aspects: isPlainObject(aspects) ? knownAspects(baseType, aspects) : {},
  });
}

/** A default value that does not fit its field is dropped: the shape is only needed to read the rows. */
function knownAspects(baseType: BaseType, aspects: NativeRow): NativeRow {
  if (aspects['defaultValue'] === undefined || aspects['defaultValue'] === null) return aspects;
  const { defaultValue, ...others } = aspects;
  try {
    return { ...others, defaultValue: convertLoose(baseType, defaultValue) };
  } catch {
    return others;
  }
}
