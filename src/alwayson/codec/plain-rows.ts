import { CODED_BASE_TYPES, type CodedBaseType, type PayloadKind } from './base-types.js';
import { textBytes, writeText } from './text.js';
import type { Cell, Row } from './values-model.js';
import type { Writer } from './writer.js';

/**
 * A column of rows whose texts are all written with one native call, because such a call costs as much as copying a
 * hundred bytes. The texts are joined with as many padding characters between them as there are other bytes, so that
 * each text is written to its place; the other bytes then overwrite the padding. This requires ASCII texts, with one byte
 * for each character. A column in which another text occurs is excluded from the joined text from then on, and its texts
 * are measured and written one by one.
 */
export interface PlainColumn {
  readonly code: number;
  readonly payload: PayloadKind;
  /** Bytes of a payload whose length does not depend on the value; 0 for texts. */
  readonly fixedBytes: number;
  isAscii: boolean;
}

/** Rows for each call: with more, joining the texts costs more than the saved calls. */
const BATCH_ROWS = 32;
/** A batch ends early when its texts are this long, since joining copies them once more. */
const BATCH_TEXT_LENGTH = 65_536;

/** The payloads that are plain, with their bytes; 0 for texts. */
const FIXED_BYTES: Readonly<Partial<Record<PayloadKind, number>>> = {
  string: 0,
  boolean: 1,
  integer: 4,
  number: 8,
  datetime: 8,
};

const NOTHING_CODE = CODED_BASE_TYPES.NOTHING.code;
const MARKER_AND_COUNT_BYTES = 3;
const PADDINGS: readonly string[] = Array.from({ length: 256 }, (_, length) => '\0'.repeat(length));

const doubleView = new DataView(new ArrayBuffer(8));

/** Returns the columns of a table if all of them are plain; otherwise undefined. */
export function plainColumns(types: readonly CodedBaseType[]): PlainColumn[] | undefined {
  const columns: PlainColumn[] = [];
  for (const { code, payload } of types) {
    const fixedBytes = FIXED_BYTES[payload];
    if (fixedBytes === undefined) return undefined;
    columns.push({ code, payload, fixedBytes, isAscii: true });
  }
  return columns;
}

/**
 * Writes a batch of rows from the one at `from` on and returns the index of the next row. That is `from` if this row has
 * a cell that is not plain: the caller must write it.
 */
export function writePlainRows(writer: Writer, rows: readonly Row[], from: number, columns: PlainColumn[]): number {
  const batch = planBatch(rows, from, columns);
  if (batch === undefined) return from;
  const { texts, end } = batch;
  // A string that is not ASCII is longer than planned: one more character must fit.
  writer.reserve(batch.bytes + 4);
  if (texts !== '' && writeText(writer.bytes, texts, writer.offset) !== texts.length) {
    return learn(rows.slice(from, end), columns) ? writePlainRows(writer, rows, from, columns) : from;
  }
  for (let index = from; index < end; index++) writeRow(writer, rows[index] as Row, columns);
  return end;
}

interface Batch {
  /** The texts of the ASCII columns, each padded to its place. */
  texts: string;
  /** Padding before the next text. */
  gap: number;
  /** Bytes of all rows, plus the spare bytes that writing one text requires. */
  bytes: number;
  /** The row after the last one. */
  end: number;
}

function planBatch(rows: readonly Row[], from: number, columns: readonly PlainColumn[]): Batch | undefined {
  const batch: Batch = { texts: '', gap: 0, bytes: 0, end: from };
  const limit = Math.min(rows.length, from + BATCH_ROWS);
  let spareBytes = 0;
  while (batch.end < limit && batch.texts.length < BATCH_TEXT_LENGTH) {
    const spare = planRow(batch, rows[batch.end] as Row, columns);
    if (spare < 0) break;
    if (spare > spareBytes) spareBytes = spare;
    batch.end++;
  }
  if (batch.end === from) return undefined;
  batch.bytes = batch.texts.length + batch.gap + spareBytes;
  return batch;
}

/** Adds a row; returns the spare bytes that writing its longest single text requires, or -1 if it is not plain. */
function planRow(batch: Batch, row: Row, columns: readonly PlainColumn[]): number {
  if (row.length !== columns.length) return -1;
  let spareBytes = 0;
  let { texts, gap } = batch;
  gap += MARKER_AND_COUNT_BYTES;
  for (let index = 0; index < columns.length; index++) {
    const cell = row[index] as Cell;
    const { payload, fixedBytes, isAscii } = columns[index] as PlainColumn;
    gap++;
    if (cell === null) continue;
    if (fixedBytes > 0) {
      if (!fits(payload, cell)) return -1;
      gap += fixedBytes;
    } else if (typeof cell !== 'string') {
      return -1;
    } else if (isAscii) {
      gap += prefixBytes(cell.length);
      texts += PADDINGS[gap] ?? '\0'.repeat(gap);
      texts += cell;
      gap = 0;
    } else {
      const bytes = textBytes(cell);
      gap += prefixBytes(bytes) + bytes;
      spareBytes = Math.max(spareBytes, 4 + 3 * cell.length);
    }
  }
  batch.texts = texts;
  batch.gap = gap;
  return spareBytes;
}

/** The length of the prefix of a string of `length` bytes. */
function prefixBytes(length: number): number {
  return length < 0x80 ? 1 : 4;
}

function fits(payload: PayloadKind, cell: Cell): boolean {
  if (payload === 'boolean') return typeof cell === 'boolean';
  if (typeof cell !== 'number') return false;
  if (payload === 'integer') return (cell | 0) === cell;
  return payload === 'number' || Number.isSafeInteger(cell);
}

/** Marks the columns that have a string that is not ASCII; returns whether there was a new one. */
function learn(rows: readonly Row[], columns: readonly PlainColumn[]): boolean {
  let learned = false;
  for (const [index, column] of columns.entries()) {
    const isAscii = rows.every((row) => typeof row[index] !== 'string' || textBytes(row[index]) === row[index].length);
    if (!column.isAscii || isAscii) continue;
    column.isAscii = false;
    learned = true;
  }
  return learned;
}

/** Writes the bytes of a planned row that the joined text left out. */
function writeRow(writer: Writer, row: Row, columns: readonly PlainColumn[]): void {
  const { bytes } = writer;
  let at = writer.offset;
  bytes[at++] = 1;
  bytes[at++] = columns.length >>> 8;
  bytes[at++] = columns.length;
  for (let index = 0; index < columns.length; index++) {
    const cell = row[index] as Cell;
    const { code, payload, fixedBytes, isAscii } = columns[index] as PlainColumn;
    if (cell === null) {
      bytes[at++] = NOTHING_CODE;
      continue;
    }
    bytes[at++] = code;
    if (fixedBytes > 0) {
      at = writeFixed(bytes, at, payload, cell);
    } else if (isAscii) {
      at = writePrefix(bytes, at, (cell as string).length) + (cell as string).length;
    } else {
      writer.offset = at;
      writer.string(cell as string);
      at = writer.offset;
    }
  }
  writer.offset = at;
}

function writeFixed(bytes: Buffer, at: number, payload: PayloadKind, cell: Cell): number {
  if (payload === 'integer') return writeU32(bytes, at, cell as number);
  if (payload === 'boolean') {
    bytes[at] = cell === true ? 1 : 0;
    return at + 1;
  }
  if (payload === 'datetime') {
    writeU32(bytes, at, Math.floor((cell as number) / 0x1_0000_0000));
    return writeU32(bytes, at + 4, cell as number);
  }
  doubleView.setFloat64(0, cell as number);
  writeU32(bytes, at, doubleView.getInt32(0));
  return writeU32(bytes, at + 4, doubleView.getInt32(4));
}

function writePrefix(bytes: Buffer, at: number, length: number): number {
  if (length >= 0x80) return writeU32(bytes, at, length | 0x8000_0000);
  bytes[at] = length;
  return at + 1;
}

function writeU32(bytes: Buffer, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}
