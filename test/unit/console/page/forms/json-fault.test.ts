import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { jsonFault } from '../../../../../src/console/page/forms/json-fault.js';

describe('the place where a text stops being JSON', () => {
  it.each([
    ['{"a": 1,}', 1, 9],
    ['{"a" 1}', 1, 6],
    ['[1, 2', 1, 6],
    ['{\n  "a": tru\n}', 2, 8],
    ['"no end', 1, 1],
    ['01', 1, 1],
    ['{} x', 1, 4],
    ['', 1, 1],
  ])('in %j is line %d, column %d', (text, line, column) => {
    expect(jsonFault(text)).toMatchObject({ line, column });
  });

  it('does not exist in JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => expect(jsonFault(text)).toBeNull()));
  });

  it('is at the end of the text or before, whatever was cut off', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, length) => {
        const cut = text.slice(0, length % text.length);
        const fault = jsonFault(cut);
        expect(fault === null || fault.offset <= cut.length).toBe(true);
      }),
    );
  });

  it('is found in a text that is nested too deeply', () => {
    expect(jsonFault('['.repeat(100_000))).not.toBeNull();
  });
});
