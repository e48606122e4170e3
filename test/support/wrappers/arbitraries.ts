/** Random descriptions with one service, and random values for its parameters. */
import * as fc from 'fast-check';
import { inexactNumberPath, parseJson } from '../../../src/core/exact-json.js';
import type { TestValue } from './rhino-values.js';

const absent: fc.Arbitrary<TestValue> = fc
  .constantFrom('undefined' as const, 'null' as const, 'undeclared' as const)
  .map((as) => ({
    is: 'absent',
    as,
  }));

const plain = (values: fc.Arbitrary<string | number | boolean>): fc.Arbitrary<TestValue> =>
  values.map((value) => ({ is: 'plain', value }));

/** Texts that break what is not careful: quotes, ends of CDATA and comments, line separators, emoji, escapes. */
export const nastyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc
    .array(
      fc.constantFrom(
        "'",
        '"',
        '\\',
        ']]>',
        '*/',
        '</script>',
        '\u2028',
        '\u2029',
        '\u0000',
        '\u0085',
        '\n',
        '😀',
        '{site}',
        '$&',
        "' OR 1=1 --",
        '%',
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join('')),
);

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

const jsonValue = fc
  .jsonValue({ maxDepth: 3, noUnicodeString: false })
  .filter((value) => value !== null && !JSON.stringify(value).includes('__proto__'))
  // A description with a whole number that a double cannot hold is refused; that has tests of its own.
  .filter((value) => inexactNumberPath(parseJson(JSON.stringify(value)), 'value') === undefined)
  .filter((value) => !hasLongNumber(value));

/** A script refuses whole numbers of 17 to 21 digits, since it sees them only as doubles; the agent sees their digits. */
const hasLongNumber = (value: unknown): boolean =>
  typeof value === 'number'
    ? Math.abs(value) > Number.MAX_SAFE_INTEGER && Math.abs(value) < 1e21
    : typeof value === 'object' && value !== null && Object.values(value).some(hasLongNumber);

interface TypeSpec {
  readonly baseType: string;
  readonly value: fc.Arbitrary<TestValue>;
}

const dateMs = fc.integer({ min: -8_640_000_000_000, max: 8_640_000_000_000 });

const SCALARS: readonly TypeSpec[] = [
  { baseType: 'STRING', value: plain(nastyText) },
  { baseType: 'THINGNAME', value: plain(nastyText) },
  { baseType: 'XML', value: plain(nastyText) },
  {
    baseType: 'NUMBER',
    value: plain(
      fc.oneof(
        finite,
        fc.constantFrom(Number.NaN, 'x', '12.5', true),
        fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
        fc
          .tuple(fc.bigInt({ min: 0n, max: 2n ** 60n }), fc.integer({ min: -30, max: 30 }))
          .map(([digits, exponent]) => `${digits}e${exponent}`),
        fc.integer({ min: 40, max: 70 }).map((power) => 2 ** power),
      ),
    ),
  },
  { baseType: 'INTEGER', value: plain(fc.oneof(fc.integer(), finite, fc.constantFrom('7', '', 2 ** 31))) },
  { baseType: 'LONG', value: plain(fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2 ** 53, 1.5))) },
  { baseType: 'BOOLEAN', value: plain(fc.oneof(fc.boolean(), fc.constantFrom('true', 'false', 'yes', 1))) },
  { baseType: 'DATETIME', value: dateMs.map((ms): TestValue => ({ is: 'date', ms })) },
  {
    baseType: 'LOCATION',
    value: fc
      .record({ latitude: finite, longitude: finite, elevation: finite })
      .map((location): TestValue => ({ is: 'location', ...location })),
  },
  { baseType: 'JSON', value: jsonValue.map((value): TestValue => ({ is: 'json', value })) },
  { baseType: 'QUERY', value: jsonValue.map((value): TestValue => ({ is: 'json', value })) },
  {
    baseType: 'BLOB',
    value: fc.oneof(
      fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 }).map((bytes): TestValue => ({ is: 'bytes', bytes })),
      fc.base64String({ maxLength: 12 }).map((value): TestValue => ({ is: 'plain', value })),
    ),
  },
  { baseType: 'TAGS', value: plain(fc.constantFrom('A:b', 'A:b,C:d', ' A:b ; C:d ', '', 'nonsense', ':', 'A:b:c')) },
];

const CELLS = SCALARS.map((spec, index) => ({ name: `f${index}`, ...spec }));

const rows = fc
  .array(fc.record(Object.fromEntries(CELLS.map(({ name, value }) => [name, fc.oneof(absent, value)]))), {
    maxLength: 3,
  })
  .map((list): TestValue => ({ is: 'table', rows: list }));

const TYPES: readonly TypeSpec[] = [...SCALARS, { baseType: 'INFOTABLE', value: rows }];

const BOUNDS: Readonly<Record<string, fc.Arbitrary<Record<string, unknown>>>> = {
  STRING: fc.constantFrom({}, { minLength: 1, maxLength: 8 }, { pattern: "^[^']*$" }, { maxLength: 3 }),
  NUMBER: fc.constantFrom({}, { minimum: -5.5, maximum: 1e6 }, { minimum: 0 }),
  INTEGER: fc.constantFrom({}, { minimum: 0, maximum: 600 }),
};

export interface RandomCall {
  /** The description, to be written as JSON. */
  readonly description: Readonly<Record<string, unknown>>;
  readonly values: Readonly<Record<string, TestValue>>;
}

const PLACES = ['', '/deep', '/deep/er', '/p~1q', '/ü 😀'] as const;

interface Parameter {
  readonly raw: Record<string, unknown>;
  readonly value: TestValue;
}

const parameter = (index: number): fc.Arbitrary<Parameter> =>
  fc
    .constantFrom(...TYPES)
    .chain((type) =>
      fc.record({
        type: fc.constant(type),
        bounds: BOUNDS[type.baseType] ?? fc.constant({}),
        required: fc.boolean(),
        place: fc.constantFrom(...PLACES),
        value: fc.oneof({ arbitrary: absent, weight: 1 }, { arbitrary: type.value, weight: 4 }),
      }),
    )
    .map(({ type, bounds, required, place, value }) => ({
      raw: {
        name: `p${index}`,
        baseType: type.baseType,
        required,
        payloadPath: `${place}/p${index}`,
        ...(type.baseType === 'INFOTABLE' ? { dataShape: 'Rows_DS' } : {}),
        ...bounds,
      },
      value,
    }));

/** A description with one method, and values for its parameters. */
export const randomCall: fc.Arbitrary<RandomCall> = fc
  .record({
    parameters: fc
      .integer({ min: 0, max: 6 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => parameter(index)))),
    constant: fc.option(jsonValue, { nil: undefined }),
    site: plain(nastyText),
    startTime: fc.oneof(
      absent,
      dateMs.map((ms): TestValue => ({ is: 'date', ms })),
    ),
    queryCondition: fc.oneof(absent, plain(fc.constantFrom('', '*', "tags.site = 'b'"))),
  })
  .map(({ parameters, constant, site, startTime, queryCondition }) => ({
    description: {
      bundle: { name: 'random', version: '1.0.0' },
      dataShapes: [{ name: 'Rows_DS', fields: CELLS.map(({ name, baseType }) => ({ name, baseType })) }],
      services: [
        {
          name: 'Do',
          kind: 'deviceMethod',
          parameters: [...parameters.map(({ raw }) => raw), { name: 'site', baseType: 'STRING', required: true }],
          ...(constant === undefined ? {} : { constants: { '/constant/value': constant } }),
          job: { queryCondition: 'tags.site = {site}', callerMaySet: ['startTime', 'queryCondition'] },
        },
      ],
    },
    values: {
      ...Object.fromEntries(parameters.map(({ raw, value }) => [raw['name'] as string, value])),
      site,
      startTime,
      queryCondition,
    },
  }));

/** A base type, a value for it, and the data shapes that it needs. */
export const typedValue = fc.constantFrom(...TYPES).chain(({ baseType, value }) =>
  value.map((one) => ({
    baseType,
    value: one,
    dataShapes:
      baseType === 'INFOTABLE'
        ? [{ name: 'Rows_DS', fields: CELLS.map((cell) => ({ name: cell.name, baseType: cell.baseType })) }]
        : [],
  })),
);

const json = (values: fc.Arbitrary<unknown>): fc.Arbitrary<TestValue> => values.map((value) => ({ is: 'json', value }));
const orEmpty = (values: fc.Arbitrary<TestValue>): fc.Arbitrary<TestValue> =>
  fc.oneof({ arbitrary: absent, weight: 3 }, { arbitrary: values, weight: 4 }, plain(fc.constant('')));

/** Options of a roll-out: values that a description accepts, and values of callers that the wrapper may refuse. */
const ROLLOUT_VALUES: Readonly<
  Record<string, readonly [fixed: fc.Arbitrary<unknown>, callers: fc.Arbitrary<TestValue>]>
> = {
  rolloutId: [fc.constant('r-1'), plain(fc.constantFrom('r-2', 'a b', 'x'.repeat(41)))],
  description: [fc.constantFrom('', 'x', ']]> */'), plain(nastyText)],
  startTime: [fc.constant('2030-01-01T00:00:00Z'), dateMs.map((ms): TestValue => ({ is: 'date', ms }))],
  batchSize: [fc.integer({ min: 1, max: 9 }), plain(fc.constantFrom(0, 1, 1.5, '7', 100_001))],
  batchGrowth: [fc.constantFrom(1, 1.5, 10), plain(fc.constantFrom(0.5, 2.25, 'x'))],
  promotion: [fc.constantFrom('manual', 'afterFirst'), plain(fc.constantFrom('automatic', 'fast'))],
  abort: [fc.constant([{ on: 'any', count: 1 }]), json(fc.oneof(fc.constant([]), jsonValue))],
  retryOn: [fc.constant(['refused']), json(fc.constantFrom(['offline'], [], { array: ['refused'] }))],
  deviceIds: [fc.constant(["a'", 'b']), json(fc.constantFrom(['a'], [], [1], { array: ['a'] }, { a: 1 }))],
  queryCondition: [fc.constant('tags.site = {site}'), plain(fc.constantFrom('*', "tags.site = 'b'", 5))],
  verifyCondition: [fc.constant('tags.v = {site}'), plain(nastyText)],
};

/** A description with one service that starts a roll-out, and values for its parameters. */
export const randomRollout: fc.Arbitrary<RandomCall> = fc
  .record({
    isMethod: fc.boolean(),
    site: plain(nastyText),
    targets: fc.constantFrom('queryCondition', 'deviceIds'),
    options: fc.record(
      Object.fromEntries(
        Object.entries(ROLLOUT_VALUES).map(([name, [fixed, callers]]) => [
          name,
          fc.record({
            fixed: fc.option(fixed, { nil: undefined }),
            isCallers: fc.boolean(),
            callers: orEmpty(callers),
          }),
        ]),
      ),
    ),
    defaults: fc.record(Object.fromEntries(Object.entries(ROLLOUT_VALUES).map(([name, [fixed]]) => [name, fixed]))),
  })
  .map(({ isMethod, site, targets, options, defaults }) => {
    const isOther = (name: string): boolean => ['queryCondition', 'deviceIds'].includes(name) && name !== targets;
    const named = Object.entries(options);
    const fixed = named.map(([name, { fixed: value }]) => [
      name,
      isOther(name) ? undefined : name === targets ? defaults[name] : value,
    ]);
    const callers = named.filter(([, { isCallers }]) => isCallers);
    return {
      description: {
        bundle: { name: 'random', version: '1.0.0' },
        services: [
          {
            name: 'Do',
            kind: isMethod ? 'deviceMethod' : 'twinUpdate',
            parameters: [{ name: 'site', baseType: 'STRING', required: true, payloadPath: '/tags/site' }],
            rollout: { ...Object.fromEntries(fixed), callerMaySet: callers.map(([name]) => name) },
          },
        ],
      },
      values: { site, ...Object.fromEntries(callers.map(([name, option]) => [name, option.callers])) },
    };
  });
