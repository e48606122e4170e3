import type { BaseType } from '../../src/alwayson/codec/base-types.js';
import type { FieldDefinition, InfoTable, Row } from '../../src/alwayson/codec/values-model.js';

/** The same rows in two forms: as a table, and as the objects that JSON would contain. */
export interface BenchTable {
  readonly table: InfoTable;
  readonly objects: readonly Readonly<Record<string, unknown>>[];
}

const COLUMNS: readonly (readonly [name: string, baseType: BaseType])[] = [
  ['deviceId', 'STRING'],
  ['jobId', 'STRING'],
  ['attempts', 'INTEGER'],
  ['temperature', 'NUMBER'],
  ['isConnected', 'BOOLEAN'],
  ['updatedOn', 'DATETIME'],
  ['outcome', 'JSON'],
  ['status', 'STRING'],
];

/** T1: one row of one string. */
export function smallTable(): BenchTable {
  return benchTable([['text', 'STRING']], [['hello']]);
}

/** T2 (100 rows) and T3 (1,000 rows): strings of 16, 36, 60 (JSON) and 10 bytes, and one of each scalar. */
export function mixedTable(rowCount: number): BenchTable {
  return benchTable(
    COLUMNS,
    Array.from({ length: rowCount }, (_, index) => mixedRow(index)),
  );
}

/** Like mixedTable, with a null and a string that is not ASCII in every row. */
export function unevenTable(rowCount: number): BenchTable {
  const rows = Array.from({ length: rowCount }, (_, index) => {
    const row = [...mixedRow(index)];
    row[0] = `Gerät-Süd-${String(index).padStart(6, '0')}`;
    row[3] = null;
    return row;
  });
  return benchTable(COLUMNS, rows);
}

function mixedRow(index: number): Row {
  const digits = String(index).padStart(6, '0');
  return [
    `device-000${digits}`,
    `11111111-2222-4333-8444-555555${digits}`,
    index * 7919,
    index * 0.37 + 0.1,
    index % 3 === 0,
    1_700_000_000_000 + index * 61_001,
    `{"firmware":"1.4.${index % 10}","slot":"b","sequence":${digits.replace(/^0/, '1')},"ok":0}`.padEnd(60, ' '),
    `state-${digits.slice(2)}`,
  ];
}

function benchTable(columns: readonly (readonly [string, BaseType])[], rows: readonly Row[]): BenchTable {
  const fields = columns.map(([name, baseType]): FieldDefinition => ({
    name,
    description: '',
    baseType,
    aspects: new Map(),
  }));
  const objects = rows.map((row) => Object.fromEntries(fields.map(({ name }, index) => [name, row[index]])));
  return { table: { fields, rows }, objects };
}
