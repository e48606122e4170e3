import { describe, expect, it } from '@jest/globals';
import { serviceScript } from '../../../src/wrappers/script/emit.js';
import { AGENT_TARGET, type ScriptTarget } from '../../../src/wrappers/script/target.js';
import { describeWrappers, withService } from '../../support/wrappers/descriptions.js';
import type { TestValue } from '../../support/wrappers/rhino-values.js';
import { assertEs5, runScript, type ScriptRun } from '../../support/wrappers/run-script.js';

function run(text: string, values: Readonly<Record<string, TestValue>>, target: Partial<ScriptTarget> = {}): ScriptRun {
  const { services, bundle } = describeWrappers(text);
  if (!services[0]) throw new Error('no service');
  const script = serviceScript(services[0], bundle, { ...AGENT_TARGET, ...target });
  assertEs5(script);
  return runScript(script, values);
}

const plain = (value: string | number | boolean): TestValue => ({ is: 'plain', value });

const METHOD = `
name: Do
kind: deviceMethod
methodName: "edge::re boot"
description: "Ends */ and ]]> and <b> and \\u2028 and 😀"
parameters:
  - { name: n, baseType: NUMBER, description: "*/ ]]>" }
  - { name: s, baseType: STRING, default: "]]> \\" ' \\u2028 😀" }
  - { name: list, baseType: JSON }
constants: { "/fixed": { "a": "]]>" } }`;

describe('the queue of the agent', () => {
  const described = withService(
    'name: Do\nkind: deviceMethod\nmethodName: m\njob: { queue: true, callerMaySet: [queue] }',
  );

  it.each([
    ['as described', {}, true],
    ['as the caller says', { queue: plain(false) }, false],
  ])('is used %s', (_what, values, queue) => {
    expect(run(described, values).calls[0]?.parameters).toMatchObject({ queue });
  });
});

describe('a script', () => {
  it('calls the hub Thing and returns the job id', () => {
    const { result, calls } = run(withService(METHOD), { n: plain(1) });
    expect(result).toBe('job-1');
    expect(calls).toEqual([
      {
        thing: 'AzureIotHub',
        service: 'AzureIotDeviceJobScheduleDeviceMethodJob',
        parameters: {
          methodName: 'edge::re boot',
          payload: JSON.stringify({ n: 1, s: ']]> " \' \u2028 😀', fixed: { a: ']]>' } }),
        },
      },
    ]);
  });

  it('calls its own Thing for hubThing: me', () => {
    const text = withService('name: Do\nkind: deviceMethod').replace('version: 1.0.0', 'version: 1.0.0, hubThing: me');
    expect(run(text, {}).calls[0]).toMatchObject({ thing: 'me' });
  });

  it('throws an error that names the hub Thing if it does not exist', () => {
    const text = withService('name: Do\nkind: deviceMethod').replace(
      'version: 1.0.0',
      'version: 1.0.0, hubThing: Missing',
    );
    expect(run(text, {})).toEqual({
      error: 'Do: the Thing Missing does not exist; create it in ThingWorx',
      calls: [],
      result: undefined,
    });
  });

  it('updates twins with the service for twins', () => {
    const twin = 'name: Do\nkind: twinUpdate\nparameters: [{ name: site, baseType: STRING, payloadPath: /tags/site }]';
    expect(run(withService(twin), { site: plain('A') }).calls[0]).toEqual({
      thing: 'AzureIotHub',
      service: 'AzureIotDeviceJobScheduleTwinUpdateJob',
      parameters: { patch: '{"tags":{"site":"A"}}' },
    });
    expect(run(withService(twin), {}).error).toBe('InvalidArgument: Do: there is no value to set; pass at least one');
  });

  it('can pass the payload as a string', () => {
    const { calls } = run(withService(METHOD), { n: plain(1), s: plain('x') }, { payloadType: 'string' });
    expect(JSON.parse(calls[0]?.parameters['payload'] as string)).toBe('{"n":1,"s":"x","fixed":{"a":"]]>"}}');
  });

  it('can pass the payload as an InfoTable, with fields for the values that are present', () => {
    const list: TestValue = { is: 'json', value: [1] };
    const { calls } = run(withService(METHOD), { s: plain('x'), list }, { payloadType: 'infotable' });
    expect(JSON.parse(calls[0]?.parameters['payload'] as string)).toEqual({
      fields: [
        { name: 's', baseType: 'STRING' },
        { name: 'list', baseType: 'JSON' },
        { name: 'fixed', baseType: 'JSON' },
      ],
      rows: [{ s: 'x', list: [1], fixed: { a: ']]>' } }],
    });
  });

  it('passes a default connect timeout to a foreign service unless the description sets one', () => {
    const target = { methodService: 'Schedule', fallbackConnectTimeoutInSeconds: 30 };
    const call = (job: string): unknown =>
      run(withService(`name: Do\nkind: deviceMethod\n${job}`), {}, target).calls[0];
    expect(call('')).toMatchObject({ service: 'Schedule', parameters: { connectTimeoutInSeconds: 30 } });
    expect(call('job: { connectTimeoutInSeconds: 5 }')).toMatchObject({ parameters: { connectTimeoutInSeconds: 5 } });
  });

  it('omits a payload that is one value and absent', () => {
    const whole = withService(
      'name: Do\nkind: deviceMethod\nparameters: [{ name: v, baseType: JSON, payloadPath: "" }]',
    );
    expect(run(whole, {}).calls[0]?.parameters).toEqual({ methodName: 'Do' });
  });

  describe('with a payload that is one value', () => {
    const whole = (baseType: string): string =>
      withService(`name: Do\nkind: deviceMethod\nparameters: [{ name: v, baseType: ${baseType}, payloadPath: "" }]`);
    const json = (value: unknown): TestValue => ({ is: 'json', value });

    it.each<[baseType: string, value: TestValue, parameters: object]>([
      ['JSON', json({ a: 1 }), { payload: '{"a":1}' }],
      ['JSON', json([1, 2]), { payloadText: '[1,2]' }],
      ['JSON', json([]), { payloadText: '[]' }],
      ['JSON', json({ array: [1, { b: 2 }] }), { payloadText: '[1,{"b":2}]' }],
      ['JSON', json({ array: 5 }), { payload: '{"array":5}' }],
      ['JSON', plain(0), { payloadText: '0' }],
      ['STRING', plain('text'), { payloadText: '"text"' }],
      ['STRING', plain(''), { payloadText: '""' }],
      ['INTEGER', plain(5), { payloadText: '5' }],
      ['BOOLEAN', plain(false), { payloadText: 'false' }],
      ['TAGS', plain('A:b'), { payloadText: '["A:b"]' }],
      [
        'LOCATION',
        { is: 'location', latitude: 1, longitude: 2, elevation: 3 },
        { payload: '{"latitude":1,"longitude":2,"elevation":3}' },
      ],
    ])('of %s, %j, calls the agent with %j', (baseType, value, parameters) => {
      expect(run(whole(baseType), { v: value }).calls[0]?.parameters).toEqual({ methodName: 'Do', ...parameters });
    });

    it('that is a constant does the same', () => {
      const constant = (value: string): string =>
        withService(`name: Do\nkind: deviceMethod\nconstants: { "": ${value} }`);
      expect(run(constant('[1]'), {}).calls[0]?.parameters).toEqual({ methodName: 'Do', payloadText: '[1]' });
      expect(run(constant('{ a: 1 }'), {}).calls[0]?.parameters).toEqual({ methodName: 'Do', payload: '{"a":1}' });
    });

    it('passes it to a foreign service unchanged', () => {
      const target = { methodService: 'Schedule' };
      expect(run(whole('JSON'), { v: json([1]) }, target).calls[0]?.parameters).toEqual({
        methodName: 'Do',
        payload: '[1]',
      });
    });

    it('passes it as text to the service of the agent under its short name', () => {
      const target = { methodService: 'ScheduleDeviceMethodJob' };
      expect(run(whole('JSON'), { v: json([1]) }, target).calls[0]?.parameters).toEqual({
        methodName: 'Do',
        payloadText: '[1]',
      });
    });
  });

  it('passes an object with a list named array as text, which the agent does not unwrap', () => {
    const text = withService(
      'name: Do\nkind: deviceMethod\nparameters: [{ name: list, baseType: JSON, payloadPath: /array }, { name: more, baseType: STRING }]',
    );
    const list: TestValue = { is: 'json', value: [1] };
    expect(run(text, { list }).calls[0]?.parameters).toEqual({ methodName: 'Do', payloadText: '{"array":[1]}' });
    expect(run(text, { list, more: plain('x') }).calls[0]?.parameters).toEqual({
      methodName: 'Do',
      payload: '{"array":[1],"more":"x"}',
    });
  });
});
