import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { addressInputs } from '../../../../../src/sandbox/thingworx/rest/parameters.js';

describe('addressInputs', () => {
  it.each([
    ['/s', {}],
    ['/s?', {}],
    ['/s?&&', {}],
    ['/s?a=1', { a: '1' }],
    ['/s?a=1&b=2&', { a: '1', b: '2' }],
    ['/s?a', { a: '' }],
    ['/s?a=', { a: '' }],
    ['/s?a=b=c', { a: 'b=c' }],
    ['/s?a=b?c', { a: 'b?c' }],
    ['/s?a=x+y%20z%2B', { a: 'x y z+' }],
    ['/s?%61=%C3%A9%F0%9F%98%80', { a: 'é😀' }],
    ['/s?a=%7B%22x%22%3A1%7D', { a: '{"x":1}' }],
    ['/s?A=1&a=2', { A: '1', a: '2' }],
    ['/s?toString=1&constructor=2', { toString: '1', constructor: '2' }],
  ])('%s has the inputs %j', (target, inputs) => {
    expect(addressInputs(target)).toEqual(inputs);
  });

  it('treats __proto__ as an ordinary name', () => {
    expect(Object.entries(addressInputs('/s?__proto__=1'))).toEqual([['__proto__', '1']]);
  });

  it.each([
    ['/s?a=1&a=1', 'Bad Request : the input a occurs twice in the address'],
    ['/s?a=1&%61=2', 'Bad Request : the input a occurs twice in the address'],
    ['/s?=1', 'Bad Request : an input in the address has no name'],
    ['/s?a=100%', 'Bad Request : "100%" in the address is not percent-encoded UTF-8'],
    ['/s?a=%zz', 'Bad Request : "%zz" in the address is not percent-encoded UTF-8'],
    ['/s?a=%FF', 'Bad Request : "%FF" in the address is not percent-encoded UTF-8'],
    ['/s?%E9=1', 'Bad Request : "%E9" in the address is not percent-encoded UTF-8'],
  ])('refuses %s', (target, message) => {
    expect(() => addressInputs(target)).toThrow(expect.objectContaining({ status: 400, message }));
  });

  it('decodes anything that a client encodes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })),
        fc.boolean(),
        (inputs, isForm) => {
          const encode = (text: string): string => encodeURIComponent(text);
          const pairs = Object.entries(inputs).map(([name, value]) => `${encode(name)}=${encode(value)}`);
          const query = isForm ? new URLSearchParams(Object.entries(inputs)).toString() : pairs.join('&');
          expect(Object.entries(addressInputs(`/s?${query}`))).toEqual(Object.entries(inputs));
        },
      ),
    );
  });
});
