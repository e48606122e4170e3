import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { BASE_TYPES, type BaseType } from '../../../src/alwayson/codec/base-types.js';
import {
  convertLoose,
  decodeNative,
  encodeNative,
  makeField,
  rowsFromTable,
  tableFromJson,
  tableFromRows,
  tableToJson,
} from '../../../src/alwayson/values.js';
import { parseJson, stringifyJson } from '../../../src/core/exact-json.js';
import { isAgentError } from '../../../src/core/errors.js';

/** Native values that neither the wire nor REST changes. */
const NATIVE = {
  STRING: fc.string({ unit: 'grapheme' }),
  NUMBER: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  INTEGER: fc.integer(),
  BOOLEAN: fc.boolean(),
  DATETIME: fc.date({ noInvalidDate: true }),
  JSON: fc.jsonValue({ maxDepth: 3 }).map((value) => parseJson(JSON.stringify(value))),
  LOCATION: fc.record({ latitude: fc.integer(), longitude: fc.integer(), elevation: fc.integer() }),
} as const satisfies Partial<Record<BaseType, fc.Arbitrary<unknown>>>;

const typed = fc.constantFrom(...(Object.keys(NATIVE) as (keyof typeof NATIVE)[])).chain((baseType) => {
  const arbitrary: fc.Arbitrary<unknown> = NATIVE[baseType];
  return arbitrary.map((native) => ({ baseType, native }));
});

describe('values', () => {
  it('are the same after encoding and decoding, and match their own base type', () => {
    fc.assert(
      fc.property(typed, ({ baseType, native }) => {
        expect(decodeNative(baseType, encodeNative(baseType, native))).toEqual(native);
        expect(convertLoose(baseType, native)).toEqual(native);
      }),
    );
  });

  it('are the same after a conversion to REST and back', () => {
    fc.assert(
      fc.property(typed, ({ baseType, native }) => {
        fc.pre(!(baseType === 'JSON' && native === null));
        const table = tableFromRows([makeField('cell', baseType)], [{ cell: native }]);
        const json = parseJson(stringifyJson(tableToJson(table)) ?? '');
        expect(rowsFromTable(tableFromJson(json))).toEqual([{ cell: native }]);
      }),
    );
  });

  it('are the same after a conversion to text and back, or are refused with a code', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') }),
        (integer, date) => {
          expect(convertLoose('INTEGER', String(integer))).toBe(integer);
          expect(convertLoose('DATETIME', date.toISOString())).toEqual(date);
        },
      ),
    );
  });

  it('of any kind are converted or refused with InvalidArgument, for every base type', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(BASE_TYPES) as BaseType[])),
        fc.anything({ withBigInt: true, withDate: true }),
        (baseType, input) => {
          try {
            convertLoose(baseType, input);
          } catch (error) {
            expect(isAgentError(error, 'InvalidArgument')).toBe(true);
          }
        },
      ),
    );
  });
});
