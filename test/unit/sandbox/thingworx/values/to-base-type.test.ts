import { describe, expect, it } from '@jest/globals';
import type { BaseType } from '../../../../../src/alwayson/codec/base-types.js';
import { isInfoTable, makeField, tableFromRows } from '../../../../../src/alwayson/values.js';
import { javaClassOf, Unconvertible } from '../../../../../src/sandbox/thingworx/values/unconvertible.js';
import { toBaseType, toWireValue } from '../../../../../src/sandbox/thingworx/values/to-base-type.js';

const NOON = new Date('2026-11-24T12:00:00.000Z');
const BIG = 7615917337495251231n;
const TABLE = tableFromRows([makeField('id', 'INTEGER')], [{ id: 1 }]);

describe('toBaseType converts as PTC’s Java SDK does', () => {
  it.each<[BaseType, unknown, unknown]>([
    ['INTEGER', 1.5, 1],
    ['INTEGER', -1.5, -1],
    ['INTEGER', '1.5', 1],
    ['INTEGER', ' 30 ', 30],
    ['INTEGER', '+7', 7],
    ['INTEGER', '1e3', 1000],
    ['INTEGER', -0.4, 0],
    ['INTEGER', 2147483647.9, 2147483647],
    ['INTEGER', '-2147483648', -2147483648],
    ['LONG', 1.5, 1],
    ['LONG', '9223372036854775807', 9223372036854775807n],
    ['LONG', BIG, BIG],
    ['LONG', 2147483648, 2147483648],
    ['NUMBER', 'NaN', Number.NaN],
    ['NUMBER', '-Infinity', Number.NEGATIVE_INFINITY],
    ['NUMBER', '1.5d', 1.5],
    ['NUMBER', '.5', 0.5],
    ['NUMBER', 2n ** 60n, 2 ** 60],
    ['NUMBER', NOON, NOON.getTime()],
    ['BOOLEAN', 'yes', false],
    ['BOOLEAN', 'TRUE', true],
    ['BOOLEAN', 'True', true],
    ['BOOLEAN', '2', true],
    ['BOOLEAN', '0', false],
    ['BOOLEAN', '0.0', false],
    ['BOOLEAN', '-0.5', true],
    ['BOOLEAN', '', false],
    ['BOOLEAN', 1, true],
    ['BOOLEAN', 0, false],
    ['BOOLEAN', 0n, false],
    ['DATETIME', '', undefined],
    ['DATETIME', '2026-11-24T12:00:00Z', NOON],
    ['DATETIME', NOON.getTime(), NOON],
    ['DATETIME', String(NOON.getTime()), NOON],
    ['LOCATION', '1,2,3', { latitude: 1, longitude: 2, elevation: 3 }],
    ['LOCATION', ' 1 , 2 ', { latitude: 1, longitude: 2, elevation: 0 }],
    ['LOCATION', { latitude: '1', longitude: 2 }, { latitude: 1, longitude: 2, elevation: 0 }],
    ['TAGS', 'Plant:North', 'Plant:North'],
    ['TAGS', 'Plant:North;Plant:South', 'Plant:North;Plant:South'],
    ['TAGS', '', ''],
    ['TAGS', [{ vocabulary: 'Plant', vocabularyTerm: 'North' }], 'Plant:North'],
    ['XML', 'a b', ''],
    ['XML', '', ''],
    ['XML', '<a><b></a>', ''],
    ['XML', '<a/>', '<a/>'],
    ['XML', '<?xml version="1.0"?><a>text</a>', '<?xml version="1.0"?><a>text</a>'],
    ['STRING', { a: 1 }, '{"a":1}'],
    ['STRING', [1, { id: BIG }], `[1,{"id":${BIG}}]`],
    ['STRING', 1.5, '1.5'],
    ['STRING', BIG, String(BIG)],
    ['STRING', true, 'true'],
    ['STRING', NOON, NOON.toISOString()],
    ['THINGNAME', 5, '5'],
    ['JSON', [1, 2], { array: [1, 2] }],
    ['JSON', [], { array: [] }],
    ['JSON', '{"a":1}', { a: 1 }],
    ['JSON', ` {"id":${BIG}} `, { id: BIG }],
    ['JSON', { a: null }, { a: null }],
    ['QUERY', '{"maxItems":1}', { maxItems: 1 }],
    ['BLOB', 'AQID', Uint8Array.of(1, 2, 3)],
    ['IMAGE', '', new Uint8Array(0)],
    ['VEC2', { x: 1, y: '2.5' }, { x: 1, y: 2.5 }],
    ['VEC3', '1,2,3', { x: 1, y: 2, z: 3 }],
    ['THINGCODE', { domainId: 7, instanceId: '5' }, { domainId: 7, instanceId: 5 }],
    ['TIMESPAN', { start: NOON.getTime(), period: 'P1D' }, { start: NOON, period: 'P1D' }],
    ['VARIANT', 5, 5],
    ['NOTHING', 'x', undefined],
  ])('%s from %p is %p', (baseType, input, native) => expect(toBaseType(baseType, input)).toEqual(native));

  it.each<[BaseType, unknown, string]>([
    ['INTEGER', 2147483648, 'java.lang.Long to INTEGER'],
    ['INTEGER', -2147483649, 'java.lang.Long to INTEGER'],
    ['INTEGER', 'abc', 'java.lang.String to INTEGER'],
    ['INTEGER', '', 'java.lang.String to INTEGER'],
    ['INTEGER', 'NaN', 'java.lang.String to INTEGER'],
    ['INTEGER', '2147483648', 'java.lang.String to INTEGER'],
    ['INTEGER', true, 'java.lang.Boolean to INTEGER'],
    ['INTEGER', { a: 1 }, 'org.json.JSONObject to INTEGER'],
    ['INTEGER', 3e9 + 0.5, 'java.lang.Double to INTEGER'],
    ['LONG', 2n ** 63n, 'java.math.BigInteger to LONG'],
    ['LONG', 'x', 'java.lang.String to LONG'],
    ['NUMBER', 'abc', 'java.lang.String to NUMBER'],
    ['NUMBER', '', 'java.lang.String to NUMBER'],
    ['NUMBER', '0x10', 'java.lang.String to NUMBER'],
    ['NUMBER', BIG, 'java.lang.Long to NUMBER'],
    ['NUMBER', String(BIG), 'java.lang.String to NUMBER'],
    ['NUMBER', [1], 'org.json.JSONArray to NUMBER'],
    ['BOOLEAN', { a: 1 }, 'org.json.JSONObject to BOOLEAN'],
    ['DATETIME', 'x', 'java.lang.String to DATETIME'],
    ['DATETIME', true, 'java.lang.Boolean to DATETIME'],
    ['LOCATION', '1', 'java.lang.String to LOCATION'],
    ['LOCATION', '1,2,3,4', 'java.lang.String to LOCATION'],
    ['LOCATION', 'a,b', 'java.lang.String to LOCATION'],
    ['LOCATION', 5, 'java.lang.Integer to LOCATION'],
    ['TAGS', 'v', 'java.lang.String to TAGS'],
    ['TAGS', 'Plant:North;v', 'java.lang.String to TAGS'],
    ['TAGS', 5, 'java.lang.Integer to TAGS'],
    ['XML', 5, 'java.lang.Integer to XML'],
    ['JSON', 5, 'java.lang.Integer to JSON'],
    ['JSON', 1.5, 'java.lang.Double to JSON'],
    ['JSON', true, 'java.lang.Boolean to JSON'],
    ['JSON', 'text', 'java.lang.String to JSON'],
    ['JSON', '[1,2]', 'java.lang.String to JSON'],
    ['JSON', '5', 'java.lang.String to JSON'],
    ['JSON', '', 'java.lang.String to JSON'],
    ['QUERY', 5, 'java.lang.Integer to QUERY'],
    ['BLOB', '?', 'java.lang.String to BLOB'],
    ['INFOTABLE', 5, 'java.lang.Integer to INFOTABLE'],
    ['VEC2', '1,2,3', 'java.lang.String to VEC2'],
    ['THINGCODE', 'x', 'java.lang.String to THINGCODE'],
  ])('%s from %p is refused', (baseType, input, text) => {
    const convert = (): unknown => toBaseType(baseType, input);
    expect(convert).toThrow(Unconvertible);
    expect(convert).toThrow(`Unable To Convert From ${text}`);
  });

  it('explains what a JSON value must be and never repeats the value', () => {
    expect(() => toBaseType('JSON', 'my-secret')).toThrow(
      /^Unable To Convert From java\.lang\.String to JSON: a JSON value must be an object or a list$/,
    );
  });

  it.each(['STRING', 'JSON', 'INFOTABLE', 'NUMBER'] as const)('treats null and undefined as nothing for %s', (type) => {
    expect(toBaseType(type, null)).toBeUndefined();
    expect(toWireValue(type, undefined)).toBeNull();
  });
});

describe('tables', () => {
  const dataShape = { fieldDefinitions: { n: { baseType: 'INTEGER' }, j: { baseType: 'JSON' } } };

  it('have their cells converted by their own shape', () => {
    const table = toBaseType('INFOTABLE', { dataShape, rows: [{ n: '1.5', j: [1] }, {}] });
    expect(table).toMatchObject({
      rows: [
        [1, '{"array":[1]}'],
        [null, null],
      ],
    });
  });

  it('are refused for a cell that cannot be converted', () => {
    expect(() => toBaseType('INFOTABLE', { dataShape, rows: [{ n: 'x' }] })).toThrow('java.lang.String to INTEGER');
  });

  it('may be rows alone, whose shape is inferred, or an InfoTable, which is kept', () => {
    expect(toBaseType('INFOTABLE', [{ a: 1 }])).toMatchObject({ fields: [{ name: 'a', baseType: 'NUMBER' }] });
    expect(isInfoTable(toBaseType('INFOTABLE', { rows: [] }))).toBe(true);
    expect(toBaseType('INFOTABLE', TABLE)).toBe(TABLE);
  });
});

describe('javaClassOf', () => {
  it.each([
    [2147483647, 'java.lang.Integer'],
    [-2147483648, 'java.lang.Integer'],
    [2147483648, 'java.lang.Long'],
    [0.5, 'java.lang.Double'],
    [1e300, 'java.lang.Double'],
    [1e20, 'java.math.BigInteger'],
    [BIG, 'java.lang.Long'],
    [10n ** 30n, 'java.math.BigInteger'],
    [NOON, 'org.joda.time.DateTime'],
    [new Uint8Array(1), '[B'],
    [TABLE, 'com.thingworx.types.InfoTable'],
  ])('of %p is %s', (value, name) => expect(javaClassOf(value)).toBe(name));
});
