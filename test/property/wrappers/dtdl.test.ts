import { expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { isAgentError } from '../../../src/core/errors.js';
import { descriptionFromDtdl } from '../../../src/wrappers/dtdl/from-dtdl.js';
import { problemsOf } from '../../support/wrappers/descriptions.js';

const RUNS = process.env['LOAD'] === 'full' ? 5000 : 300;

type Json = string | number | boolean | Json[] | { [key: string]: Json };

/** Replaces every string `#` with a unique mark that can be searched for. */
function marked(value: Json, marks: string[]): Json {
  if (value === '#') {
    marks.push(`mark${marks.length}x`);
    return marks.at(-1) as string;
  }
  if (Array.isArray(value)) return value.map((item) => marked(item, marks));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, marked(item, marks)]));
}

const some = (fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<{ [key: string]: Json }> =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<{ [key: string]: Json }>;

/** Members that any element may have. */
const extras = some({
  displayName: fc.constantFrom<Json[]>('#', { en: '#', de: '#' }),
  description: fc.constantFrom<Json[]>('#', { fr: '#', en: '#' }),
  comment: fc.constant('#'),
  unit: fc.constant('#'),
  '@id': fc.constant('#'),
  accuracy: fc.constantFrom<Json[]>('#', { of: '#' }),
});

const typed = (type: string): fc.Arbitrary<Json> =>
  fc.constantFrom<Json[]>(type, [type], [type, '#'], ['#', type, '#']);

const element = (type: string, own: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Json> =>
  fc.tuple(extras, fc.record({ '@type': typed(type), ...own })).map(([more, given]) => ({ ...more, ...given }));

/** The id of a schema serves references only, so dropping it loses nothing. */
const schemaElement = (type: string, own: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Json> =>
  element(type, { '@id': fc.constant('dtmi:x:schema;1'), ...own });

const primitive = fc.constantFrom<Json[]>(
  'boolean',
  'byte',
  'bytes',
  'date',
  'dateTime',
  'decimal',
  'double',
  'duration',
  'float',
  'integer',
  'long',
  'point',
  'string',
  'time',
  'unsignedLong',
  'uuid',
);

const enumeration = fc.constantFrom('string', 'integer').chain((valueSchema) =>
  schemaElement('Enum', {
    valueSchema: fc.constant(valueSchema),
    enumValues: fc.array(
      fc
        .tuple(extras, fc.oneof(fc.nat(9), fc.constant('#')))
        .map(([more, value]) => ({ ...more, name: '#', enumValue: value })),
      { maxLength: 3 },
    ),
  }),
);

const { schema } = fc.letrec<{ schema: Json; field: Json }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    primitive,
    enumeration,
    schemaElement('Object', { fields: fc.array(tie('field'), { minLength: 1, maxLength: 3 }) }),
    schemaElement('Array', { elementSchema: tie('schema') }),
  ),
  field: fc.tuple(extras, tie('schema')).map(([more, of]) => ({ ...more, name: '#', schema: of })),
}));

const content = fc.oneof(
  element('Command', { name: fc.constant('#') }),
  element('Command', {
    name: fc.constant('#'),
    request: fc
      .tuple(extras, schema, fc.boolean())
      .map(([more, of, nullable]) => ({ ...more, name: '#', schema: of, nullable })),
  }),
  element('Property', { name: fc.constant('#'), schema, writable: fc.constant(true) }),
);

/** Parts that are dropped as a whole; only their names must be reported. */
const leftOut = fc.constantFrom<Json[]>(
  { '@type': 'Telemetry', name: '#', schema: 'double' },
  { '@type': 'Property', name: '#', schema: 'double' },
  { '@type': 'Relationship', name: '#' },
  { '@type': 'Unheard', name: '#' },
  '#',
);

const interfaceOf = (id: string, more: { [key: string]: Json } = {}): fc.Arbitrary<Json> =>
  fc
    .tuple(extras, typed('Interface'), fc.array(fc.oneof(content, leftOut), { maxLength: 3 }))
    .map(([texts, type, contents]) => ({ ...texts, '@id': id, '@type': type, contents, ...more }));

const model = fc.tuple(
  interfaceOf('dtmi:x:A;1', { extends: 'dtmi:x:B;1' }),
  interfaceOf('dtmi:x:B;1'),
  fc.constantFrom<Json[]>({ '@id': '#', '@type': 'Interface' }, { other: '#' }, '#'),
);

it('loses nothing of a model silently', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dtdl-'));
  const file = path.join(folder, 'model.json');
  let described = 0;
  try {
    await fc.assert(
      fc.asyncProperty(model, async (parts) => {
        const marks: string[] = [];
        await writeFile(file, JSON.stringify(marked(parts, marks)));
        let whole: string;
        try {
          const { text, notes } = await descriptionFromDtdl(file);
          described += 1;
          expect(problemsOf(text)).toEqual([]);
          whole = [text.replaceAll(/\s+/g, ' '), ...notes].join('\n');
        } catch (error) {
          if (!isAgentError(error, 'WrapperInvalid')) throw error;
          expect(error.message).toMatch(/neither commands nor writable properties$/);
          return;
        }
        const lower = whole.toLowerCase();
        expect(marks.filter((mark) => !lower.includes(mark))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
  expect(described).toBeGreaterThan(RUNS / 4);
}, 300_000);
