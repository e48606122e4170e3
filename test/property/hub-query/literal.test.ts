import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { literal } from '../../../src/hub-query/literal';
import { parseCondition } from '../../../src/hub-query/parse';

const constantOf = (text: string): unknown => {
  const { where } = parseCondition(`a = ${text}`);
  return where?.kind === 'comparison' && where.right.kind === 'constant' ? where.right.value : 'not a constant';
};

describe('literal', () => {
  it('gives back every string, whatever it holds', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => constantOf(literal(value)) === value));
    for (const value of ["'", '\\', "\\'", "' OR 1 = 1 OR a = '", '\n\u2028\0', '"']) {
      expect(constantOf(literal(value))).toBe(value);
    }
  });

  it('gives back every finite number and boolean', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
        Object.is(constantOf(literal(value)), value === 0 ? 0 : value),
      ),
    );
    expect(constantOf(literal(true))).toBe(true);
  });

  it('refuses numbers that are none', () => {
    expect(() => literal(Number.NaN)).toThrow('finite');
    expect(() => literal(Number.POSITIVE_INFINITY)).toThrow('finite');
  });
});

describe('parseCondition', () => {
  it('answers or refuses any text, with a position inside it', () => {
    const piece = fc.constantFrom(
      'a',
      'tags',
      '.',
      "'x'",
      '(',
      ')',
      '[',
      ']',
      'AND',
      'NOT',
      'IN',
      '=',
      '1',
      ',',
      ' ',
      '-',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join(' ')),
        (text) => {
          try {
            return parseCondition(text).source === 'devices';
          } catch (error) {
            const { column } = (error as { context: { column: number } }).context;
            return column >= 1 && column <= text.length + 1;
          }
        },
      ),
    );
  });
});
