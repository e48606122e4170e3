import { describe, expect, it } from '@jest/globals';
import { parseJson, stringifyJson } from '../../../src/core/exact-json.js';
import { isAgentError } from '../../../src/core/errors.js';
import { packageCall } from '../../../src/wrappers/payload.js';
import { serviceScript } from '../../../src/wrappers/script/emit.js';
import { AGENT_TARGET } from '../../../src/wrappers/script/target.js';
import { describeWrappers, problemsOf, withService } from '../../support/wrappers/descriptions.js';
import type { TestValue } from '../../support/wrappers/rhino-values.js';
import { runScript } from '../../support/wrappers/run-script.js';

const descriptionOf = (baseType: string, more = '') =>
  describeWrappers(
    withService(`name: Do\nkind: deviceMethod\nparameters: [{ name: v, baseType: ${baseType}${more} }]`),
  );

/** The payload that the agent builds, or its refusal. */
function runAgent(baseType: string, value: unknown, more = ''): string {
  const [service] = descriptionOf(baseType, more).services;
  try {
    return stringifyJson(service && packageCall(service, { v: value }).payload) ?? '';
  } catch (error) {
    if (!isAgentError(error)) throw error;
    return error.reason;
  }
}

function runGenerated(baseType: string, value: TestValue, more = ''): unknown {
  const { services, bundle } = descriptionOf(baseType, more);
  const [service] = services;
  const { error, calls } = runScript(service ? serviceScript(service, bundle, AGENT_TARGET) : '', { v: value });
  return error ?? calls[0]?.parameters['payload'];
}

const REFUSED = "InvalidArgument: Do: parameter 'v'";
const TOO_LONG = 'that cannot be represented exactly; pass it as a string';

describe('whole numbers beyond 2^53', () => {
  it.each([
    ['{"id":7615917337495251231}', `has a whole number at id ${TOO_LONG}`],
    ['[1,{"a b":[-9007199254740993]}]', `has a whole number at [1]["a b"][0] ${TOO_LONG}`],
    ['7615917337495251231', `is a whole number ${TOO_LONG}`],
    ['{"a":{"b":18446744073709551615}}', `has a whole number at a.b ${TOO_LONG}`],
  ])('in JSON are refused with their path by the agent: %s', (text, problem) => {
    expect(runAgent('JSON', parseJson(text))).toBe(`${REFUSED} ${problem}`);
    expect(runAgent('QUERY', parseJson(text))).toBe(`${REFUSED} ${problem}`);
  });

  it.each([
    ['{"id":7615917337495251231}', `has a whole number at id ${TOO_LONG}`],
    ['{"list":[1,{"a b":9007199254740993}]}', `has a whole number at list[1]["a b"] ${TOO_LONG}`],
    // It may have had other digits before the platform converted it to a double.
    ['{"id":9007199254740992}', `has a whole number at id ${TOO_LONG}`],
  ])('in JSON are refused with their path by the script, which sees doubles: %s', (text, problem) => {
    expect(runGenerated('JSON', { is: 'json', value: JSON.parse(text) })).toBe(`${REFUSED} ${problem}`);
  });

  it('in JSON that a double can represent keep their digits', () => {
    expect(runAgent('JSON', parseJson('{"id":9007199254740992}'))).toBe('{"v":{"id":9007199254740992}}');
    expect(runAgent('JSON', parseJson('{"id":1152921504606846976}'))).toBe('{"v":{"id":1152921504606846976}}');
    expect(runAgent('JSON', parseJson('{"id":9007199254740991,"x":1e300}'))).toBe(
      '{"v":{"id":9007199254740991,"x":1e+300}}',
    );
  });

  it.each<[baseType: string, value: string | number, answer: string]>([
    ['NUMBER', '7615917337495251231', `${REFUSED} is a whole number ${TOO_LONG}`],
    ['NUMBER', '-9007199254740993', `${REFUSED} is a whole number ${TOO_LONG}`],
    ['NUMBER', '9007199254740993.0', `${REFUSED} is a whole number ${TOO_LONG}`],
    ['NUMBER', '9.007199254740993e15', `${REFUSED} is a whole number ${TOO_LONG}`],
    ['NUMBER', 2 ** 60, `${REFUSED} is a whole number ${TOO_LONG}`],
    ['NUMBER', '9007199254740992', '{"v":9007199254740992}'],
    ['NUMBER', ' 009007199254740992.00 ', '{"v":9007199254740992}'],
    ['NUMBER', 2 ** 53, '{"v":9007199254740992}'],
    ['NUMBER', '1e16', '{"v":10000000000000000}'],
    ['NUMBER', '1.5e300', '{"v":1.5e+300}'],
    ['NUMBER', 1e300, '{"v":1e+300}'],
    ['NUMBER', '0.1234567890123456789', '{"v":0.12345678901234568}'],
    ['LONG', '9007199254740991', '{"v":9007199254740991}'],
    ['LONG', '9007199254740993', `${REFUSED} must be a whole number from -9007199254740991 to 9007199254740991`],
    ['LONG', 2 ** 53, `${REFUSED} must be a whole number from -9007199254740991 to 9007199254740991`],
  ])('as %s, %j: %s, from agent and script alike', (baseType, value, answer) => {
    expect(runAgent(baseType, value)).toBe(answer);
    expect(runGenerated(baseType, { is: 'plain', value })).toBe(answer);
  });

  it('are kept in full where a string is expected', () => {
    expect(runAgent('STRING', BigInt('7615917337495251231'))).toBe('{"v":"7615917337495251231"}');
    expect(runAgent('LONG', BigInt('7615917337495251231'))).toMatch(/must be a whole number from/);
  });

  it.each([
    ['a constant', 'name: Do\nkind: deviceMethod\nconstants: { /id: NUMBER }', 'services[0].constants'],
    ['a nested constant', 'name: Do\nkind: deviceMethod\nconstants: { /id: { a: [NUMBER] } }', 'services[0].constants'],
    [
      'a default',
      'name: Do\nkind: deviceMethod\nparameters: [{ name: v, baseType: NUMBER, default: NUMBER }]',
      'services[0].parameters[0].default',
    ],
    [
      'a default of JSON',
      'name: Do\nkind: deviceMethod\nparameters: [{ name: v, baseType: JSON, default: { a: NUMBER } }]',
      'services[0].parameters[0].default',
    ],
    [
      'an enumeration',
      'name: Do\nkind: deviceMethod\nparameters: [{ name: v, baseType: NUMBER, enum: [1, NUMBER] }]',
      'services[0].parameters[0].enum[1]',
    ],
  ])('in %s of a description are refused with their path', (_what, service, path) => {
    for (const number of ['7615917337495251231', '9007199254740993', '1152921504606846976', '-7615917337495251231']) {
      const text = withService(
        service.replaceAll(/(?<=: |\[|, )NUMBER/g, (word, offset: number) =>
          service.slice(0, offset).endsWith('baseType: ') ? word : number,
        ),
      );
      const [problem, ...others] = problemsOf(text);
      expect(others).toEqual([]);
      expect(problem).toMatch(/exactly/);
      expect(problem).toContain(path);
    }
  });

  it('in a description are accepted if JSON has the same digits for them', () => {
    expect(problemsOf(withService('name: Do\nkind: deviceMethod\nconstants: { /id: 9007199254740992 }'))).toEqual([]);
  });
});
