/** Packs and unpacks the values that enter and leave the realm of a script. Runs inside that realm (see realm.ts). */
import type { PackedField, PackedRow, PackedValue } from '../script-protocol.js';
import type { Members, RealmTable } from './realm-types.js';
import type * as tables from './table.js';

declare const makeTable: typeof tables.makeTable;

function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

function isTable(value: unknown): value is RealmTable {
  return typeof (value as Members)['AddRow'] === 'function' && Array.isArray((value as Members)['rows']);
}

function packMembers(members: Members, names: readonly string[], depth: number): PackedRow {
  const packed: Record<string, PackedValue> = {};
  for (const name of names)
    Object.defineProperty(packed, name, { value: packValue(members[name], depth + 1), enumerable: true });
  return packed;
}

function packValue(value: unknown, depth: number): PackedValue {
  if (depth > 60) throw new Error('a value is nested too deeply');
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return { is: 'plain', value };
  if (typeof value === 'number')
    return Number.isFinite(value) ? { is: 'plain', value } : { is: 'number', text: String(value) };
  if (typeof value !== 'object') return { is: 'undefined' };
  if (isDate(value)) return { is: 'date', ms: value.getTime() };
  if (Array.isArray(value)) return { is: 'list', items: value.map((item) => packValue(item, depth + 1)) };
  if (!isTable(value)) return { is: 'object', members: packMembers(value as Members, Object.keys(value), depth) };
  const names = Object.keys(value.dataShape.fieldDefinitions);
  const fields = names.map((name) => value.dataShape.fieldDefinitions[name] as PackedField);
  return { is: 'table', fields, rows: value.rows.map((row) => packMembers(row, names, depth)) };
}

/** Unpacks a value as a platform passes it to scripts: a JSON value that is a list becomes `{ array: [...] }`. */
function unpackValue(packed: PackedValue): unknown {
  switch (packed.is) {
    case 'undefined':
      return undefined;
    case 'plain':
      return packed.value;
    case 'number':
      return Number(packed.text);
    case 'date':
      return new Date(packed.ms);
    case 'json': {
      const value = JSON.parse(packed.text) as unknown;
      return Array.isArray(value) ? { array: value } : value;
    }
    case 'bytes':
      return signedBytes(packed.text);
    case 'list':
      return packed.items.map(unpackValue);
    case 'object':
      return unpackMembers(packed.members);
    case 'table':
      return makeTable(packed.fields, packed.rows.map(unpackMembers));
  }
}

function unpackMembers(members: PackedRow): Members {
  const made: Members = {};
  for (const name of Object.keys(members)) {
    const value = unpackValue(members[name] as PackedValue);
    Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return made;
}

/** Decodes base64 to signed bytes, as Java has them. */
function signedBytes(base64: string): number[] {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const digit of base64.replace(/=+$/, '')) {
    bits = ((bits << 6) | digits.indexOf(digit)) & 0xfff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push(((bits >> count) << 24) >> 24);
  }
  return bytes;
}

function inputsOf(inputs: unknown): PackedRow {
  if (inputs === undefined || inputs === null) return {};
  if (typeof inputs !== 'object') throw new Error('Invalid parameter type');
  return packMembers(inputs as Members, Object.keys(inputs), 0);
}

/** Returns a value as text, an object as JSON. */
function textOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value as string | number | boolean | undefined | null);
}

export const VALUE_FUNCTIONS = [
  isDate,
  isTable,
  packMembers,
  packValue,
  unpackValue,
  unpackMembers,
  signedBytes,
  inputsOf,
  textOf,
];
export type { inputsOf, isDate, isTable, packValue, signedBytes, textOf, unpackValue };
