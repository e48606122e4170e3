import { BASE_TYPE_BY_CODE, type CodedBaseType } from './base-type-codes.js';
import { BASE_TYPES, type BaseType } from './base-types.js';
import { frameMalformed, frameTruncated, limitExceeded, notEncodable, unknownBaseType } from './codec-errors.js';
import { type CodecLimits, DEFAULT_LIMITS, completeLimits } from './limits.js';
import { readScalar, unfit, writeScalar } from './primitive.js';
import { Reader } from './reader.js';
import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  OddCell,
  Primitive,
  type Row,
  type Value,
} from './values-model.js';
import { type Writer, build } from './writer.js';

const NO_ASPECTS: ReadonlyMap<string, Primitive> = new Map();

/** Reads one InfoTable from the start of `bytes`. Throws AgentError of the codec's codes. */
export function decodeInfoTable(bytes: Uint8Array, limits?: Partial<CodecLimits>): InfoTable {
  return readInfoTable(new Reader(asBuffer(bytes), 0, completeLimits(limits)));
}

/** The bytes of one InfoTable (protocol notes 3.4). Throws ValueNotEncodable. */
export function encodeInfoTable(table: InfoTable): Buffer {
  return build((writer) => writeInfoTable(writer, table));
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads a data shape (3.3) and the rows after it (3.4). */
export function readInfoTable(reader: Reader): InfoTable {
  enter(reader);
  const fields = readFields(reader);
  const rows = readRows(reader, fields);
  reader.depth--;
  return { fields, rows };
}

function readRows(reader: Reader, fields: readonly FieldDefinition[]): Row[] {
  const { maxRows } = reader.limits;
  const rows: Row[] = [];
  while (readMarker(reader)) {
    if (rows.length >= maxRows) throw limitExceeded('rows', rows.length + 1, maxRows, reader.offset);
    rows.push(readRow(reader, fields));
  }
  return rows;
}

function readRow(reader: Reader, fields: readonly FieldDefinition[]): Row {
  const at = reader.offset;
  const count = reader.u16();
  if (count > reader.limits.maxFields) throw limitExceeded('cells in a row', count, reader.limits.maxFields, at);
  // A cell is a byte at least, so that this also bounds the array by the bytes that are there.
  if (count > reader.remaining) throw frameTruncated(reader.offset, count - reader.remaining);
  const row: Cell[] = new Array<Cell>(count);
  for (let index = 0; index < count; index++) row[index] = readCell(reader, fields[index]?.baseType);
  return row;
}

function readCell(reader: Reader, expected: BaseType | undefined): Cell {
  const type = readBaseType(reader);
  const value = readValue(reader, type);
  return type.baseType === expected || type.baseType === 'NOTHING' ? value : new OddCell(type.baseType, value);
}

/** Reads a typed primitive: type byte and payload. */
export function readPrimitive(reader: Reader): Primitive {
  const type = readBaseType(reader);
  return new Primitive(type.baseType, readValue(reader, type));
}

function readValue(reader: Reader, { payload }: CodedBaseType): Value {
  if (payload === 'infotable') return readInfoTable(reader);
  if (payload !== 'variant') return readScalar(reader, payload);
  enter(reader);
  const content = readPrimitive(reader);
  reader.depth--;
  return content;
}

function readFields(reader: Reader): FieldDefinition[] {
  const { maxFields } = reader.limits;
  const fields: FieldDefinition[] = [];
  while (readMarker(reader)) {
    if (fields.length >= maxFields) throw limitExceeded('fields', fields.length + 1, maxFields, reader.offset);
    const name = reader.string();
    const description = reader.string();
    const { baseType } = readBaseType(reader);
    fields.push({ name, description, baseType, aspects: readAspects(reader) });
  }
  return fields;
}

function readAspects(reader: Reader): ReadonlyMap<string, Primitive> {
  const { maxAspects } = reader.limits;
  const at = reader.offset;
  const count = reader.u16();
  if (count === 0) return NO_ASPECTS;
  if (count > maxAspects) throw limitExceeded('aspects', count, maxAspects, at);
  const aspects = new Map<string, Primitive>();
  for (let index = 0; index < count; index++) aspects.set(reader.string(), readPrimitive(reader));
  return aspects;
}

/** Whether another field or row follows (01) or this was the last (00). */
function readMarker(reader: Reader): boolean {
  const marker = reader.u8();
  if (marker > 1) throw frameMalformed(`A field or row begins with ${marker} instead of 1 or 0.`, reader.offset - 1);
  return marker === 1;
}

/** Reads a type byte. Throws UnknownBaseType. */
export function readBaseType(reader: Reader): CodedBaseType {
  const code = reader.u8();
  const type = BASE_TYPE_BY_CODE[code];
  if (type === undefined) throw unknownBaseType(code, reader.offset - 1);
  return type;
}

function enter(reader: Reader): void {
  const { maxNesting } = reader.limits;
  if (++reader.depth > maxNesting) {
    throw limitExceeded('tables or variants inside each other', reader.depth, maxNesting, reader.offset);
  }
}

/** Writes a data shape and rows; a row is written with as many cells as it has. */
export function writeInfoTable(writer: Writer, table: InfoTable): void {
  enterNested(writer);
  for (const field of table.fields) writeField(writer, field);
  writer.u8(0);
  for (const row of table.rows) writeRow(writer, row, table.fields);
  writer.u8(0);
  writer.depth--;
}

function writeField(writer: Writer, field: FieldDefinition): void {
  writer.u8(1);
  writer.string(field.name);
  writer.string(field.description);
  writer.u8(codeOf(field.baseType));
  writeCount(writer, field.aspects.size, 'aspects');
  for (const [name, aspect] of field.aspects) {
    writer.string(name);
    writePrimitive(writer, aspect);
  }
}

function writeRow(writer: Writer, row: Row, fields: readonly FieldDefinition[]): void {
  writer.u8(1);
  writeCount(writer, row.length, 'cells');
  for (let index = 0; index < row.length; index++) {
    const cell = row[index] ?? null;
    if (cell === null) writer.u8(BASE_TYPES.NOTHING.code);
    else if (cell instanceof OddCell) writeTyped(writer, cell.baseType, cell.value);
    else writeTyped(writer, fieldAt(fields, index).baseType, cell);
  }
}

function fieldAt(fields: readonly FieldDefinition[], index: number): FieldDefinition {
  const field = fields[index];
  if (field === undefined) throw notEncodable('A row has more cells than the table has fields.');
  return field;
}

/** Writes type byte and payload. */
export function writePrimitive(writer: Writer, { baseType, value }: Primitive): void {
  writeTyped(writer, baseType, value);
}

function writeTyped(writer: Writer, baseType: BaseType, value: Value): void {
  writer.u8(codeOf(baseType));
  if (baseType === 'INFOTABLE') writeInfoTable(writer, asTable(value));
  else if (baseType === 'VARIANT') writeVariant(writer, value);
  else writeScalar(writer, baseType, value);
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

function codeOf(baseType: BaseType): number {
  const entry = BASE_TYPES[baseType] as { readonly code: number } | undefined;
  if (entry === undefined) throw notEncodable(`${String(baseType)} is not a base type.`);
  return entry.code;
}

/** Writes a 2-byte count. */
export function writeCount(writer: Writer, count: number, what: string): void {
  if (count > 0xffff) throw notEncodable(`${count} ${what} are more than the 65535 that can be counted.`);
  writer.u16(count);
}

/** A table that holds itself would never end. */
function enterNested(writer: Writer): void {
  if (++writer.depth > DEFAULT_LIMITS.maxNesting) {
    throw notEncodable(`More than ${DEFAULT_LIMITS.maxNesting} tables or variants are inside each other.`);
  }
}
