import { describe, expect, it } from '@jest/globals';
import type { BaseType } from '../../../src/alwayson/codec/base-types.js';
import { CODE } from '../../../src/alwayson/codec/codes.js';
import { TypedCell, type InfoTable } from '../../../src/alwayson/codec/values-model.js';
import { makeField, rowsFromTable } from '../../../src/alwayson/values.js';
import type { AgentError } from '../../../src/core/errors.js';
import type { CallContext } from '../../../src/core/call-context.js';
import type { ParameterDefinition, ResultDefinition, ServiceDefinition } from '../../../src/edge/definitions.js';
import { readParameters, resultTable } from '../../../src/edge/service-call.js';
import { EdgeThing } from '../../../src/edge/thing.js';
import { parameterTable, type TestParameters } from '../../support/edge/platform-end.js';
import { boundRig } from '../../support/edge/rig.js';
import { echoService, plainService } from '../../support/edge/things.js';

const ROWS = {
  name: 'Row',
  description: '',
  fields: [
    { name: 'id', baseType: 'STRING' as const, description: 'The id', isPrimaryKey: true },
    { name: 'count', baseType: 'INTEGER' as const, description: '' },
  ],
};

function definition(
  parameters: readonly ParameterDefinition[],
  result: ResultDefinition = { baseType: 'NOTHING' },
): ServiceDefinition {
  return { name: 'Do', description: '', parameters, result };
}

const parameter = (name: string, baseType: BaseType, more: Partial<ParameterDefinition> = {}): ParameterDefinition => ({
  name,
  baseType,
  description: '',
  ...more,
});

function read(parameters: readonly ParameterDefinition[], given: TestParameters | InfoTable | null): unknown {
  const table = given === null || 'fields' in given ? (given as InfoTable | null) : parameterTable(given);
  return readParameters(definition(parameters), table);
}

function refusal(parameters: readonly ParameterDefinition[], given: TestParameters | InfoTable | null): string {
  try {
    read(parameters, given);
  } catch (error) {
    return (error as AgentError).reason;
  }
  return 'accepted';
}

describe('parameters that a handler receives', () => {
  it('are native values of their declared base types', () => {
    const declared = [
      parameter('count', 'INTEGER'),
      parameter('ratio', 'NUMBER'),
      parameter('start', 'DATETIME'),
      parameter('flag', 'BOOLEAN'),
      parameter('patch', 'JSON'),
      parameter('rows', 'INFOTABLE', { dataShape: ROWS }),
      parameter('text', 'STRING'),
    ];
    const given: TestParameters = {
      count: ['STRING', '30'],
      ratio: ['INTEGER', 3],
      start: ['STRING', '2026-11-24T12:00:00Z'],
      flag: 'true',
      patch: ['JSON', { tags: { a: 1 } }],
      rows: ['INFOTABLE', [{ id: 'a', count: 5 }]],
      text: '',
    };
    expect(read(declared, given)).toEqual({
      count: 30,
      ratio: 3,
      start: new Date('2026-11-24T12:00:00Z'),
      flag: true,
      patch: { tags: { a: 1 } },
      rows: [{ id: 'a', count: 5 }],
      text: '',
    });
  });

  it('are not converted if they are JSON: a string stays a string', () => {
    const declared = [parameter('payload', 'JSON')];
    expect(read(declared, { payload: ['JSON', '{"a":1}'] })).toEqual({ payload: '{"a":1}' });
    expect(read(declared, { payload: ['STRING', '{"a":1}'] })).toEqual({ payload: '{"a":1}' });
    for (const payload of [0, '', false, null, []])
      expect(read(declared, { payload: ['JSON', payload] })).toEqual({ payload });
  });

  it('are omitted or have their default if they are absent, NOTHING or JSON text of length zero', () => {
    const declared = [parameter('payload', 'JSON'), parameter('max', 'INTEGER', { defaultValue: 10 })];
    expect(read(declared, null)).toEqual({ max: 10 });
    const empty = { fields: [makeField('payload', 'JSON'), makeField('max', 'INTEGER')], rows: [['', null]] };
    expect(read(declared, empty)).toEqual({ max: 10 });
    expect(read(declared, { fields: empty.fields, rows: [] })).toEqual({ max: 10 });
    expect(read(declared, { fields: [makeField('max', 'INTEGER')], rows: [[new TypedCell('NUMBER', 7)]] })).toEqual({
      max: 7,
    });
  });

  it.each([
    [
      'a missing one',
      [parameter('jobId', 'STRING', { isRequired: true })],
      null,
      'InvalidArgument: Parameter "jobId" is required.',
    ],
    ['an unknown one', [], { other: 1 }, 'InvalidArgument: Service "Do" has no parameter "other".'],
    [
      'one of another case',
      [parameter('jobId', 'STRING')],
      { jobid: 'x' },
      'InvalidArgument: Service "Do" has no parameter "jobid".',
    ],
    [
      'a wrong base type',
      [parameter('count', 'INTEGER')],
      { count: true },
      'InvalidArgument: Parameter "count" must be an INTEGER; it is the BOOLEAN true.',
    ],
    [
      'an empty text for a number',
      [parameter('count', 'INTEGER')],
      { count: '' },
      'InvalidArgument: Parameter "count" must be an INTEGER; it is an empty text.',
    ],
  ])('are refused by name: %s', (_what, declared, given, reason) => {
    expect(refusal(declared, given as TestParameters | null)).toBe(reason);
  });

  it('are refused if JSON cannot be parsed, if they have several rows, and if a table has wrong columns', () => {
    const broken = { fields: [makeField('patch', 'JSON')], rows: [['{"a":']] };
    expect(refusal([parameter('patch', 'JSON')], broken)).toMatch(/^InvalidArgument: Parameter "patch" is not JSON: /);
    const twice = { fields: [makeField('a', 'STRING')], rows: [['x'], ['y']] };
    expect(refusal([parameter('a', 'STRING')], twice)).toMatch(/^InvalidArgument: .*one row/);
    const declared = [parameter('rows', 'INFOTABLE', { dataShape: ROWS })];
    expect(refusal(declared, { rows: ['INFOTABLE', [{ id: 'a', other: 1 }]] })).toBe(
      'InvalidArgument: Parameter "rows" has no field "other".',
    );
    expect(refusal(declared, { rows: ['INFOTABLE', [{ count: 'x' }]] })).toContain(
      'Field "count" of parameter "rows" must be an INTEGER',
    );
  });
});

describe('a result of a declared type [AO 7.1]', () => {
  it('has no content if the type is NOTHING, whatever the handler returned', () => {
    expect(resultTable({ baseType: 'NOTHING' }, 'ignored')).toBeNull();
  });

  it('is one field named result if the type is a scalar', () => {
    expect(resultTable({ baseType: 'STRING' }, 'job-1')).toEqual({
      fields: [makeField('result', 'STRING')],
      rows: [['job-1']],
    });
    expect(resultTable({ baseType: 'JSON' }, { rows: [] })?.rows).toEqual([['{"rows":[]}']]);
    expect(resultTable({ baseType: 'STRING' }, undefined)?.rows).toEqual([[null]]);
  });

  it("is the table itself if the type is INFOTABLE, with exactly its data shape's fields", () => {
    const table = resultTable({ baseType: 'INFOTABLE', dataShape: ROWS }, [
      { id: 'a', other: 'ignored' },
      { id: 'b', count: 2 },
    ]);
    expect(table?.fields.map(({ name, baseType }) => [name, baseType])).toEqual([
      ['id', 'STRING'],
      ['count', 'INTEGER'],
    ]);
    expect(table?.fields[0]?.aspects.get('isPrimaryKey')?.value).toBe(true);
    expect(table?.rows).toEqual([
      ['a', null],
      ['b', 2],
    ]);
    expect(resultTable({ baseType: 'INFOTABLE', dataShape: ROWS }, undefined)?.rows).toEqual([]);
  });

  it('is a defect of the handler, not of the caller, if it is not of that type', async () => {
    const wrong = { definition: definition([], { baseType: 'INTEGER' }), handler: () => Promise.resolve('five') };
    const { end } = await boundRig([new EdgeThing({ name: 'Thing1', services: [wrong] })]);
    expect(await end.invoke('Thing1', 'Do')).toMatchObject({
      code: 0xa0,
      body: { reason: expect.stringMatching(/^Internal: /) },
    });
  });
});

describe('a handler', () => {
  it('receives a context with correlation id, deadline and log', async () => {
    const contexts: CallContext[] = [];
    const service = plainService('Do', (context) => {
      contexts.push(context);
      context.log.info({}, 'from the handler');
      return Promise.resolve('done');
    });
    const { end, clock, log } = await boundRig([new EdgeThing({ name: 'Thing1', services: [service] })]);
    await end.invoke('Thing1', 'Do');
    expect(contexts[0]?.deadlineMs).toBe(clock.monotonicMs() + 25_000);
    const line = log.lines.find(({ message }) => message === 'from the handler');
    expect(line?.fields).toMatchObject({ correlationId: contexts[0]?.correlationId, requestId: expect.any(Number) });
  });

  it('is called whatever the method of the request [AO 6.2]', async () => {
    const { end } = await boundRig([new EdgeThing({ name: 'Thing1', services: [echoService] })]);
    const body = { entityName: 'Thing1', characteristic: 2, name: 'Echo', params: parameterTable({ text: 'x' }) };
    for (const code of [CODE.GET, CODE.PUT, CODE.POST, CODE.DELETE]) {
      const answer = await end.request(code, body);
      expect(rowsFromTable(answer.body.content!)).toEqual([{ result: 'x' }]);
    }
  });
});

describe('the definitions of a Thing', () => {
  const bad: readonly (readonly [string, () => EdgeThing])[] = [
    ['an empty name', () => new EdgeThing({ name: '' })],
    ['a name with a star', () => new EdgeThing({ name: '*x' })],
    ['a name that is too long', () => new EdgeThing({ name: 'x'.repeat(1025) })],
    ['a service twice', () => new EdgeThing({ name: 'T', services: [echoService, echoService] })],
    [
      'a reserved service',
      () => new EdgeThing({ name: 'T', services: [plainService('GetMetadata', () => Promise.resolve(''))] }),
    ],
    [
      'a table without a shape',
      () =>
        new EdgeThing({
          name: 'T',
          services: [{ definition: definition([], { baseType: 'INFOTABLE' }), handler: () => Promise.resolve([]) }],
        }),
    ],
  ];

  it.each(bad)('refuse %s', (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'ConfigurationInvalid' }));
  });
});
