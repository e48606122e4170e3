import { describe, expect, it } from '@jest/globals';
import { array, assert, constantFrom, integer, oneof, property, string, tuple } from 'fast-check';
import { isAgentError } from '../../../src/core/errors';
import { literal } from '../../../src/hub-query/literal';
import { parseCondition, parseQuery } from '../../../src/hub-query/parse';
import { compileCondition, compileQuery } from '../../../src/sandbox/iothub/query/evaluate';
import { startProcessorStopwatch } from '../../support/processor-time.js';

/** Any text that is valid between double square brackets; one that ends with a bracket would close them early. */
const name = oneof(
  string({ minLength: 1, maxLength: 12, unit: 'binary' }),
  array(constantFrom('a', '-', '{', '}', "'", '"', ' ', '[', ']', '.', '\\', '\n', 'in', 'NOT', '$'), {
    minLength: 1,
    maxLength: 6,
  }).map((pieces) => pieces.join('')),
).filter((text) => !text.includes(']]') && !text.endsWith(']'));

/** `__proto__` as a key of a literal would set the prototype. */
const nested = (names: readonly string[], value: unknown): unknown =>
  names.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);

const bracketed = (names: readonly string[]): string => names.map((each) => `[[${each}]]`).join('.');

describe('names in double square brackets', () => {
  it('round trip through the parser and the evaluation', () => {
    assert(
      property(array(name, { minLength: 1, maxLength: 4 }), string({ unit: 'binary' }), (names, value) => {
        const twin = { deviceId: 'a', tags: nested(names, value) };
        const path = `tags.${bracketed(names)}`;
        const { where } = parseCondition(`${path} = ${literal(value)}`);
        expect(where).toMatchObject({ left: { kind: 'path', segments: ['tags', ...names] } });
        for (const condition of [
          `${path} = ${literal(value)}`,
          `[[tags]].${bracketed(names)} IN [[[no]], ${literal(value)}]`,
          `IS_DEFINED(${path}) AND NOT IS_DEFINED(${path}.x)`,
          `STARTSWITH(${path}, ${literal(value.slice(0, 3))})`,
        ]) {
          expect(compileCondition(parseCondition(condition))(twin)).toBe(true);
        }
      }),
    );
  });

  it('round trip through projections, aliases and groups', () => {
    assert(
      property(array(name, { minLength: 1, maxLength: 3 }), name, integer(), (names, alias, value) => {
        const twin = { deviceId: 'a', tags: nested(names, value) };
        const path = `tags.${bracketed(names)}`;
        const row = (text: string): unknown => [...compileQuery(parseQuery(text)).run([twin])];
        expect(row(`SELECT ${path} AS [[${alias}]] FROM devices`)).toEqual([Object.fromEntries([[alias, value]])]);
        expect(row(`SELECT ${path} FROM devices GROUP BY ${path}`)).toEqual([
          Object.fromEntries([[names.at(-1), value]]),
        ]);
      }),
    );
  });
});

const SYMBOLS = [
  '[[',
  ']]',
  '[[a]]',
  "'x'",
  '1',
  '0x',
  '9'.repeat(400),
  'a',
  'tags',
  ...'[ ] . ( ) = , - * { $ \' " \\ \n \u2028'.split(' '),
  ' ',
];
const WORDS = 'IN STARTSWITH STARTS_WITH ARRAY_CONTAINS IS_DEFINED SELECT FROM devices WHERE GROUP BY AS NOT TOP'.split(
  ' ',
);
const piece = constantFrom(...SYMBOLS, ...WORDS);

function problemOf(parse: () => unknown): unknown {
  try {
    parse();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('the parser', () => {
  it('throws only its own error, with a position inside the text', () => {
    const text = oneof(
      array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
      string({ maxLength: 60, unit: 'binary' }),
      tuple(
        constantFrom('SELECT * FROM devices WHERE ', 'SELECT '),
        array(piece).map((all) => all.join(' ')),
      ).map((parts) => parts.join('')),
    );
    assert(
      property(text, (input) => {
        for (const parse of [parseCondition, parseQuery]) {
          const problem = problemOf(() => parse(input));
          if (problem === undefined) continue;
          expect(isAgentError(problem, 'QueryInvalid')).toBe(true);
          const { line, column } = (problem as { context: { line: number; column: number } }).context;
          const lines = input.split('\n');
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    '[[',
    '[[a',
    '[[a]]',
    '[[a]].',
    'a IN [[',
    'a IN [[a]]',
    '[',
    'a-',
    'a-1 = ',
    "(a-1 = 'x' OR ",
    'a[',
    '9',
    "'",
    "a = '\\",
    'STARTSWITH(a, ',
    'a.[[b]] = 1 OR ',
    'NOT ',
    'a-1+',
  ])('reads 8,192 characters of %j quickly', (unit) => {
    const text = unit.repeat(Math.ceil(8192 / unit.length)).slice(0, 8192);
    const takenMs = startProcessorStopwatch();
    const problem = problemOf(() => parseCondition(text));
    expect(takenMs()).toBeLessThan(500);
    expect(problem === undefined || isAgentError(problem, 'QueryInvalid')).toBe(true);
  });
});
