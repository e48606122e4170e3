import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { BASE_TYPES, type BaseType } from '../../../../../src/alwayson/codec/base-types.js';
import { isPlainObject } from '../../../../../src/core/objects.js';
import { parseJson, stringifyJson } from '../../../../../src/core/exact-json.js';
import { toBaseType, toWireValue } from '../../../../../src/sandbox/thingworx/values/to-base-type.js';
import { Unconvertible } from '../../../../../src/sandbox/thingworx/values/unconvertible.js';

const baseTypes = fc.constantFrom(...(Object.keys(BASE_TYPES) as BaseType[]));
const inputs = fc.oneof(fc.jsonValue(), fc.string(), fc.double(), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }));

const refusalOf = (baseType: BaseType, input: unknown): string | undefined => {
  try {
    toBaseType(baseType, input);
    return undefined;
  } catch (error) {
    if (error instanceof Unconvertible) return error.message;
    throw error;
  }
};

describe('conversions of any value to any base type', () => {
  it('return a value for the wire or throw the platform’s refusal', () => {
    fc.assert(
      fc.property(baseTypes, inputs, (baseType, input) => {
        const refusal = refusalOf(baseType, input);
        if (refusal === undefined) toWireValue(baseType, input);
        else expect(refusal).toMatch(/^Unable To Convert From \S+ to [A-Z0-9]+(?:: .+)?$/);
      }),
    );
  });

  it('are idempotent', () => {
    const isStable = fc.property(baseTypes, inputs, (baseType, input) => {
      if (refusalOf(baseType, input) !== undefined) return;
      const native = toBaseType(baseType, input);
      if (native !== undefined) expect(toBaseType(baseType, native)).toEqual(native);
    });
    expect(fc.check(isStable)).toMatchObject({ failed: false });
  });

  it('never change a whole number', () => {
    const keepsWhole = fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (whole) => {
      for (const input of [parseJson(String(whole)), String(whole)])
        for (const baseType of ['INTEGER', 'LONG', 'NUMBER'] as const)
          if (refusalOf(baseType, input) === undefined)
            expect(BigInt(toBaseType(baseType, input) as number)).toBe(whole);
    });
    expect(fc.check(keepsWhole)).toMatchObject({ failed: false });
  });

  it('convert JSON to an object whose text has the same digits', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.bigInt(), (value, whole) => {
        const input = [value, whole];
        const native = toBaseType('JSON', input);
        expect(isPlainObject(native)).toBe(true);
        expect(toWireValue('JSON', input)).toBe(stringifyJson({ array: input }));
      }),
    );
  });

  it('convert `true` in any letter case and numbers other than 0 to true, and every other text to false', () => {
    const anyCase = fc.mixedCase(fc.constant('true'));
    const numbers = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(anyCase, numbers, fc.stringMatching(/^[a-su-z ]{0,12}$/), (isTrue, number, text) => {
        expect(toBaseType('BOOLEAN', isTrue)).toBe(true);
        expect(toBaseType('BOOLEAN', number)).toBe(number !== 0);
        expect(toBaseType('BOOLEAN', String(number))).toBe(number !== 0);
        expect(toBaseType('BOOLEAN', text)).toBe(false);
      }),
    );
  });

  it('read a LOCATION from latitude, longitude and elevation in this order', () => {
    const degrees = fc.double({ min: -10_000, max: 10_000, noNaN: true });
    fc.assert(
      fc.property(degrees, degrees, degrees, (latitude, longitude, elevation) => {
        const location = { latitude: latitude + 0, longitude: longitude + 0, elevation: elevation + 0 };
        expect(toBaseType('LOCATION', `${latitude}, ${longitude},${elevation}`)).toEqual(location);
        expect(toBaseType('LOCATION', location)).toEqual(location);
      }),
    );
  });

  it('truncate an INTEGER toward 0', () => {
    fc.assert(
      fc.property(fc.double({ min: -2147483648, max: 2147483647, noNaN: true }), (number) => {
        expect(toBaseType('INTEGER', number)).toBe(Math.trunc(number) + 0);
      }),
    );
  });
});
