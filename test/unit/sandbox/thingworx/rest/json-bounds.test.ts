import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { checkJsonBounds } from '../../../../../src/sandbox/thingworx/rest/parameters.js';

const check = (text: string): void => checkJsonBounds(Buffer.from(text));

describe('checkJsonBounds', () => {
  it.each([
    ['a list of numbers', `[${'1,'.repeat(200_000)}1]`],
    ['empty objects', `[${'{},'.repeat(100_001)}1]`],
    ['empty lists without commas, which is not JSON', '[]'.repeat(200_001)],
    ['members', `{${'"a":1,'.repeat(200_001)}}`],
  ])('refuses too many values: %s', (_what, text) => {
    expect(() => check(text)).toThrow(
      expect.objectContaining({
        status: 413,
        message: 'Payload Too Large : the body has more than 200000 values; send it in parts',
      }),
    );
  });

  it.each(['[', '{"a":', '{"a":['])('refuses %s nested too deeply', (opening) => {
    expect(() => check(opening.repeat(1_000_000))).toThrow(
      expect.objectContaining({ status: 400, message: 'Bad Request : the body is nested more than 80 deep' }),
    );
  });

  it.each([
    ['commas and brackets in strings', JSON.stringify({ a: ',[{'.repeat(500_000), b: '\\"'.repeat(300_000) })],
    ['an unterminated string', `"${',['.repeat(300_000)}`],
    ['backslashes', `["${'\\\\'.repeat(1_000_000)}"]`],
    ['80 levels', `${'['.repeat(80)}${']'.repeat(80)}`],
  ])('accepts %s', (_what, text) => {
    expect(() => check(text)).not.toThrow();
  });

  it('accepts any small document, whatever its strings contain', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        expect(() => check(text)).not.toThrow();
      }),
    );
  });

  it('finds the ends of strings where JSON.parse finds them', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', '\\', ',', 'a', '[') }), fc.nat(100), (value, more) => {
        // As many values as fit beside one string: a comma that was counted inside it would be one too many.
        const list = (count: number): string => `[${JSON.stringify(value)}${',1'.repeat(count)}]`;
        expect(() => check(list(199_999 - more))).not.toThrow();
        expect(() => check(list(200_000))).toThrow('more than 200000 values');
      }),
      { numRuns: 25 },
    );
  });
});
