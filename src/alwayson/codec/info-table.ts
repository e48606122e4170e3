import { readInfoTable } from './info-table-reader.js';
import { writeInfoTable } from './info-table-writer.js';
import { type CodecLimits, completeLimits } from './limits.js';
import { Reader, asBuffer } from './reader.js';
import type { InfoTable } from './values-model.js';
import { build } from './writer.js';

/** Reads one InfoTable from the start of `bytes`. Throws AgentError of the codec's codes. */
export function decodeInfoTable(bytes: Uint8Array, limits?: Partial<CodecLimits>): InfoTable {
  return readInfoTable(new Reader(asBuffer(bytes), 0, completeLimits(limits)));
}

/** The bytes of one InfoTable. Throws ValueNotEncodable. */
export function encodeInfoTable(table: InfoTable): Buffer {
  return build((writer) => writeInfoTable(writer, table));
}
