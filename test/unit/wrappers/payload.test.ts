import { describe, expect, it } from '@jest/globals';
import type { AgentError } from '../../../src/core/errors.js';
import { packageCall, type WrapperCall } from '../../../src/wrappers/payload.js';
import { describeWrappers, withService } from '../../support/wrappers/descriptions.js';

/** The payload that a method with these parameters has for these values. */
function callOf(service: string, values: Readonly<Record<string, unknown>>, shapes = ''): WrapperCall {
  const [read] = describeWrappers(withService(service, shapes)).services;
  if (!read) throw new Error('no service');
  return packageCall(read, values);
}

function refusalOf(service: string, values: Readonly<Record<string, unknown>>): string {
  try {
    callOf(service, values);
  } catch (error) {
    return (error as AgentError).reason;
  }
  throw new Error('it was not refused');
}

const one = (parameter: string): string => `name: Do\nkind: deviceMethod\nparameters: [{ name: v, ${parameter} }]`;

describe('a payload', () => {
  it.each([
    ['STRING', 'text', 'text'],
    ['STRING', '', ''],
    ['XML', '<a/>', '<a/>'],
    ['NUMBER', 2.5, 2.5],
    ['NUMBER', -0, 0],
    ['INTEGER', 7, 7],
    ['LONG', 2 ** 53 - 1, 9007199254740991],
    ['BOOLEAN', false, false],
    ['DATETIME', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['LOCATION', { longitude: 1, latitude: 2, elevation: 3 }, { latitude: 2, longitude: 1, elevation: 3 }],
    ['JSON', { a: [1, null] }, { a: [1, null] }],
    ['JSON', { array: [1, 2] }, [1, 2]],
    ['JSON', { array: [1], more: 1 }, { array: [1], more: 1 }],
    ['JSON', 'a string', 'a string'],
    ['QUERY', { filters: {} }, { filters: {} }],
    ['BLOB', Uint8Array.from([0, 255]), 'AP8='],
    ['IMAGE', Uint8Array.from([1]), 'AQ=='],
    ['TAGS', 'Plants:Lyon,Kind:Pump', ['Plants:Lyon', 'Kind:Pump']],
  ])('has %s %j as %j', (baseType, value, wanted) => {
    expect(JSON.stringify(callOf(one(`baseType: ${baseType}`), { v: value }).payload)).toBe(
      JSON.stringify({ v: wanted }),
    );
  });

  it('has a table as rows with the fields of its shape, without empty cells', () => {
    const shapes =
      'dataShapes: [{ name: R_DS, fields: [{ name: a, baseType: STRING }, { name: at, baseType: DATETIME }] }]\n';
    const rows = [{ at: new Date(0), a: 'x', other: 1 }, { a: null }];
    expect(callOf(one('baseType: INFOTABLE, dataShape: R_DS'), { v: rows }, shapes).payload).toEqual({
      v: [{ a: 'x', at: '1970-01-01T00:00:00.000Z' }, {}],
    });
  });

  it('has values where their pointers lead, in the order of the parameters, then the constants', () => {
    const service = `name: Do
kind: deviceMethod
parameters:
  - { name: b, baseType: INTEGER, payloadPath: /deep/b }
  - { name: a, baseType: INTEGER, payloadPath: /a~1b }
constants: { /deep/c: [1], /z: null }`;
    expect(JSON.stringify(callOf(service, { a: 1, b: 2 }).payload)).toBe('{"deep":{"b":2,"c":[1]},"a/b":1,"z":null}');
  });

  it('omits absent values and the objects around them, but is always an object', () => {
    const service = 'name: Do\nkind: deviceMethod\nparameters: [{ name: a, baseType: INTEGER, payloadPath: /deep/a }]';
    expect(callOf(service, { a: null }).payload).toEqual({});
    expect(callOf(service, {}).payload).toEqual({});
  });

  it.each([
    [0, 0],
    ['', ''],
    [[1], [1]],
    [undefined, undefined],
  ])('is the value %j itself with an empty path', (value, wanted) => {
    expect(callOf(one('baseType: JSON, payloadPath: ""'), { v: value }).payload).toEqual(wanted);
  });

  it('applies defaults to absent values only', () => {
    const service = one('baseType: STRING, default: d, required: true');
    expect(callOf(service, { v: null }).payload).toEqual({ v: 'd' });
    expect(callOf(service, { v: '' }).payload).toEqual({ v: '' });
  });

  it.each([
    ['baseType: INTEGER, required: true', undefined, "parameter 'v' is required"],
    ['baseType: INTEGER', 1.5, "parameter 'v' must be a whole number from -2147483648 to 2147483647"],
    ['baseType: LONG', 2 ** 53, "parameter 'v' must be a whole number from -9007199254740991 to 9007199254740991"],
    ['baseType: NUMBER', Number.NaN, "parameter 'v' must be a number"],
    ['baseType: NUMBER, minimum: 1', 0.5, "parameter 'v' must be at least 1"],
    ['baseType: NUMBER, maximum: 1', 1.5, "parameter 'v' must be at most 1"],
    ['baseType: BOOLEAN', 'yes', "parameter 'v' must be true or false"],
    ['baseType: STRING, maxLength: 1', '😀😀', "parameter 'v' must have a length of at most 1"],
    ['baseType: STRING, minLength: 1', '', "parameter 'v' must have a length of at least 1"],
    ['baseType: STRING, pattern: ^a+$', 'b', "parameter 'v' must match ^a+$"],
    ['baseType: STRING, pattern: a', 'a'.repeat(5000), "parameter 'v' must have at most 4096 characters"],
    ['baseType: STRING, enum: [a, b]', 'c', "parameter 'v' must be one of a, b"],
    ['baseType: TAGS', 'x', "parameter 'v' must be tags, each Vocabulary:Term"],
    ['baseType: BLOB', 'not base64', "parameter 'v' must be bytes or base64 text"],
  ])('of { %s } refuses %j', (parameter, value, message) => {
    expect(refusalOf(one(parameter), { v: value })).toBe(`InvalidArgument: Do: ${message}`);
  });
});

describe('a twin patch', () => {
  const service = `name: Do
kind: twinUpdate
parameters:
  - { name: site, baseType: STRING, payloadPath: /tags/site }
  - { name: seconds, baseType: INTEGER, payloadPath: /properties/desired/interval }`;

  it('has tags and desired properties', () => {
    expect(callOf(service, { site: 'A', seconds: 5 }).payload).toEqual({
      tags: { site: 'A' },
      properties: { desired: { interval: 5 } },
    });
    expect(callOf(service, { seconds: 5 }).payload).toEqual({ properties: { desired: { interval: 5 } } });
  });

  it('is refused when it would be empty', () => {
    expect(refusalOf(service, {})).toBe('InvalidArgument: Do: there is no value to set; pass at least one');
  });
});

describe('the options of a job', () => {
  const service = `name: Do
kind: deviceMethod
parameters: [{ name: floor, baseType: INTEGER, default: 2 }]
job:
  queryCondition: tags.floor = {floor}
  startTime: "2030-01-01T00:00:00+01:00"
  connectTimeoutInSeconds: 0
  callerMaySet: [queryCondition, startTime, jobId, maxExecutionTimeInSeconds]`;

  it('come from the description', () => {
    expect(callOf(service, {}).options).toEqual({
      queryCondition: 'tags.floor = 2',
      startTime: '2029-12-31T23:00:00.000Z',
      connectTimeoutInSeconds: 0,
    });
  });

  it('come from the caller if set; an empty string counts as absent', () => {
    const given = { queryCondition: '', startTime: new Date(0), jobId: 'j-1', maxExecutionTimeInSeconds: 60 };
    expect(callOf(service, given).options).toEqual({
      queryCondition: 'tags.floor = 2',
      startTime: '1970-01-01T00:00:00.000Z',
      connectTimeoutInSeconds: 0,
      jobId: 'j-1',
      maxExecutionTimeInSeconds: 60,
    });
    expect(callOf(service, { queryCondition: '*' }).options).toMatchObject({ queryCondition: '*' });
  });

  it('are checked', () => {
    expect(refusalOf(service, { jobId: 'a b' })).toContain("parameter 'jobId' must match");
    expect(refusalOf(service, { maxExecutionTimeInSeconds: 0 })).toContain('must be at least 1');
  });
});
