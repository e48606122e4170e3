import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { BaseType } from '../../../../src/alwayson/codec/base-types.js';
import { decodeInfoTable } from '../../../../src/alwayson/codec/info-table-reader.js';
import { encodeInfoTable } from '../../../../src/alwayson/codec/info-table-writer.js';
import { textBytes } from '../../../../src/alwayson/codec/text.js';
import { type Cell, type FieldDefinition, TypedCell, type Row } from '../../../../src/alwayson/codec/values-model.js';
import { cell, field, row, table, toHex } from '../../../support/codec/byte-builder.js';
import { valueOf } from '../../../support/codec/arbitraries.js';

const fieldsOf = (...baseTypes: readonly BaseType[]): FieldDefinition[] =>
  baseTypes.map((baseType, index) => ({ name: `f${index}`, description: '', baseType, aspects: new Map() }));

const MIXED = fieldsOf('STRING', 'INTEGER', 'JSON', 'NUMBER', 'BOOLEAN', 'DATETIME', 'TEXT');

/** The bytes of a table composed from tables of one row, which are written cell by cell. */
function writtenSingly(fields: readonly FieldDefinition[], rows: readonly Row[]): Buffer {
  const shape = encodeInfoTable({ fields, rows: [] }).subarray(0, -1);
  const written = rows.map((one) => encodeInfoTable({ fields, rows: [one] }).subarray(shape.length, -1));
  return Buffer.concat([shape, ...written, Buffer.of(0)]);
}

const mixedRow = (index: number): Cell[] => [
  `device-${index}`,
  -index,
  '{"a":1}',
  index / 3,
  index % 2 === 0,
  1e12 + index,
  'ok',
];
const mixedRows = (count: number): Cell[][] => Array.from({ length: count }, (_, index) => mixedRow(index));

function expectSame(rows: readonly Row[], fields: readonly FieldDefinition[] = MIXED): void {
  const together = encodeInfoTable({ fields, rows });
  expect(toHex(together)).toBe(toHex(writtenSingly(fields, rows)));
}

describe('many rows written at once', () => {
  it('are the bytes of the protocol [AO 3.4]', () => {
    const texts = ['a', '', 'ü', 'x'.repeat(127), 'x'.repeat(128), '€'.repeat(50), 'z'];
    const bytes = encodeInfoTable({
      fields: fieldsOf('STRING', 'INTEGER'),
      rows: texts.map((text, index) => [text, index]),
    });
    const rows = texts.map((text, index) => row(cell.text(0, text), cell.integer(index)));
    expect(toHex(bytes)).toBe(toHex(table([field('f0', 0), field('f1', 22)], rows)));
  });

  it.each([0, 1, 2, 3, 31, 32, 33, 64, 65, 500])('are the same as one by one: %i rows', (count) => {
    expect(() => expectSame(mixedRows(count))).not.toThrow();
  });

  it.each<[string, (rows: Cell[][]) => void]>([
    ['a null in every row', (rows) => rows.forEach((one, index) => (one[index % 7] = null))],
    ['nothing but nulls', (rows) => rows.forEach((one) => one.fill(null))],
    ['a cell that is missing', (rows) => (rows[40]![3] = undefined as never)],
    ['a string that is not ASCII, late', (rows) => (rows[90]![0] = 'Gerät')],
    ['one in every row', (rows) => rows.forEach((one, index) => (one[2] = `Süd ${index} €`))],
    [
      'one in every column, one after the other',
      (rows) => [0, 2, 6].forEach((column, index) => (rows[index * 3]![column] = 'ß')),
    ],
    ['pairs and lone halves of surrogates', (rows) => (rows[5]![0] = 'a😀b\uD800c\uDC00\uDC00\uD800')],
    ['a long text', (rows) => (rows[7]![2] = 'x'.repeat(100_000))],
    ['a long text that is not ASCII', (rows) => (rows[7]![2] = '€'.repeat(100_000))],
    ['a cell of another base type', (rows) => (rows[50]![1] = new TypedCell('STRING', 'five'))],
    ['one in every row', (rows) => rows.forEach((one) => (one[1] = new TypedCell('NUMBER', 5)))],
    ['a row that is too short', (rows) => (rows[20]!.length = 2)],
  ])('are the same as one by one: %s', (_, change) => {
    const rows = mixedRows(100);
    change(rows);
    expect(() => expectSame(rows)).not.toThrow();
  });

  it.each<[number, unknown]>([
    [0, 5],
    [1, 1.5],
    [3, '1'],
    [4, 1],
    [5, Number.NaN],
  ])('with a wrong value in column %i fail, wherever it is', (column, value) => {
    for (const at of [0, 10, 99]) {
      const rows = mixedRows(100);
      rows[at]![column] = value as Cell;
      expect(() => encodeInfoTable({ fields: MIXED, rows })).toThrow(
        expect.objectContaining({ code: 'ValueNotEncodable' }),
      );
    }
  });

  it('with a row that is too long fail', () => {
    const rows = mixedRows(10);
    rows[4]!.push('more');
    expect(() => encodeInfoTable({ fields: MIXED, rows })).toThrow(
      expect.objectContaining({ code: 'ValueNotEncodable' }),
    );
  });

  it('can contain special numbers and the ends of the ranges', () => {
    const specials = [Number.NaN, Number.POSITIVE_INFINITY, -0, Number.MIN_VALUE, Number.MAX_VALUE];
    const ends = [-(2 ** 31), 2 ** 31 - 1, -1, 0, 1];
    const times = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, -1, 0, -(2 ** 32)];
    const fields = fieldsOf('NUMBER', 'INTEGER', 'DATETIME');
    const rows = specials.map((special, index) => [special, ends[index]!, times[index]!]);
    expect(decodeInfoTable(encodeInfoTable({ fields, rows })).rows).toEqual(rows);
    expect(() => expectSame(rows, fields)).not.toThrow();
  });

  it('are the same as one by one, whatever they contain', () => {
    const types: BaseType[] = ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'DATETIME', 'GUID'];
    const columns = fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 5 });
    const cases = columns.chain((baseTypes) => {
      const cells = baseTypes.map((baseType) => fc.option(valueOf(baseType, 0), { nil: null, freq: 8 }));
      return fc.tuple(
        fc.constant(fieldsOf(...baseTypes)),
        fc.array(fc.tuple(...cells), { minLength: 3, maxLength: 70, size: 'max' }),
      );
    });
    fc.assert(
      fc.property(cases, ([fields, rows]) => {
        expect(toHex(encodeInfoTable({ fields, rows }))).toBe(toHex(writtenSingly(fields, rows)));
      }),
      { numRuns: 60 },
    );
  });
});

it('the byte length of a string is the number of bytes written', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 60 }),
      (text) => {
        expect(textBytes(text)).toBe(Buffer.byteLength(text));
      },
    ),
  );
});
