import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isPlainObject, omitUndefined } from '../../../src/core/objects.js';

describe('isPlainObject', () => {
  it.each([[{}], [{ a: 1 }], [Object.create(null)], [JSON.parse('{"__proto__": 1}')]])('accepts %p', (value) => {
    expect(isPlainObject(value)).toBe(true);
  });

  it.each([
    [undefined],
    [null],
    [0],
    [''],
    [[]],
    [new Date()],
    [new Uint8Array(1)],
    [new Map()],
    [new URL('http://host')],
    [() => 0],
  ])('refuses %p', (value) => {
    expect(isPlainObject(value)).toBe(false);
  });

  it('judges the values of another realm like its own', () => {
    const [object, array, date] = runInNewContext('[{ a: 1 }, [], new Date()]') as readonly unknown[];
    expect([object, array, date].map(isPlainObject)).toEqual([true, false, false]);
    expect(isPlainObject(structuredClone({ a: 1 }))).toBe(true);
  });

  it('accepts of all JSON values exactly the objects', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy: unknown = JSON.parse(JSON.stringify(value));
        expect(isPlainObject(copy)).toBe(JSON.stringify(copy).startsWith('{'));
      }),
    );
  });
});

describe('omitUndefined', () => {
  it('leaves out undefined alone, and keeps null, false, zero and empty texts', () => {
    const kept = { a: null, b: false, c: 0, d: '', e: Number.NaN };
    expect(omitUndefined({ ...kept, f: undefined })).toStrictEqual(kept);
  });

  it('returns a copy whose types allow for what is missing', () => {
    const given: { a: number; b: number | undefined } = { a: 1, b: undefined };
    const result: { readonly a: number; readonly b?: number } = omitUndefined(given);
    expect(result).toStrictEqual({ a: 1 });
    expect(result).not.toBe(given);
  });

  it('keeps the members of any object that have a value, in their order', () => {
    const members = fc.dictionary(fc.string(), fc.option(fc.jsonValue(), { nil: undefined }));
    fc.assert(
      fc.property(members, (given) => {
        const wanted = Object.entries(given).filter(([, value]) => value !== undefined);
        expect(Object.entries(omitUndefined(given))).toStrictEqual(wanted);
      }),
    );
  });
});
