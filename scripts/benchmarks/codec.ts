import type * as ReaderModule from '../../src/alwayson/codec/info-table-reader.js';
import type * as WriterModule from '../../src/alwayson/codec/info-table-writer.js';
import { type BenchTable, mixedTable, smallTable, unevenTable } from './codec-tables.js';
import type { Comparison } from './compare.js';

/** The compiled code that the package ships: measuring through a loader would include the loader's helpers. */
const { decodeInfoTable } = require('../../dist/alwayson/codec/info-table-reader.js') as typeof ReaderModule;
const { encodeInfoTable } = require('../../dist/alwayson/codec/info-table-writer.js') as typeof WriterModule;

const TABLES: readonly (readonly [name: string, make: () => BenchTable])[] = [
  ['T1', smallTable],
  ['T2', () => mixedTable(100)],
  ['T3', () => mixedTable(1000)],
  ['T3.uneven', () => unevenTable(1000)],
  // Shows whether the cost is proportional to the rows: a tenth of the rate of T3, a hundredth of that of T2.
  ['T3x10', () => mixedTable(10_000)],
];

/** Compares the codec with JSON on the same rows, in tables per second. */
export function codecComparisons(): Comparison[] {
  const decoding = TABLES.map(([name, make]) => decodeComparison(name, make()));
  const encoding = TABLES.map(([name, make]) => encodeComparison(name, make()));
  return [...decoding, ...encoding];
}

function decodeComparison(name: string, { table, objects }: BenchTable): Comparison {
  const bytes = encodeInfoTable(table);
  const json = JSON.stringify(objects);
  return {
    name: `codec.decode.${name}`,
    unit: 'tables/s',
    ours: () => decodeInfoTable(bytes),
    reference: () => JSON.parse(json) as unknown,
  };
}

function encodeComparison(name: string, { table, objects }: BenchTable): Comparison {
  // Rows and objects as a decoder creates them, since rows that were built cell by cell have other hidden classes.
  const fresh = decodeInfoTable(encodeInfoTable(table));
  const freshObjects = JSON.parse(JSON.stringify(objects)) as unknown;
  return {
    name: `codec.encode.${name}`,
    unit: 'tables/s',
    ours: () => encodeInfoTable(fresh),
    reference: () => JSON.stringify(freshObjects),
  };
}
