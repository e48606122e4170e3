import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { scrubber } from '../../../src/core/scrub.js';
import { startProcessorStopwatch } from '../../support/processor-time.js';

/** Ways to escape a character, several of which may occur in one text. */
const WAYS: readonly ((character: string) => string)[] = [
  (character) => JSON.stringify(character).slice(1, -1),
  (character) => `\\u${code(character).padStart(4, '0')}`,
  (character) => `\\U${code(character).padStart(4, '0')}`.replace('U', 'u').toUpperCase().replace('\\U', '\\u'),
  (character) => `%${code(character).padStart(2, '0')}`,
  (character) => `&#x${code(character)};`,
  (character) => `&#${character.charCodeAt(0)};`,
];

const code = (character: string): string => character.charCodeAt(0).toString(16);

const printableAscii = fc.integer({ min: 0x21, max: 0x7e }).map((value) => String.fromCharCode(value));
const secret = fc.array(printableAscii, { minLength: 12, maxLength: 60 }).map((characters) => characters.join(''));
const surroundings = fc.array(fc.constantFrom('a', ' ', '\\', '%', '&', '"', '😀', '%4', '\\u00'), { maxLength: 6 });

describe('scrubber', () => {
  it('masks any secret in any mixture of escapes, and keeps the text around it', () => {
    fc.assert(
      fc.property(secret, fc.array(fc.nat(WAYS.length - 1), { minLength: 60, maxLength: 60 }), (key, ways) => {
        const written = Array.from(key)
          .map((character, index) => WAYS[ways[index] ?? 0]?.(character))
          .join('');
        expect(scrubber([key])(`begin ${written} end`)).toBe('begin ******** end');
      }),
      { numRuns: 500 },
    );
  });

  it('masks a secret whatever text surrounds it', () => {
    fc.assert(
      fc.property(secret, surroundings, surroundings, (key, before, after) => {
        expect(scrubber([key])(`${before.join('')}${key}${after.join('')}`)).not.toContain(key);
      }),
      { numRuns: 500 },
    );
  });

  it('takes time in proportion to the length of a hostile text', () => {
    const scrub = scrubber(['\\'.repeat(20), '%'.repeat(20), 'an-ordinary-secret']);
    const seeds = [
      '\\',
      '%',
      '%25',
      '&#38;',
      '://',
      '://a:',
      'authorization ',
      'authorization: Basic ',
      'sig=',
      '&amp;',
    ];
    for (const seed of seeds) {
      const takenMs = startProcessorStopwatch();
      scrub(seed.repeat(Math.ceil(200_000 / seed.length)));
      expect(takenMs()).toBeLessThan(1_500);
    }
  });
});
