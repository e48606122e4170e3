import { describe, expect, it } from '@jest/globals';
import { array, assert, bigInt, constantFrom, double, property, string } from 'fast-check';
import { literal } from '../../../src/hub-query/literal';
import { parseCondition } from '../../../src/hub-query/parse';

const constantOf = (text: string): unknown => {
  const { where } = parseCondition(`a = ${text}`);
  return where?.kind === 'comparison' && where.right.kind === 'constant' ? where.right.value : 'not a constant';
};

describe('literal', () => {
  it('round trips every string', () => {
    assert(property(string({ unit: 'binary' }), (value) => constantOf(literal(value)) === value));
    for (const value of ["'", '\\', "\\'", "' OR 1 = 1 OR a = '", '\n\u2028\0', '"']) {
      expect(constantOf(literal(value))).toBe(value);
    }
  });

  it('round trips every finite number and boolean', () => {
    assert(
      property(double({ noNaN: true, noDefaultInfinity: true }), (value) =>
        // Whole numbers beyond 2^53 are read as bigints with their original digits.
        Object.is(Number(constantOf(literal(value))), value === 0 ? 0 : value),
      ),
    );
    assert(property(bigInt(), (value) => BigInt(constantOf(literal(value)) as number | bigint) === value));
    expect(constantOf(literal(true))).toBe(true);
  });

  it('refuses numbers that are not finite', () => {
    expect(() => literal(Number.NaN)).toThrow('finite');
    expect(() => literal(Number.POSITIVE_INFINITY)).toThrow('finite');
  });
});

function columnOfError(text: string): number {
  try {
    parseCondition(text);
    return 1;
  } catch (error) {
    return (error as { context: { column: number } }).context.column;
  }
}

describe('parseCondition', () => {
  it('parses or refuses any text, with a position inside it', () => {
    const piece = constantFrom(
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
    assert(
      property(
        array(piece).map((pieces) => pieces.join(' ')),
        (text) => {
          const column = columnOfError(text);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(column).toBeLessThanOrEqual(text.length + 1);
        },
      ),
    );
  });
});
