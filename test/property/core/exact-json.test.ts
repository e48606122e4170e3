import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseJson, stringifyJson } from '../../../src/core/exact-json.js';

const leaf = fc.oneof(
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map((value) => {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => Number(JSON.stringify(value))),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('json')), fc.dictionary(fc.string(), tie('json'))),
}));

describe('JSON with exact numbers', () => {
  it('round trips, with any indent', () => {
    fc.assert(
      fc.property(json, fc.nat({ max: 4 }), (value, indent) => {
        const text = stringifyJson(value, indent) ?? '';
        expect(stringifyJson(parseJson(text), indent)).toBe(text);
      }),
    );
  });

  it('accepts and refuses the same texts as JSON.parse', () => {
    const text = fc.oneof(
      json.map((value) => stringifyJson(value) ?? ''),
      fc.string(),
      fc
        .tuple(json, fc.nat(), fc.constantFrom('"', '\\', ',', '}', ']', '1', 'e', '.', '-', ' ', '\n', '0'))
        .map(([value, at, character]) => {
          const whole = stringifyJson(value) ?? '';
          const offset = at % (whole.length + 1);
          return whole.slice(0, offset) + character + whole.slice(offset);
        }),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        const [ours, theirs] = [attempt(() => parseJson(candidate)), attempt(() => JSON.parse(candidate) as unknown)];
        // A double overflows to Infinity, whereas an exact whole number with too many digits is refused.
        fc.pre(!/e\+?0*\d{3}/i.test(candidate) || ours !== undefined || theirs === undefined);
        expect(ours === undefined).toBe(theirs === undefined);
        if (ours && theirs) expect(rounded(ours.value)).toStrictEqual(theirs.value);
      }),
      { numRuns: 2000 },
    );
  });
});

function attempt(read: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: read() };
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return undefined;
  }
}

/** Replaces each bigint with the double that JSON.parse returns for it. */
function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, rounded(member)]));
}
