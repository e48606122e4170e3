import { isAgentError, AgentError } from '../../core/errors.js';
import type { BaseType } from '../codec/base-types.js';
import { type Cell, type FieldDefinition, type InfoTable, OddCell, Primitive } from '../codec/values-model.js';
import { decodeNative, encodeNative, inferBaseType, inferPrimitive } from './encode.js';
import { getOwn, type NativeRow, setOwn } from './native.js';

export interface FieldOptions {
  readonly description?: string;
  /** Native values or Primitives; `defaultValue` is written in the field's own base type. */
  readonly aspects?: Readonly<Record<string, unknown>>;
}

/** A field definition of a data shape. */
export function makeField(name: string, baseType: BaseType, options: FieldOptions = {}): FieldDefinition {
  const aspects = new Map<string, Primitive>();
  for (const [aspect, native] of Object.entries(options.aspects ?? {})) {
    if (native === undefined || native === null) continue;
    aspects.set(aspect, aspectOf(aspect, baseType, native));
  }
  return { name, description: options.description ?? '', baseType, aspects };
}

function aspectOf(aspect: string, baseType: BaseType, native: NonNullable<unknown>): Primitive {
  if (native instanceof Primitive) return native;
  return aspect === 'defaultValue' ? new Primitive(baseType, encodeNative(baseType, native)) : inferPrimitive(native);
}

/** Whether `value` is a table as the codec holds it. */
export function isInfoTable(value: unknown): value is InfoTable {
  return (
    typeof value === 'object' && value !== null && 'fields' in value && 'rows' in value && Array.isArray(value.fields)
  );
}

/**
 * A table of native rows. A field that a row does not have is an empty cell; what is not in `fields` is left out.
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
    throw new AgentError('ValueNotEncodable', `Field "${field.name}": ${error.message}`, {
      cause: error,
      context: error.context,
    });
  }
}

/**
 * The rows of a table as native rows; empty cells are left out, and a cell of another base type than its field
 * is taken as what it is.
 * @throws AgentError InvalidArgument for a JSON cell that is not JSON.
 */
export function rowsFromTable(table: InfoTable): NativeRow[] {
  return table.rows.map((row) => {
    const native: Record<string, unknown> = {};
    table.fields.forEach((field, index) => {
      const value = nativeCell(field.baseType, row[index] ?? null);
      if (value !== undefined) setOwn(native, field.name, value);
    });
    return native;
  });
}

function nativeCell(baseType: BaseType, cell: Cell): unknown {
  return cell instanceof OddCell ? decodeNative(cell.baseType, cell.value) : decodeNative(baseType, cell);
}

/** The fields that rows without a shape seem to have: the first value of a column decides. */
export function inferFields(rows: readonly NativeRow[]): FieldDefinition[] {
  const types = new Map<string, BaseType>();
  for (const row of rows)
    for (const [name, native] of Object.entries(row))
      if (native !== undefined && native !== null && !types.has(name)) types.set(name, inferBaseType(native));
  return [...types].map(([name, baseType]) => makeField(name, baseType));
}
