import { describe, expect, it } from '@jest/globals';
import type { BaseType } from '../../../src/alwayson/codec/base-types.js';
import { TypedCell, Primitive } from '../../../src/alwayson/codec/values-model.js';
import {
  convertLoose,
  convertRow,
  decodeNative,
  encodeNative,
  makeField,
  nativeToJson,
  rowsFromTable,
  tableFromJson,
  tableFromRows,
  tableToJson,
} from '../../../src/alwayson/values.js';
import type { AgentError } from '../../../src/core/errors.js';

const NOON = new Date('2026-11-24T12:00:00.000Z');

function errorOf(act: () => unknown): AgentError {
  try {
    act();
  } catch (error) {
    return error as AgentError;
  }
  throw new Error('nothing was thrown');
}

describe('convertLoose converts if nothing is lost', () => {
  const accepted: readonly (readonly [BaseType, unknown, unknown])[] = [
    ['INTEGER', '30', 30],
    ['INTEGER', 30.0, 30],
    ['INTEGER', '-7', -7],
    ['INTEGER', '+7', 7],
    ['INTEGER', '30.0', 30],
    ['INTEGER', -0, 0],
    ['INTEGER', 2147483647, 2147483647],
    ['INTEGER', '-2147483648', -2147483648],
    ['NUMBER', '3.25', 3.25],
    ['NUMBER', '-1e3', -1000],
    ['NUMBER', '.5', 0.5],
    ['NUMBER', 7n, 7],
    ['LONG', '9007199254740991', 9007199254740991],
    ['LONG', '9223372036854775807', 9223372036854775807n],
    ['LONG', 5.0, 5],
    ['BOOLEAN', 'true', true],
    ['BOOLEAN', 'false', false],
    ['BOOLEAN', true, true],
    ['DATETIME', '2026-11-24T12:00:00Z', NOON],
    ['DATETIME', '2026-11-24T12:00:00.0001234Z', NOON],
    ['DATETIME', '2026-11-24T14:00:00+02:00', NOON],
    ['DATETIME', '2026-11-24T14:00+0200', NOON],
    ['DATETIME', '2026-11-24 12:00:00', NOON],
    ['DATETIME', '2026-11-24', new Date('2026-11-24T00:00:00.000Z')],
    ['DATETIME', NOON.getTime(), NOON],
    ['DATETIME', String(NOON.getTime()), NOON],
    ['DATETIME', NOON, NOON],
    ['DATETIME', '2024-02-29T00:00:00Z', new Date('2024-02-29T00:00:00.000Z')],
    ['STRING', '', ''],
    ['STRING', 5, '5'],
    ['STRING', false, 'false'],
    ['STRING', NOON, NOON.toISOString()],
    ['THINGNAME', 'Pump', 'Pump'],
    ['JSON', '{"a":1}', '{"a":1}'],
    ['JSON', { a: [1, null] }, { a: [1, null] }],
    ['JSON', 0, 0],
    ['JSON', '', ''],
    ['JSON', null, null],
    ['LOCATION', { latitude: '48.1', longitude: 11, units: 'WGS84' }, { latitude: 48.1, longitude: 11, elevation: 0 }],
    ['BLOB', 'AQI=', Buffer.from([1, 2])],
    ['INFOTABLE', [{ a: 1 }], [{ a: 1 }]],
    ['VARIANT', 5, 5],
    ['NOTHING', null, undefined],
  ];

  it.each(accepted)('%s from %p is %p', (baseType, input, native) => {
    expect(convertLoose(baseType, input)).toEqual(native);
  });

  const refused: readonly (readonly [BaseType, unknown])[] = [
    ['INTEGER', 'abc'],
    ['INTEGER', '30x'],
    ['INTEGER', 30.5],
    ['INTEGER', '30.5'],
    ['INTEGER', true],
    ['INTEGER', ''],
    ['INTEGER', ' 30'],
    ['INTEGER', '0x10'],
    ['INTEGER', 2147483648],
    ['INTEGER', Number.NaN],
    ['INTEGER', NOON],
    ['INTEGER', null],
    ['INTEGER', [30]],
    ['NUMBER', ''],
    ['NUMBER', true],
    ['NUMBER', '1e999'],
    ['NUMBER', 'Infinity'],
    ['NUMBER', '9007199254740993'],
    ['LONG', ''],
    ['LONG', '9223372036854775808'],
    ['LONG', 1.5],
    ['BOOLEAN', 1],
    ['BOOLEAN', 'yes'],
    ['BOOLEAN', ''],
    ['DATETIME', ''],
    ['DATETIME', 'yesterday'],
    ['DATETIME', '2026-02-30T00:00:00Z'],
    ['DATETIME', '2026-11-24T25:00:00Z'],
    ['DATETIME', '2026-13-01'],
    ['DATETIME', 1.5],
    ['DATETIME', 9e15],
    ['DATETIME', new Date(Number.NaN)],
    ['STRING', { a: 1 }],
    ['STRING', null],
    ['JSON', undefined],
    ['JSON', NOON],
    ['JSON', { a: Number.NaN }],
    ['JSON', Number.POSITIVE_INFINITY],
    ['LOCATION', '1,2'],
    ['LOCATION', { latitude: 1 }],
    ['BLOB', '?'],
    ['INFOTABLE', 'x'],
    ['INFOTABLE', [1]],
    ['NOTHING', 0],
  ];

  it.each(refused)('%s refuses %p', (baseType, input) => {
    const error = errorOf(() => convertLoose(baseType, input, 'Parameter "count"'));
    expect(error).toMatchObject({ code: 'InvalidArgument' });
    expect(error.message).toMatch(/^Parameter "count" must be an? /);
  });

  it('refuses JSON that is nested too deep, and does not repeat a password', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 600; depth += 1) deep = [deep];
    expect(errorOf(() => convertLoose('JSON', deep)).code).toBe('InvalidArgument');
    expect(errorOf(() => convertLoose('PASSWORD', { secret: 'hunter2' })).message).not.toContain('hunter2');
    expect(errorOf(() => convertLoose('INTEGER', 'x'.repeat(1000))).message.length).toBeLessThan(120);
  });

  it('names the field of a table', () => {
    const fields = [makeField('count', 'INTEGER'), makeField('note', 'STRING')];
    expect(convertRow(fields, { count: '3', note: null }, 'Parameter "rows"')).toEqual({ count: 3 });
    expect(errorOf(() => convertRow(fields, { count: 'x' }, 'Parameter "rows"')).message).toContain(
      'Field "count" of parameter "rows"',
    );
    expect(errorOf(() => convertRow(fields, { other: 1 }, 'Parameter "rows"')).message).toBe(
      'Parameter "rows" has no field "other".',
    );
  });
});

describe('encodeNative and decodeNative', () => {
  it('write NOTHING for undefined, and keep null in JSON', () => {
    expect(encodeNative('STRING', undefined)).toBeNull();
    expect(encodeNative('STRING', null)).toBeNull();
    expect(encodeNative('JSON', null)).toBe('null');
    expect(decodeNative('JSON', 'null')).toBeNull();
    expect(decodeNative('JSON', '')).toBeUndefined();
    expect(decodeNative('STRING', '')).toBe('');
    expect(decodeNative('NUMBER', null)).toBeUndefined();
  });

  it('never stringify a JSON text twice', () => {
    expect(encodeNative('JSON', 'text')).toBe('"text"');
    expect(decodeNative('JSON', '"text"')).toBe('text');
    expect(encodeNative('JSON', { a: [1] })).toBe('{"a":[1]}');
  });

  it('guess the base type of a VARIANT, unless it is given', () => {
    expect(encodeNative('VARIANT', 1.5)).toEqual(new Primitive('NUMBER', 1.5));
    expect(encodeNative('VARIANT', NOON)).toEqual(new Primitive('DATETIME', NOON.getTime()));
    expect(encodeNative('VARIANT', new Primitive('INTEGER', 5))).toEqual(new Primitive('INTEGER', 5));
    expect(decodeNative('VARIANT', new Primitive('DATETIME', NOON.getTime()))).toEqual(NOON);
  });

  it.each<[BaseType, unknown]>([
    ['STRING', 5],
    ['INTEGER', 1.5],
    ['INTEGER', 2 ** 31],
    ['BOOLEAN', 'true'],
    ['DATETIME', 'now'],
    ['DATETIME', new Date(Number.NaN)],
    ['LOCATION', { latitude: 1 }],
    ['BLOB', 'AQI='],
    ['INFOTABLE', { rows: 1 }],
    ['JSON', () => 1],
    ['NOTHING', 1],
  ])('refuse to write as %s: %p', (baseType, native) => {
    expect(errorOf(() => encodeNative(baseType, native)).code).toBe('ValueNotEncodable');
  });

  it('name the field that cannot be written', () => {
    const error = errorOf(() => tableFromRows([makeField('when', 'DATETIME')], [{ when: 'now' }]));
    expect(error).toMatchObject({ code: 'ValueNotEncodable', context: { field: 'when' } });
  });
});

describe('tables', () => {
  const fields = [
    makeField('id', 'STRING', { aspects: { isPrimaryKey: true } }),
    makeField('when', 'DATETIME'),
    makeField('data', 'JSON'),
  ];

  it('omit empty cells from native rows, and decode typed cells by their own type', () => {
    const table = { fields, rows: [['a', null, '{"x":1}'], ['b'], [new TypedCell('NUMBER', 5), 0, null]] };
    expect(rowsFromTable(table)).toEqual([{ id: 'a', data: { x: 1 } }, { id: 'b' }, { id: 5, when: new Date(0) }]);
  });

  it('keep an inherited name an ordinary one', () => {
    const odd = [makeField('__proto__', 'STRING'), makeField('constructor', 'STRING')];
    const rows = rowsFromTable({ fields: odd, rows: [['p', null]] });
    expect(Object.keys(rows[0]!)).toEqual(['__proto__']);
    expect(tableFromRows(odd, [{}]).rows).toEqual([[null, null]]);
  });

  it('have the form of ThingWorx REST [TWX 5.3]', () => {
    const table = tableFromRows(fields, [{ id: 'a', when: NOON, data: { x: [1] } }, { id: 'b' }]);
    expect(tableToJson(table)).toEqual({
      dataShape: {
        fieldDefinitions: {
          id: { name: 'id', description: '', baseType: 'STRING', ordinal: 0, aspects: { isPrimaryKey: true } },
          when: { name: 'when', description: '', baseType: 'DATETIME', ordinal: 1, aspects: {} },
          data: { name: 'data', description: '', baseType: 'JSON', ordinal: 2, aspects: {} },
        },
      },
      rows: [
        { id: 'a', when: NOON.getTime(), data: { x: [1] } },
        { id: 'b', when: null, data: null },
      ],
    });
  });

  it('are read from their REST form, with fields in the order of their ordinals', () => {
    const json = JSON.parse(
      JSON.stringify(tableToJson(tableFromRows(fields, [{ id: 'a', when: NOON, data: [true] }]))),
    ) as unknown;
    expect(rowsFromTable(tableFromJson(json))).toEqual([{ id: 'a', when: NOON, data: [true] }]);
    const swapped = {
      dataShape: { fieldDefinitions: { b: { baseType: 'STRING', ordinal: 1 }, a: { baseType: 'NUMBER', ordinal: 0 } } },
      rows: [],
    };
    expect(tableFromJson(swapped).fields.map((field) => field.name)).toEqual(['a', 'b']);
  });

  it('are refused with a reason', () => {
    expect(errorOf(() => tableFromJson([])).code).toBe('InvalidArgument');
    expect(errorOf(() => tableFromJson({ rows: [] })).message).toContain('dataShape');
    expect(errorOf(() => tableFromJson({ rows: [{ id: {} }] }, fields)).message).toContain('Field "id"');
    const unknown = { dataShape: { fieldDefinitions: { a: { baseType: 'VEC9' } } }, rows: [] };
    expect(errorOf(() => tableFromJson(unknown)).message).toContain('has no base type, or an unknown one');
  });

  it('have single values in REST form', () => {
    expect(nativeToJson('LOCATION', { latitude: 1, longitude: 2, elevation: 3 })).toEqual({
      latitude: 1,
      longitude: 2,
      elevation: 3,
      units: 'WGS84',
    });
    expect(nativeToJson('BLOB', Buffer.from([1, 2]))).toBe('AQI=');
    expect(nativeToJson('NUMBER', Number.NaN)).toBeNull();
    expect(nativeToJson('VARIANT', NOON)).toBe(NOON.getTime());
  });
});

describe('makeField', () => {
  it('writes the default value in the base type of the field', () => {
    const field = makeField('count', 'INTEGER', {
      aspects: { isRequired: true, defaultValue: 5, units: 's', gone: undefined },
    });
    expect([...field.aspects]).toEqual([
      ['isRequired', new Primitive('BOOLEAN', true)],
      ['defaultValue', new Primitive('INTEGER', 5)],
      ['units', new Primitive('STRING', 's')],
    ]);
  });
});
