import { BASE_TYPE_BY_CODE, type CodedBaseType } from './base-types.js';
import { frameMalformed, frameTruncated, limitExceeded, unknownBaseType } from './codec-errors.js';
import { readScalar } from './primitive.js';
import { type CodecLimits, completeLimits } from './limits.js';
import { asBuffer, Reader } from './reader.js';
import { ShapeCache, type ShapePlan } from './shape-cache.js';
import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  TypedCell,
  Primitive,
  type Row,
  type Value,
} from './values-model.js';

const NO_ASPECTS: ReadonlyMap<string, Primitive> = new Map();

/** Reads one InfoTable from the start of `bytes`. Throws AgentError of the codec's codes. */
export function decodeInfoTable(bytes: Uint8Array, limits?: Partial<CodecLimits>): InfoTable {
  return readInfoTable(new Reader(asBuffer(bytes), 0, completeLimits(limits)));
}

/** Reads a data shape and the rows after it. */
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
  // oxlint-disable-next-line unicorn/no-new-array -- the final size; a cell takes at least one byte, and the bytes are there
  const row = new Array<Cell>(count);
  for (let index = 0; index < count; index++) {
    const type = readBaseType(reader);
    const value = readValue(reader, type);
    row[index] = type === types[index] || value === null ? value : new TypedCell(type.baseType, value);
  }
  return row;
}

function rowTooLong(reader: Reader, count: number): Error {
  const { maxFields } = reader.limits;
  if (count > maxFields) return limitExceeded('cells in a row', count, maxFields, reader.offset - 2);
  return frameTruncated(reader.offset, count - reader.remaining);
}

/** Reads a typed primitive: type byte and payload. */
function readPrimitive(reader: Reader): Primitive {
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

/** Data shapes of earlier frames. The cache holds only decoded bytes, so it does not change the result of decoding. */
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

/** Whether a field is free of nested values, whose allowed depth depends on the frame, and of mutable ones. */
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

/** Reads whether another field or row follows (01) or the last one has been read (00). */
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
