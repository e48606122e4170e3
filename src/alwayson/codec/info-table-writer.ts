import { CODED_BASE_TYPES, type CodedBaseType, type BaseType } from './base-types.js';
import { notEncodable } from './codec-errors.js';
import { DEFAULT_LIMITS } from './limits.js';
import { plainColumns, writePlainRows } from './plain-rows.js';
import { unfit, writeScalar } from './primitive.js';
import { type FieldDefinition, type InfoTable, TypedCell, Primitive, type Row, type Value } from './values-model.js';
import { build, type Writer } from './writer.js';

const NOTHING = CODED_BASE_TYPES.NOTHING;

/** With fewer rows, planning a batch costs more than it saves. */
const FEW_ROWS = 3;

/** Returns the bytes of one InfoTable. Throws ValueNotEncodable. */
export function encodeInfoTable(table: InfoTable): Buffer {
  return build((writer) => writeInfoTable(writer, table));
}

/** Writes a data shape and rows; a row is written with as many cells as it has. */
export function writeInfoTable(writer: Writer, table: InfoTable): void {
  enterNested(writer);
  const types = writeShape(writer, table.fields);
  writeRows(writer, table.rows, types);
  writer.u8(0);
  writer.depth--;
}

function writeShape(writer: Writer, fields: readonly FieldDefinition[]): readonly CodedBaseType[] {
  // oxlint-disable-next-line unicorn/no-new-array -- growing an empty array would cost more than the rest of a small shape
  const types = new Array<CodedBaseType>(fields.length);
  for (let index = 0; index < fields.length; index++) {
    const { name, description, baseType, aspects } = fields[index] as FieldDefinition;
    const type = typeOf(baseType);
    types[index] = type;
    writer.u8(1);
    writer.string(name);
    writer.string(description);
    writer.u8(type.code);
    writeAspects(writer, aspects);
  }
  writer.u8(0);
  return types;
}

function writeAspects(writer: Writer, aspects: ReadonlyMap<string, Primitive>): void {
  writeCount(writer, aspects.size, 'aspects');
  // Most fields have no aspects, and an iterator costs more than a field.
  if (aspects.size === 0) return;
  for (const [name, aspect] of aspects) {
    writer.string(name);
    writePrimitive(writer, aspect);
  }
}

function writeRows(writer: Writer, rows: readonly Row[], types: readonly CodedBaseType[]): void {
  const columns = rows.length < FEW_ROWS ? undefined : plainColumns(types);
  let next = 0;
  while (next < rows.length) {
    const end = columns === undefined ? next : writePlainRows(writer, rows, next, columns);
    if (end === next) writeRow(writer, rows[next++] as Row, types);
    else next = end;
  }
}

function writeRow(writer: Writer, row: Row, types: readonly CodedBaseType[]): void {
  writer.u8(1);
  writeCount(writer, row.length, 'cells');
  for (let index = 0; index < row.length; index++) {
    const cell = row[index] ?? null;
    const type = types[index];
    if (cell === null) writer.u8(NOTHING.code);
    else if (cell instanceof TypedCell) writeTyped(writer, typeOf(cell.baseType), cell.value);
    else if (type === undefined) throw notEncodable('A row has more cells than the table has fields.');
    else writeTyped(writer, type, cell);
  }
}

/** Writes type byte and payload. */
function writePrimitive(writer: Writer, { baseType, value }: Primitive): void {
  writeTyped(writer, typeOf(baseType), value);
}

function writeTyped(writer: Writer, type: CodedBaseType, value: Value): void {
  writer.u8(type.code);
  if (type.payload === 'infotable') writeInfoTable(writer, asTable(value));
  else if (type.payload === 'variant') writeVariant(writer, value);
  else writeScalar(writer, type, value);
}

function writeVariant(writer: Writer, value: Value): void {
  if (!(value instanceof Primitive)) throw unfit('VARIANT', value);
  enterNested(writer);
  writePrimitive(writer, value);
  writer.depth--;
}

function asTable(value: Value): InfoTable {
  if (typeof value === 'object' && value !== null && 'fields' in value && 'rows' in value) return value;
  throw unfit('INFOTABLE', value);
}

function typeOf(baseType: BaseType): CodedBaseType {
  const type = CODED_BASE_TYPES[baseType] as CodedBaseType | undefined;
  if (type === undefined) throw notEncodable(`${baseType} is not a base type.`);
  return type;
}

/** Writes a 2-byte count. */
export function writeCount(writer: Writer, count: number, what: string): void {
  if (count > 0xffff) throw notEncodable(`${count} ${what} are more than the 65535 that can be counted.`);
  writer.u16(count);
}

/** Limits nesting: a table that contains itself would never end. */
function enterNested(writer: Writer): void {
  if (++writer.depth > DEFAULT_LIMITS.maxNesting) {
    throw notEncodable(`More than ${DEFAULT_LIMITS.maxNesting} tables or variants are inside each other.`);
  }
}
