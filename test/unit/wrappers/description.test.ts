import { describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { EXAMPLE_DESCRIPTION } from '../../../src/wrappers/init.js';
import { describeWrappers, problemsOf, withService } from '../../support/wrappers/descriptions.js';

const METHOD = 'name: Do\nkind: deviceMethod\n';
const TWIN = 'name: Do\nkind: twinUpdate\n';
const SHAPES = 'dataShapes:\n  - { name: Rows_DS, fields: [{ name: a, baseType: STRING }] }\n';

/** A service and the error that is expected for it. */
const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  [
    'a name that is no identifier',
    'name: Do-it\nkind: deviceMethod',
    /name: must begin with a letter and contain only letters/,
  ],
  ['the name of a job service', 'name: GetJob\nkind: deviceMethod', /name: is the name of a service of the agent/],
  [
    'the name of a service of the agent',
    'name: GetMetadata\nkind: deviceMethod',
    /name: is the name of a service of the agent/,
  ],
  ['an unknown kind', 'name: Do\nkind: method', /kind: must be one of deviceMethod, twinUpdate/],
  ['an unknown key', `${METHOD}descripton: x`, /descripton: unknown key \(did you mean "description"\?\)/],
  ['a method name on a twin update', `${TWIN}methodName: x`, /methodName: is allowed for a deviceMethod only/],
  ['a method name that is too long', `${METHOD}methodName: ${'x'.repeat(101)}`, /methodName: must have at most 100/],
  ['half a module name', `${METHOD}methodName: "module::"`, /methodName: must have the form module::method/],
  [
    'a parameter named as a variable of scripts',
    `${METHOD}parameters: [{ name: me, baseType: STRING }]`,
    /name: is a name that ThingWorx scripts/,
  ],
  [
    'a parameter named as a reserved word',
    `${METHOD}parameters: [{ name: class, baseType: STRING }]`,
    /name: is a reserved word/,
  ],
  [
    'a parameter named as an export element',
    `${METHOD}parameters: [{ name: Owner, baseType: STRING }]`,
    /name: is the name of an element/,
  ],
  [
    'a parameter that occurs twice',
    `${METHOD}parameters: [{ name: a, baseType: STRING }, { name: a, baseType: STRING, payloadPath: /b }]`,
    /the name a occurs twice/,
  ],
  [
    'a base type that is no parameter',
    `${METHOD}parameters: [{ name: a, baseType: NOTHING }]`,
    /baseType: must be one of STRING/,
  ],
  [
    'a minimum of a string',
    `${METHOD}parameters: [{ name: a, baseType: STRING, minimum: 1 }]`,
    /minimum: is only allowed for numbers, not for STRING/,
  ],
  [
    'a pattern of a number',
    `${METHOD}parameters: [{ name: a, baseType: NUMBER, pattern: x }]`,
    /pattern: is only allowed for strings, not for NUMBER/,
  ],
  [
    'bounds in the wrong order',
    `${METHOD}parameters: [{ name: a, baseType: NUMBER, minimum: 2, maximum: 1 }]`,
    /maximum: must not be below the minimum, 2/,
  ],
  [
    'a pattern that is none',
    `${METHOD}parameters: [{ name: a, baseType: STRING, pattern: "(" }]`,
    /pattern: is not a regular expression/,
  ],
  [
    'a pattern of exponential cost',
    `${METHOD}parameters: [{ name: a, baseType: STRING, pattern: "^(a+)+$" }]`,
    /pattern: repeats a group/,
  ],
  [
    'a pattern that Rhino does not know',
    `${METHOD}parameters: [{ name: a, baseType: STRING, pattern: "(?<=x)y" }]`,
    /pattern: uses a notation/,
  ],
  [
    'a default of another type',
    `${METHOD}parameters: [{ name: a, baseType: INTEGER, default: abc }]`,
    /default: must be a number/,
  ],
  [
    'a default out of bounds',
    `${METHOD}parameters: [{ name: a, baseType: INTEGER, minimum: 3, default: 1 }]`,
    /default: must be at least 3/,
  ],
  [
    'an enum value of another type',
    `${METHOD}parameters: [{ name: a, baseType: STRING, enum: [1] }]`,
    /enum\[0\]: must be a string/,
  ],
  [
    'an enum on a BOOLEAN',
    `${METHOD}parameters: [{ name: a, baseType: BOOLEAN, enum: [x] }]`,
    /enum: is only allowed for strings and numbers/,
  ],
  [
    'a table without a shape',
    `${METHOD}parameters: [{ name: a, baseType: INFOTABLE }]`,
    /dataShape: is required for an INFOTABLE/,
  ],
  [
    'a shape that is not there',
    `${METHOD}parameters: [{ name: a, baseType: INFOTABLE, dataShape: X_DS }]`,
    /the data shape X_DS is not in this file .*Rows_DS/,
  ],
  [
    'a shape of a string',
    `${METHOD}parameters: [{ name: a, baseType: STRING, dataShape: Rows_DS }]`,
    /is allowed for an INFOTABLE only/,
  ],
  [
    'a path that is no pointer',
    `${METHOD}parameters: [{ name: a, baseType: STRING, payloadPath: a }]`,
    /payloadPath: must be a JSON Pointer/,
  ],
  [
    'a path with a prototype in it',
    `${METHOD}parameters: [{ name: a, baseType: STRING, payloadPath: /__proto__/a }]`,
    /must not use the name __proto__/,
  ],
  [
    'a twin parameter without a path',
    `${TWIN}parameters: [{ name: a, baseType: STRING }]`,
    /payloadPath: is required in a twin update/,
  ],
  [
    'a twin path to reported',
    `${TWIN}parameters: [{ name: a, baseType: STRING, payloadPath: /properties/reported/a }]`,
    /must lie below \/tags or \/properties\/desired/,
  ],
  [
    'a twin path to all tags',
    `${TWIN}parameters: [{ name: a, baseType: JSON, payloadPath: /tags }]`,
    /must lie below \/tags/,
  ],
  [
    'a twin name with a dot',
    `${TWIN}parameters: [{ name: a, baseType: STRING, payloadPath: /tags/a.b }]`,
    /has the name "a.b"/,
  ],
  [
    'two paths that are the same',
    `${METHOD}parameters: [{ name: a, baseType: STRING, payloadPath: /x }, { name: b, baseType: STRING, payloadPath: /x }]`,
    /payloadPath: \/x overlaps \/x, which is the place of the parameter a/,
  ],
  [
    'a path inside another',
    `${METHOD}parameters: [{ name: a, baseType: JSON, payloadPath: /x }, { name: b, baseType: STRING, payloadPath: /x/y }]`,
    /\/x\/y overlaps \/x/,
  ],
  [
    'a whole payload beside another',
    `${METHOD}parameters: [{ name: a, baseType: JSON, payloadPath: "" }, { name: b, baseType: STRING }]`,
    /\/b overlaps the whole payload/,
  ],
  [
    'a constant where a parameter goes',
    `${METHOD}parameters: [{ name: a, baseType: STRING }]\nconstants: { /a: 1 }`,
    /constants\["\/a"\]: \/a overlaps \/a/,
  ],
  ['a constant of a twin outside', `${TWIN}constants: { /a: 1 }`, /constants\["\/a"\]: must lie below/],
  [
    'an unknown placeholder',
    `${METHOD}job: { queryCondition: "tags.a = {b}" }`,
    /the placeholder \{b\} is not a parameter/,
  ],
  [
    'a placeholder in quotes',
    `${METHOD}parameters: [{ name: a, baseType: STRING, required: true }]\njob: { queryCondition: "tags.a = '{a}'" }`,
    /\{a\} is inside quotes \(write \{a\} without the quotes/,
  ],
  [
    'an optional placeholder',
    `${METHOD}parameters: [{ name: a, baseType: STRING }]\njob: { queryCondition: "tags.a = {a}" }`,
    /\{a\} must be required or have a default/,
  ],
  [
    'a table in a placeholder',
    `${METHOD}parameters: [{ name: a, baseType: INFOTABLE, dataShape: Rows_DS, required: true }]\njob: { queryCondition: "tags.a = {a}" }`,
    /the placeholder \{a\} has the base type INFOTABLE, which a condition cannot contain/,
  ],
  ['a condition that cannot be parsed', `${METHOD}job: { queryCondition: "tags.a = = 1" }`, /job\.queryCondition: .*=/],
  [
    'a method option of a twin update',
    `${TWIN}job: { responseTimeoutInSeconds: 30 }`,
    /responseTimeoutInSeconds: is only allowed for direct methods/,
  ],
  [
    'a method option that twin callers may set',
    `${TWIN}job: { callerMaySet: [connectTimeoutInSeconds] }`,
    /callerMaySet\[0\]: is only allowed for direct methods/,
  ],
  [
    'a caller option that is a parameter',
    `${METHOD}parameters: [{ name: jobId, baseType: STRING }]\njob: { callerMaySet: [jobId] }`,
    /the name jobId occurs twice/,
  ],
  [
    'a response timeout out of bounds',
    `${METHOD}job: { responseTimeoutInSeconds: 4 }`,
    /responseTimeoutInSeconds: must be at least 5/,
  ],
  [
    'a start time without a zone',
    `${METHOD}job: { startTime: "2030-01-01T00:00:00" }`,
    /startTime: must be a date and time/,
  ],
];

describe('a description', () => {
  it.each(REFUSED)('refuses %s', (_what, service, problem) => {
    const problems = problemsOf(withService(service, SHAPES));
    expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
    expect(problems).toEqual(
      problems.map(() => expect.stringMatching(/^test\.yaml:\d+:\d+: (?:services|dataShapes)\b/)),
    );
  });

  it('reports all errors of all services at once, with their positions', () => {
    const problems = problemsOf(`bundle: { name: 1abc, version: 1.2 }
services:
  - name: A
    kind: deviceMethod
    parameters:
      - { name: me, baseType: STRING, minimum: 1 }
  - name: a
    kind: twinUpdate
    parameters:
      - { name: x, baseType: STRING }
`);
    expect(problems).toEqual([
      expect.stringMatching(/^test\.yaml:1:17: bundle\.name: /),
      expect.stringMatching(/^test\.yaml:1:32: bundle\.version: /),
      expect.stringMatching(/^test\.yaml:6:17: services\[0\]\.parameters\[0\]\.name: /),
      expect.stringMatching(/^test\.yaml:6:48: services\[0\]\.parameters\[0\]\.minimum: /),
      expect.stringMatching(/^test\.yaml:7:11: services\[1\]\.name: the name a occurs twice/),
      expect.stringMatching(/^test\.yaml:10:9: services\[1\]\.parameters\[0\]\.payloadPath: is required/),
    ]);
  });

  it.each([
    [
      'a shape in itself',
      '{ name: A_DS, fields: [{ name: a, baseType: INFOTABLE, dataShape: A_DS }] }',
      /contains itself/,
    ],
    [
      'a field twice',
      '{ name: A_DS, fields: [{ name: a, baseType: STRING }, { name: a, baseType: STRING }] }',
      /occurs twice/,
    ],
    [
      'a field named as an export element',
      '{ name: A_DS, fields: [{ name: Row, baseType: STRING }] }',
      /element of export files/,
    ],
    ['a shape without fields', '{ name: A_DS, fields: [] }', /must have at least 1 item/],
    [
      'a shape whose name ends with a dot',
      '{ name: A_DS., fields: [{ name: a, baseType: STRING }] }',
      /must not end with a dot/,
    ],
  ])('refuses %s', (_what, shape, problem) => {
    expect(problemsOf(withService(METHOD, `dataShapes: [${shape}]\n`)).join('\n')).toMatch(problem);
  });

  it.each(['1abc', 'a b', 'a/b', 'a.', 'me', ''])('refuses the bundle name %j', (name) => {
    expect(
      problemsOf(stringify({ bundle: { name, version: '1.0.0' }, services: [{ name: 'A', kind: 'deviceMethod' }] })),
    ).toHaveLength(1);
  });

  it('fills in the defaults', () => {
    const { bundle, services } = describeWrappers(withService(`${METHOD}parameters: [{ name: a, baseType: STRING }]`));
    expect(bundle).toEqual({
      name: 'test',
      version: '1.0.0',
      vendor: 'test',
      description: '',
      hubThing: 'AzureIotHub',
      minimumThingWorxVersion: '9.0.0',
    });
    expect(services[0]).toMatchObject({
      methodName: 'Do',
      parameters: [{ name: 'a', target: { kind: 'payload', pointer: ['a'] } }],
    });
  });

  it('does not put a placeholder without a path into the payload', () => {
    const { services } = describeWrappers(
      withService(
        `${METHOD}parameters: [{ name: a, baseType: STRING, default: x }]\njob: { queryCondition: "tags.a = {a}" }`,
      ),
    );
    expect(services[0]?.parameters[0]?.target).toEqual({ kind: 'condition' });
  });

  it('is the same in YAML and in JSON', () => {
    const fromYaml = describeWrappers(EXAMPLE_DESCRIPTION);
    const json = JSON.stringify(parse(EXAMPLE_DESCRIPTION));
    expect(describeWrappers(json)).toEqual(fromYaml);
  });

  it('accepts the example that init writes', () => {
    expect(problemsOf(EXAMPLE_DESCRIPTION)).toEqual([]);
  });
});
