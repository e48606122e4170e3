import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isAgentError } from '../../../src/core/errors.js';
import { guardMethod } from '../../../src/jobs/guards.js';
import { startProcessorStopwatch } from '../../support/processor-time.js';

function isAllowed(pattern: string, name: string): boolean {
  try {
    guardMethod({ allowedMethods: [pattern] }, name);
    return true;
  } catch (error) {
    if (isAgentError(error, 'Forbidden')) return false;
    throw error;
  }
}

/** Whether a pattern matches, determined by trying every possibility. */
function matchesNaively(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  if (!pattern.startsWith('*'))
    return pattern[0] === name[0] && name !== '' && matchesNaively(pattern.slice(1), name.slice(1));
  for (let taken = 0; taken <= name.length; taken += 1)
    if (matchesNaively(pattern.slice(1), name.slice(taken))) return true;
  return false;
}

const text = (letters: string, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...letters.split('')), { maxLength }).map((characters) => characters.join(''));

describe('guards.allowedMethods', () => {
  it('allows exactly the methods that a pattern matches', () => {
    fc.assert(
      fc.property(text('ab*', 7), text('ab', 9), (pattern, name) => {
        expect(isAllowed(pattern, name)).toBe(matchesNaively(pattern, name));
      }),
      { numRuns: 5000 },
    );
  });

  it.each(['.', '+', '?', '(', ')', '[', ']', '{', '}', '^', '$', '|', '\\', '/', '\n'])(
    'takes %p for itself',
    (character) => {
      expect(isAllowed(`a${character}b`, `a${character}b`)).toBe(true);
      expect(isAllowed(`a${character}b`, 'axb')).toBe(false);
      expect(isAllowed(`*${character}*`, `x${character}y`)).toBe(true);
      expect(isAllowed('a*b', `a${character}b`)).toBe(true);
    },
  );

  it.each([
    ['*a'.repeat(50) + '*b', 'a'.repeat(100)],
    ['*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(100)],
    [`${'*'.repeat(100_000)}b`, 'a'.repeat(100)],
    ['*a'.repeat(100_000), 'a'.repeat(100)],
    [`*${'a'.repeat(50)}b*`, 'a'.repeat(100)],
  ])('is fast for the pattern %.30s', (pattern, name) => {
    const takenMs = startProcessorStopwatch();
    for (let run = 0; run < 20; run += 1) expect(isAllowed(pattern, name)).toBe(false);
    expect(takenMs()).toBeLessThan(2000);
  });
});
