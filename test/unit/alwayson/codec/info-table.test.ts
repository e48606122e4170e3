import { describe, expect, it } from '@jest/globals';
import { BASE_TYPES, type BaseType } from '../../../../src/alwayson/codec/base-types.js';
import { decodeInfoTable } from '../../../../src/alwayson/codec/info-table-reader.js';
import { encodeInfoTable } from '../../../../src/alwayson/codec/info-table-writer.js';
import { type Cell, type InfoTable, TypedCell, Primitive } from '../../../../src/alwayson/codec/values-model.js';
import {
  type Bytes,
  cell,
  f64,
  field,
  i64,
  row,
  table,
  text,
  toHex,
  u16,
  u32,
  u8,
} from '../../../support/codec/byte-builder.js';

const decode = (bytes: Bytes, limits = {}): InfoTable => decodeInfoTable(Uint8Array.from(bytes), limits);

/** A table of one column and one cell. */
const oneCell = (baseType: number, written: Bytes): Bytes => table([field('x', baseType)], [row(written)]);

/** Decodes the only cell of a table, after checking that the table is encoded to the same bytes again. */
function bothWays(baseType: BaseType, written: Bytes): Cell | undefined {
  const bytes = oneCell(BASE_TYPES[baseType].code, written);
  const table = decode(bytes);
  const again = toHex(encodeInfoTable(table));
  if (again !== toHex(bytes)) throw new Error(`It is written as ${again}.`);
  return table.fields[0]?.baseType === baseType ? table.rows[0]?.[0] : undefined;
}

describe('base types [AO 3.2]', () => {
  const texts = Object.entries(BASE_TYPES).filter(([, { payload }]) => payload === 'string');

  it.each(texts)('%s is a string both ways', (name, { code }) => {
    expect(bothWays(name as BaseType, cell.text(code, 'grün'))).toEqual('grün');
  });

  it.each<[BaseType, Bytes, Cell]>([
    ['NOTHING', cell.nothing, null],
    ['NUMBER', cell.number(-0.1), -0.1],
    ['NUMBER', cell.number(Number.NaN), Number.NaN],
    ['NUMBER', cell.number(-0), -0],
    ['NUMBER', cell.number(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY],
    ['NUMBER', cell.number(Number.MIN_VALUE), Number.MIN_VALUE],
    ['BOOLEAN', cell.boolean(1), true],
    ['BOOLEAN', cell.boolean(0), false],
    ['DATETIME', cell.datetime(1_700_000_000_123), 1_700_000_000_123],
    ['DATETIME', cell.datetime(-1), -1],
    ['DATETIME', cell.datetime(-8_640_000_000_000_000), -8_640_000_000_000_000],
    ['INTEGER', cell.integer(-7), -7],
    ['INTEGER', cell.integer(2 ** 31 - 1), 2 ** 31 - 1],
    ['INTEGER', cell.integer(-(2 ** 31)), -(2 ** 31)],
    ['LONG', cell.long(42n), 42],
    ['LONG', cell.long(-(2n ** 53n)), -(2n ** 53n)],
    ['LONG', cell.long(2n ** 63n - 1n), 2n ** 63n - 1n],
    ['LOCATION', cell.location(11.5, 48.1, 520), { longitude: 11.5, latitude: 48.1, elevation: 520 }],
    ['VEC2', [124, ...f64(1), ...f64(2.5)], { x: 1, y: 2.5 }],
    ['VEC3', [125, ...f64(-1.5), ...f64(0), ...f64(3)], { x: -1.5, y: 0, z: 3 }],
    ['VEC4', [126, ...f64(1), ...f64(2), ...f64(3), ...f64(4)], { x: 1, y: 2, z: 3, w: 4 }],
    ['THINGCODE', [127, ...u32(7), ...i64(123_456_789)], { domainId: 7, instanceId: 123_456_789 }],
    ['THINGCODE', [127, ...u32(2 ** 32 - 1), ...i64(2n ** 62n)], { domainId: -1, instanceId: 2n ** 62n }],
    ['TIMESPAN', [4, ...i64(1_000), ...i64(2_000), ...text('P1D')], { start: 1_000, end: 2_000, period: 'P1D' }],
    ['TIMESPAN', [4, ...i64(-1), ...i64(-1), 0], { start: -1, end: -1, period: '' }],
    ['PROJECTNAME', cell.text(123, 'P'), 'P'],
    ['NOTIFICATIONDEFINITIONNAME', cell.text(129, 'N'), 'N'],
    ['BLOB', cell.bytes(21, [1, 2, 255]), Uint8Array.of(1, 2, 255)],
    ['IMAGE', cell.bytes(10, []), new Uint8Array(0)],
    ['VARIANT', cell.variant(cell.integer(3)), new Primitive('INTEGER', 3)],
    ['VARIANT', cell.variant(cell.nothing), new Primitive('NOTHING', null)],
    ['INFOTABLE', cell.table(table([], [])), { fields: [], rows: [] }],
  ])('%s %# is the same both ways', (baseType, written, value) => expect(bothWays(baseType, written)).toEqual(value));

  it.each([10, 21])('reads the bytes of base type %i where their length has the top bit set', (baseType) => {
    const written = [baseType, ...u32(2 ** 31 + 3), 0x61, 0x62, 0x63];
    expect(decode(oneCell(baseType, written)).rows).toEqual([[Uint8Array.of(0x61, 0x62, 0x63)]]);
    expect(() => decode(oneCell(baseType, [baseType, 0xff, 0xff, 0xff, 0xff, 0]))).toThrow(
      '2147483647 bytes in a BLOB',
    );
  });

  it('reads any non-zero byte as true', () => {
    expect(decode(oneCell(2, cell.boolean(2))).rows).toEqual([[true]]);
  });

  it('returns bytes that are not a view of the frame', () => {
    const bytes = Uint8Array.from(oneCell(21, cell.bytes(21, [1, 2, 3])));
    const value = decodeInfoTable(bytes).rows[0]?.[0];
    bytes.fill(0);
    expect(value).toEqual(Uint8Array.of(1, 2, 3));
  });

  const known = new Set<number>(Object.values(BASE_TYPES).map(({ code }) => code));
  const unknown = Array.from({ length: 256 }, (_, code) => code).filter((code) => !known.has(code));

  it('has the 55 base types of ThingWorx and NOTHING', () => {
    expect(known.size).toBe(56);
    expect(unknown).not.toContain(4);
    expect(Math.max(...[...known].filter((code) => code < 0xff))).toBe(129);
  });

  it.each(unknown)('the unknown code %i fails a cell, a field and an aspect, with its offset', (code) => {
    const inCell = oneCell(0, [code, 1, 65]);
    const inField = table([field('x', code)]);
    const inAspect = table([field('x', 0, [['a', [code, 0]]])]);
    expect(() => decode(inCell)).toThrow(
      expect.objectContaining({ code: 'UnknownBaseType', context: expect.objectContaining({ offset: 11 }) }),
    );
    expect(() => decode(inField)).toThrow(expect.objectContaining({ code: 'UnknownBaseType' }));
    expect(() => decode(inAspect)).toThrow(expect.objectContaining({ code: 'UnknownBaseType' }));
  });
});

describe('strings [AO 3.1]', () => {
  it.each([0, 1, 13, 14, 127, 128, 129, 300, 70_000])('of %i bytes are the same both ways', (length) => {
    const value = 'x'.repeat(length);
    expect(bothWays('STRING', cell.text(0, value))).toEqual(value);
  });

  it.each([
    'ü',
    'Gerät-Süd',
    'é'.repeat(63),
    'é'.repeat(64),
    '€'.repeat(42),
    '€'.repeat(43),
    '😀'.repeat(32),
    'a\u0000b',
    'a'.repeat(126) + 'é',
  ])('that are not ASCII are the same both ways: %s', (value) =>
    expect(bothWays('STRING', cell.text(0, value))).toEqual(value),
  );

  it('a lone surrogate is written as U+FFFD', () => {
    const bytes = encodeInfoTable({
      fields: [{ name: 'x', description: '', baseType: 'STRING', aspects: new Map() }],
      rows: [['a\uD800']],
    });
    expect([...bytes]).toEqual(oneCell(0, cell.text(0, 'a\uFFFD')));
  });

  it('may have the long length prefix although they are short', () => {
    expect(decode(oneCell(0, [0, ...u32(2 ** 31 + 2), 72, 105])).rows).toEqual([['Hi']]);
  });

  it('malformed UTF-8 becomes U+FFFD instead of an error', () => {
    expect(decode(oneCell(0, [0, 2, 0xc3, 0x28])).rows).toEqual([['\uFFFD(']]);
  });
});

describe('data shapes [AO 3.3]', () => {
  const aspects: readonly (readonly [string, Bytes])[] = [
    ['isRequired', cell.boolean(1)],
    ['defaultValue', cell.number(0.5)],
    ['somethingNew', cell.text(113, 'Voc')],
    ['list', cell.table(table([field('a', 0)], [row(cell.text(0, 'v'))]))],
  ];

  it('unknown aspects of any base type survive in their order', () => {
    const bytes = table([field('x', 1, aspects, 'What it is'), field('ü', 18)]);
    const decoded = decode(bytes);
    expect(decoded.fields[0]).toMatchObject({ name: 'x', description: 'What it is', baseType: 'NUMBER' });
    expect([...decoded.fields[0]!.aspects.keys()]).toEqual(['isRequired', 'defaultValue', 'somethingNew', 'list']);
    expect(decoded.fields[0]!.aspects.get('somethingNew')).toEqual(new Primitive('MODELTAGVOCABULARYNAME', 'Voc'));
    expect([...encodeInfoTable(decoded)]).toEqual(bytes);
  });

  it('names of inherited members of JavaScript objects are ordinary names', () => {
    const bytes = table([field('__proto__', 0, [['constructor', cell.boolean(1)]])], [row(cell.text(0, 'x'))]);
    expect(decode(bytes).fields[0]?.name).toBe('__proto__');
    expect([...encodeInfoTable(decode(bytes))]).toEqual(bytes);
  });

  it('a marker other than 0 and 1 is malformed', () => {
    expect(() => decode([2])).toThrow(expect.objectContaining({ code: 'FrameMalformed', context: { offset: 0 } }));
    expect(() => decode([0, 7])).toThrow(expect.objectContaining({ code: 'FrameMalformed', context: { offset: 1 } }));
  });

  it('equal bytes are decoded to equal shapes again and again, others are not', () => {
    const first = decode(table([field('same', 0), field('b', 1)], [row(cell.text(0, '1'))]));
    const again = decode(table([field('same', 0), field('b', 1)], [row(cell.text(0, '2'))]));
    const other = decode(table([field('same', 0), field('c', 1)], [row(cell.text(0, '3'))]));
    expect(again.fields).toEqual(first.fields);
    expect(other.fields.map(({ name }) => name)).toEqual(['same', 'c']);
    expect([first.rows, again.rows, other.rows]).toEqual([[['1']], [['2']], [['3']]]);
  });

  it('a shape that was read before is still checked against tighter limits', () => {
    const bytes = table([field('limited', 0, [['a', cell.boolean(1)]]), field('b', 1)]);
    expect(decode(bytes).fields).toHaveLength(2);
    for (const limits of [{ maxFields: 1 }, { maxAspects: 0 }, { maxStringBytes: 3 }]) {
      expect(() => decode(bytes, limits)).toThrow(expect.objectContaining({ code: 'FrameLimitExceeded' }));
    }
  });
});

describe('tables [AO 3.4]', () => {
  it('without fields and without rows are legal', () => {
    expect(decode([0, 0])).toEqual({ fields: [], rows: [] });
    expect([...encodeInfoTable({ fields: [], rows: [] })]).toEqual([0, 0]);
    expect(decode(table([field('x', 0)]))).toMatchObject({ rows: [] });
  });

  it("a cell's own type byte decides, whatever the field says", () => {
    const bytes = table(
      [field('a', 0), field('v', 18)],
      [row(cell.integer(5), cell.text(0, 's')), row(cell.nothing, cell.nothing)],
    );
    const decoded = decode(bytes);
    expect(decoded.rows).toEqual([
      [new TypedCell('INTEGER', 5), new TypedCell('STRING', 's')],
      [null, null],
    ]);
    expect([...encodeInfoTable(decoded)]).toEqual(bytes);
  });

  it('a row may be shorter or longer than the fields', () => {
    const bytes = table(
      [field('a', 0), field('b', 0)],
      [row(cell.text(0, '1')), row(), row(cell.nothing, cell.nothing, cell.integer(1))],
    );
    const decoded = decode(bytes);
    expect(decoded.rows).toEqual([['1'], [], [null, null, new TypedCell('INTEGER', 1)]]);
    expect([...encodeInfoTable(decoded)]).toEqual(bytes);
  });

  it('a cell that is missing in the middle is written as NOTHING', () => {
    const fields = decode(table([field('a', 0), field('b', 0)])).fields;
    const bytes = encodeInfoTable({ fields, rows: [[undefined as never, 'x']] });
    expect(decodeInfoTable(bytes).rows).toEqual([[null, 'x']]);
  });
});

describe('limits while reading [AO 9]', () => {
  const twoRows = table([field('x', 0)], [row(cell.text(0, 'abc')), row(cell.text(0, 'abcd'))]);
  const nested = (depth: number): Bytes =>
    depth === 0 ? table([]) : table([field('t', 5)], [row(cell.table(nested(depth - 1)))]);

  it.each<[string, Bytes, object]>([
    ['rows', twoRows, { maxRows: 1 }],
    ['a string', twoRows, { maxStringBytes: 3 }],
    ['fields', table([field('a', 0), field('b', 0)]), { maxFields: 1 }],
    ['cells', table([field('a', 0)], [row(cell.nothing, cell.nothing)]), { maxFields: 1 }],
    [
      'aspects',
      table([
        field('a', 0, [
          ['x', cell.nothing],
          ['y', cell.nothing],
        ]),
      ]),
      { maxAspects: 1 },
    ],
    ['a blob', oneCell(21, cell.bytes(21, [1, 2])), { maxBlobBytes: 1 }],
    ['tables inside each other', nested(2), { maxNesting: 2 }],
    [
      'variants inside each other',
      oneCell(18, cell.variant(cell.variant(cell.variant(cell.nothing)))),
      { maxNesting: 3 },
    ],
  ])('too many or too large: %s', (_, bytes, limits) => {
    expect(() => decode(bytes, limits)).toThrow(
      expect.objectContaining({
        code: 'FrameLimitExceeded',
        context: expect.objectContaining({ offset: expect.any(Number) }),
      }),
    );
    expect(() => decode(bytes)).not.toThrow();
  });

  it('the defaults stop nesting that would overflow the stack', () => {
    const variants = Array.from({ length: 100_000 }, () => 18);
    expect(() => decode(oneCell(18, variants))).toThrow(expect.objectContaining({ code: 'FrameLimitExceeded' }));
  });

  /** Lengths without data: if the length field alone caused an allocation, it would fail or show in the memory. */
  it.each<[string, Bytes]>([
    ['a string', [...field('x', 0), 0, 1, ...u16(1), 0, ...u32(0xffff_ffff)]],
    ['a field name', [1, ...u32(0xffff_ffff)]],
    ['a blob', [...field('x', 21), 0, 1, ...u16(1), 21, ...u32(0xffff_ffff)]],
    ['cells', [...field('x', 0), 0, 1, ...u16(0xffff)]],
    ['aspects', [1, ...text('x'), ...text(''), ...u8(0), ...u16(0xffff)]],
  ])('nothing is allocated for %s before the bytes have arrived', (_, bytes) => {
    const none = Number.POSITIVE_INFINITY;
    const limits = { maxStringBytes: none, maxBlobBytes: none, maxFields: none, maxAspects: none };
    const before = process.memoryUsage();
    for (let round = 0; round < 50; round++) {
      expect(() => decode(bytes, limits)).toThrow(expect.objectContaining({ code: 'FrameTruncated' }));
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16_000_000);
  });
});

describe('values that cannot be written', () => {
  const write = (baseType: BaseType, value: unknown): Buffer =>
    encodeInfoTable({
      fields: [{ name: 'x', description: '', baseType, aspects: new Map() }],
      rows: [[value as Cell]],
    });

  it.each<[BaseType, unknown]>([
    ['STRING', 1],
    ['NUMBER', '1'],
    ['INTEGER', 1.5],
    ['INTEGER', 2 ** 31],
    ['INTEGER', '1'],
    ['BOOLEAN', 'true'],
    ['DATETIME', Number.NaN],
    ['DATETIME', 1.5],
    ['DATETIME', 2 ** 53],
    ['DATETIME', new Date()],
    ['LONG', 1.5],
    ['LONG', 2n ** 63n],
    ['LOCATION', { longitude: 1, latitude: 2 }],
    ['LOCATION', 'here'],
    ['BLOB', 'text'],
    ['VARIANT', 1],
    ['INFOTABLE', []],
    ['NOTHING', 1],
    ['TIMESPAN' as BaseType, 1],
  ])('%s %#', (baseType, value) => {
    expect(() => write(baseType, value)).toThrow(expect.objectContaining({ code: 'ValueNotEncodable' }));
  });

  it('the error does not contain the value', () => {
    expect(() => write('PASSWORD', { secret: 's3cret' })).toThrow(
      /^A value of type object cannot be written as PASSWORD/,
    );
  });

  it('a table that contains itself fails', () => {
    const rows: Cell[][] = [];
    const endless: InfoTable = {
      fields: [{ name: 'x', description: '', baseType: 'INFOTABLE', aspects: new Map() }],
      rows,
    };
    rows.push([endless]);
    expect(() => encodeInfoTable(endless)).toThrow(expect.objectContaining({ code: 'ValueNotEncodable' }));
  });

  it('a row may have more cells than fields', () => {
    expect(() => encodeInfoTable({ fields: [], rows: [[1]] })).toThrow(
      expect.objectContaining({ code: 'ValueNotEncodable' }),
    );
  });
});
