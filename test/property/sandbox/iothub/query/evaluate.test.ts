import { describe, expect, it } from '@jest/globals';
import {
  type Arbitrary,
  array,
  assert,
  constant,
  constantFrom,
  dictionary,
  letrec,
  oneof,
  property,
  record,
  tuple,
} from 'fast-check';
import type {
  ArithmeticOperator,
  ComparisonOperator,
  Constant,
  Expression,
  PathExpression,
  Query,
} from '../../../../../src/hub-query/syntax';
import { compileCondition, compileQuery, namedDeviceIds } from '../../../../../src/sandbox/iothub/query/evaluate';
import { naiveMatches, naiveRows } from '../../../../support/sandbox/query/naive-query';

/** Few names and few values, so that paths often find a value and comparisons are often true. */
const name = constantFrom('deviceId', 'tags', 'a', 'b', 'constructor', 'length');
const BIG = 2n ** 53n + 1n;
const scalar = constantFrom<unknown[]>(null, true, false, 0, 1, 2, -1, 'a', 'ab', 'b', '1', '', BIG, -BIG, BIG - 1n);
const member = letrec((tie) => ({
  value: oneof({ depthSize: 'small' }, scalar, array(tie('value'), { maxLength: 2 }), dictionary(name, tie('value'))),
})).value;
const document = dictionary(name, member).map((doc) => ({ ...doc }) as Record<string, unknown>);

const path = tuple(name, array(oneof(name, constantFrom(0, 1)), { maxLength: 2 })).map(
  ([first, rest]): PathExpression => ({ kind: 'path', segments: [first, ...rest] }),
);
const literal = oneof(scalar, constant(undefined)).map((value) => ({ kind: 'constant', value }) as Expression);
const comparisonOperator = constantFrom<ComparisonOperator[]>('=', '!=', '<', '>', '<=', '>=');
const arithmeticOperator = constantFrom<ArithmeticOperator[]>('+', '-', '*', '/', '%');

const expression = letrec<{ any: Expression }>((tie) => ({
  any: oneof(
    { depthSize: 'small', withCrossShrink: true },
    path,
    literal,
    path.map((inner): Expression => ({ kind: 'isDefined', path: inner })),
    record({ kind: constant('startsWith' as const), path, prefix: constantFrom('a', 'ab', '') }),
    record({ kind: constant('arrayContains' as const), path, item: scalar as Arbitrary<Constant> }),
    record({
      kind: constant('comparison' as const),
      operator: comparisonOperator,
      left: tie('any'),
      right: tie('any'),
    }),
    record({ kind: constant('not' as const), operand: tie('any') }),
    record({ kind: constant('negative' as const), operand: tie('any') }),
    record({
      kind: constantFrom('and' as const, 'or' as const),
      operands: array(tie('any'), { minLength: 1, maxLength: 3 }),
    }),
    record({
      kind: constant('membership' as const),
      negated: constantFrom(true, false),
      value: tie('any'),
      items: oneof(array(literal, { maxLength: 3 }), array(tie('any'), { maxLength: 3 })),
    }),
    record({
      kind: constant('arithmetic' as const),
      first: tie('any'),
      steps: array(record({ operator: arithmeticOperator, operand: tie('any') }), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).any;

const documents = array(document, { maxLength: 8 });

describe('evaluation of queries', () => {
  it('agrees with the naive evaluation of conditions', () => {
    assert(
      property(expression, documents, (where, docs) => {
        const matches = compileCondition({ where });
        expect(docs.map((doc) => matches(doc))).toEqual(docs.map((doc) => naiveMatches(where, doc)));
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with the naive evaluation of aggregates and groups', () => {
    const aggregate = tuple(constantFrom('SUM' as const, 'AVG' as const, 'MIN' as const, 'MAX' as const), path);
    assert(
      property(path, aggregate, documents, constantFrom(undefined, 0, 1, 3), (group, [fn, of], docs, top) => {
        const items = [
          { kind: 'aggregate' as const, function: 'COUNT' as const, alias: 'n' },
          { kind: 'aggregate' as const, function: fn, path: of, alias: 'x' },
        ];
        const limit = top === undefined ? {} : { top };
        const grouped: Query = {
          source: 'devices',
          select: [{ kind: 'path', path: group, alias: 'g' }, ...items],
          groupBy: group,
          ...limit,
        };
        const whole: Query = { source: 'devices', select: items };
        for (const query of [grouped, whole]) {
          expect([...compileQuery(query).run(docs)]).toEqual(naiveRows(query, docs));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never excludes a match by the device ids that it names', () => {
    assert(
      property(expression, documents, (where, docs) => {
        const ids = namedDeviceIds(where);
        const missed = docs.filter(
          ({ deviceId, ...doc }) =>
            typeof deviceId === 'string' && ids && naiveMatches(where, { deviceId, ...doc }) && !ids.includes(deviceId),
        );
        expect(missed).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
