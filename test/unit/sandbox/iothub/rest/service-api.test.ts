import { describe, expect, it } from '@jest/globals';
import { assert, constantFrom, date, integer, property, string } from 'fast-check';
import { checkApiVersion, effectiveMethod } from '../../../../../src/sandbox/iothub/rest/service-api.js';
import { readWholeNumber } from '../../../../../src/sandbox/iothub/answers/wire-values.js';

describe('an api-version', () => {
  const day = date({ min: new Date('1990-01-01'), max: new Date('2999-12-31'), noInvalidDate: true });

  it('is any date from 2018-06-30 on, including previews', () => {
    assert(
      property(day, constantFrom('', '-preview', '-Preview'), (when, suffix) => {
        const text = when.toISOString().slice(0, 10);
        const check = (): void => checkApiVersion(text + suffix);
        if (text >= '2018-06-30') check();
        else expect(check).toThrow('2018-06-30');
      }),
    );
  });

  it('is nothing else, and the error shows only the start of it', () => {
    const isDate = /^\d{4}-\d{2}-\d{2}(-preview)?$/iu;
    assert(
      property(
        string({ unit: 'binary' }).filter((text) => !isDate.test(text)),
        (text) => expect(() => checkApiVersion(text)).toThrow('is not a date'),
      ),
    );
    expect(() => checkApiVersion('x'.repeat(9999))).toThrow(/^.{0,120}$/u);
    expect(() => checkApiVersion(null)).toThrow('missing');
  });
});

describe('a whole number', () => {
  it('is accepted as a number and as a string', () => {
    assert(
      property(integer(), constantFrom('', ' ', '\t'), (number, blank) => {
        expect(readWholeNumber(number)).toBe(number);
        expect(readWholeNumber(`${blank}${number}${blank}`)).toBe(number);
      }),
    );
    expect(readWholeNumber('+007')).toBe(7);
  });

  const texts = ['', ' ', '30x', '30.0', '3e1', '0x1e', '1 2', '--1', '1_000', '١٢', '9'.repeat(16), 'NaN', 'Infinity'];
  const others = [1.5, NaN, Infinity, 2 ** 53, 2n ** 64n, true, null, undefined, [30], { valueOf: () => 1 }];
  it.each([...texts, ...others])('is not %p', (given) => {
    expect(readWholeNumber(given)).toBeUndefined();
  });
});

describe('the effective method', () => {
  it('is the override of a POST in any letter case, and of no other method', () => {
    const method = (actual: string, override?: string): string =>
      effectiveMethod({
        method: actual,
        headers: override === undefined ? {} : { 'x-http-method-override': override },
      });
    for (const spelling of ['PATCH', 'patch', 'Patch', ' PATCH ']) expect(method('POST', spelling)).toBe('PATCH');
    for (const actual of ['GET', 'PUT', 'DELETE', 'PATCH']) expect(method(actual, 'POST')).toBe(actual);
    expect([method('POST'), method('POST', ''), method('POST', ' ')]).toEqual(['POST', 'POST', 'POST']);
  });
});
