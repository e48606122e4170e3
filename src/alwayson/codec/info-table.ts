import { BASE_TYPE_BY_CODE, CODED_BASE_TYPES, type CodedBaseType } from './base-type-codes.js';
import type { BaseType } from './base-types.js';
import { frameMalformed, frameTruncated, limitExceeded, notEncodable, unknownBaseType } from './codec-errors.js';
import { type CodecLimits, DEFAULT_LIMITS, completeLimits } from './limits.js';
import { ShapeCache, type ShapePlan } from './shape-cache.js';
import { plainColumns, writePlainRows } from './plain-rows.js';
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

const NOTHING = CODED_BASE_TYPES.NOTHING;

/** With fewer rows, planning costs more than it saves. */
const FEW_ROWS = 3;

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
  const shape = readShape(reader);
  const rows = readRows(reader, shape.types);
  reader.depth--;
  return { fields: shape.fields, rows };
}

function readRows(reader: Reader, types: readonly CodedBaseType[]): Row[] {
  if (!readMarker(reader)) return [];
  const { maxRows } = reader.limits;
  const rows = [readRow(reader, types)];
  while (readMarker(reader)) {
    if (rows.length >= maxRows) throw limitExceeded('rows', rows.length + 1, maxRows, reader.offset);
    rows.push(readRow(reader, types));
  }
  return rows;
}

function readRow(reader: Reader, types: readonly CodedBaseType[]): Row {
  const count = reader.u16();
  if (count > reader.limits.maxFields || count > reader.remaining) throw rowTooLong(reader, count);
  // oxlint-disable-next-line unicorn/no-new-array -- as large as it will be; a cell is a byte at least, and they are there
  const row = new Array<Cell>(count);
  for (let index = 0; index < count; index++) {
    const type = readBaseType(reader);
    const value = readValue(reader, type);
    row[index] = type === types[index] || value === null ? value : new OddCell(type.baseType, value);
  }
  return row;
}

function rowTooLong(reader: Reader, count: number): Error {
  const { maxFields } = reader.limits;
  if (count > maxFields) return limitExceeded('cells in a row', count, maxFields, reader.offset - 2);
  return frameTruncated(reader.offset, count - reader.remaining);
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

/** Shapes that were read before. It holds nothing but what other frames said, and every frame gets the same of it. */
const knownShapes = new ShapeCache();

function readShape(reader: Reader): ShapePlan {
  const mayBeKnown = ShapeCache.serves(reader.limits);
  const known = mayBeKnown ? knownShapes.find(reader) : undefined;
  if (known !== undefined) return known;
  const start = reader.offset;
  const shape = readNewShape(reader);
  if (mayBeKnown && shape.fields.every(isFlat)) knownShapes.remember(reader, start, shape);
  return shape;
}

/** Whether nothing in a field is nested (the depth at which it may be read depends on the frame) or can be changed. */
function isFlat({ aspects }: FieldDefinition): boolean {
  return [...aspects.values()].every(({ value }) => typeof value !== 'object');
}

function readNewShape(reader: Reader): ShapePlan {
  const { maxFields } = reader.limits;
  const fields: FieldDefinition[] = [];
  const types: CodedBaseType[] = [];
  while (readMarker(reader)) {
    if (fields.length >= maxFields) throw limitExceeded('fields', fields.length + 1, maxFields, reader.offset);
    const name = reader.string();
    const description = reader.string();
    const type = readBaseType(reader);
    fields.push({ name, description, baseType: type.baseType, aspects: readAspects(reader) });
    types.push(type);
  }
  return { fields, types };
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
  const types = writeShape(writer, table.fields);
  writeRows(writer, table.rows, types);
  writer.u8(0);
  writer.depth--;
}

function writeShape(writer: Writer, fields: readonly FieldDefinition[]): readonly CodedBaseType[] {
  // oxlint-disable-next-line unicorn/no-new-array -- growing from nothing would cost more than the rest of a small shape
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
  // Most fields have none, and an iterator costs more than a field.
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
    else if (cell instanceof OddCell) writeTyped(writer, typeOf(cell.baseType), cell.value);
    else if (type === undefined) throw notEncodable('A row has more cells than the table has fields.');
    else writeTyped(writer, type, cell);
  }
}

/** Writes type byte and payload. */
export function writePrimitive(writer: Writer, { baseType, value }: Primitive): void {
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

/** A table that holds itself would never end. */
function enterNested(writer: Writer): void {
  if (++writer.depth > DEFAULT_LIMITS.maxNesting) {
    throw notEncodable(`More than ${DEFAULT_LIMITS.maxNesting} tables or variants are inside each other.`);
  }
}
