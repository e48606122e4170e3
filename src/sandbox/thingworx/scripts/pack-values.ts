import type { BaseType } from '../../../alwayson/codec/base-types.js';
import type { FieldDefinition, InfoTable } from '../../../alwayson/codec/values-model.js';
import { encodeNative, isInfoTable, makeField, rowsFromTable, tableFromRows } from '../../../alwayson/values.js';
import { isPlainObject } from '../../../core/objects.js';
import { isBaseType } from '../../../alwayson/codec/base-types.js';
import { inexactNumberPath } from '../../../core/exact-json.js';
import { AgentError } from '../../../core/errors.js';
import { toBaseType } from '../values/to-base-type.js';
import type { PackedField, PackedRow, PackedValue } from './script-protocol.js';

const EMPTY: PackedValue = { is: 'undefined' };

/**
 * Packs a native value of `baseType` for a script, an InfoTable with its fields. Numbers in scripts are doubles, so a
 * whole number that a double cannot hold is refused: it would leave the script as a different number.
 * @param what names the value in the error, for example `payload`.
 * @throws AgentError InvalidArgument with the path of that number.
 */
export function pack(baseType: BaseType, native: unknown, what: string): PackedValue {
  if (native === undefined || native === null) return EMPTY;
  if (baseType === 'JSON' || baseType === 'QUERY') return packJson(native, what);
  if (baseType === 'INFOTABLE') return packTable(encodeNative('INFOTABLE', native) as InfoTable, what);
  return isInfoTable(native) ? packTable(native, what) : packPlain(native, what);
}

function packJson(native: unknown, what: string): PackedValue {
  const path = inexactNumberPath(native, what);
  if (path !== undefined) throw inexact(path);
  return { is: 'json', text: JSON.stringify(native) };
}

function packPlain(native: unknown, what: string): PackedValue {
  if (native instanceof Date) return { is: 'date', ms: native.getTime() };
  if (native instanceof Uint8Array) return { is: 'bytes', text: Buffer.from(native).toString('base64') };
  if (typeof native === 'bigint') {
    if (BigInt(Number(native)) !== native) throw inexact(what);
    return { is: 'plain', value: Number(native) };
  }
  if (typeof native === 'number' && !Number.isFinite(native)) return { is: 'number', text: String(native) };
  if (typeof native === 'object') return packJson(native, what);
  return { is: 'plain', value: native as boolean | number | string };
}

const inexact = (path: string): AgentError =>
  new AgentError(
    'InvalidArgument',
    `${path} is a whole number that a script cannot hold exactly, since its numbers are doubles; pass it as text`,
  );

export function packTable(table: InfoTable, what: string): PackedValue {
  const { fields } = table;
  const rows = table.rows.map((row, number): PackedRow => {
    const cells = fields.flatMap(({ name, baseType }, index): [string, PackedValue][] => {
      const cell = row[index] ?? null;
      if (cell === null) return [];
      const path = `${what}.rows[${number}].${name}`;
      if (typeof cell === 'object' && 'rows' in cell) return [[name, packTable(cell, path)]];
      const native = rowsFromTable({ fields: [makeField(name, baseType)], rows: [[cell]] })[0]?.[name];
      return [[name, pack(baseType, native, path)]];
    });
    return Object.fromEntries(cells);
  });
  return { is: 'table', fields: packFields(fields), rows };
}

export const packFields = (fields: readonly FieldDefinition[]): PackedField[] =>
  fields.map(({ name, baseType, description }) => ({ name, baseType, description }));

/** Unpacks a value from a script into native values: dates, bytes, InfoTables and plain JSON. */
export function unpack(value: PackedValue): unknown {
  switch (value.is) {
    case 'undefined':
      return undefined;
    case 'plain':
      return value.value;
    case 'number':
      return Number(value.text);
    case 'date':
      return new Date(value.ms);
    case 'json':
      return JSON.parse(value.text);
    case 'bytes':
      return Buffer.from(value.text, 'base64');
    case 'list':
      return value.items.map(unpack);
    case 'object':
      return unpackRow(value.members);
    case 'table':
      return unpackTable(value.fields, value.rows);
  }
}

export const unpackRow = (row: PackedRow): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row)
      .map(([name, cell]) => [name, unpack(cell)] as const)
      .filter(([, cell]) => cell !== undefined),
  );

function unpackTable(packed: readonly PackedField[], rows: readonly PackedRow[]): InfoTable {
  const fields = packed
    .filter(({ baseType }) => isBaseType(baseType))
    .map(({ name, baseType, description }) => makeField(name, baseType as BaseType, { description }));
  return tableFromRows(
    fields,
    rows.map((row) =>
      Object.fromEntries(
        fields.flatMap(({ name, baseType }) => {
          const native = Object.hasOwn(row, name) ? fitting(baseType, unpack(row[name] as PackedValue)) : undefined;
          return native === undefined || native === null ? [] : [[name, native]];
        }),
      ),
    ),
  );
}

/**
 * Converts a value from a script to `baseType` as a platform does. Bytes arrive as a list of signed numbers, as in Java;
 * dates inside JSON become ISO text.
 * @throws Unconvertible, or AgentError InvalidArgument for a table whose shape cannot be read.
 */
export function fitting(baseType: BaseType, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (baseType === 'JSON' || baseType === 'QUERY') return toBaseType(baseType, jsonOf(value));
  if ((baseType === 'BLOB' || baseType === 'IMAGE') && Array.isArray(value))
    return Buffer.from(value.map((byte) => Number(byte) & 0xff));
  return toBaseType(baseType, value);
}

/** Returns the JSON value of a native value. Dates become ISO text, bytes base64 and InfoTables lists of rows. */
function jsonOf(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(jsonOf);
  if (
    typeof value === 'object' &&
    value !== null &&
    'fields' in value &&
    'rows' in value &&
    Array.isArray(value.fields)
  )
    return rowsFromTable(value as InfoTable).map(jsonOf);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonOf(member)]));
}

/** Returns the native value of a scalar result: the first row's column `result`. */
export const scalarOf = (table: InfoTable): unknown => rowsFromTable(table)[0]?.['result'];
