import { beforeEach, describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../src/core/errors.js';
import { parseJson } from '../../../src/core/exact-json.js';
import type { Service } from '../../../src/edge/definitions.js';
import { jobRequestBody } from '../../../src/iothub/job-request.js';
import { createJobServices } from '../../../src/jobs/services/services.js';
import { unwrapList } from '../../../src/jobs/json-parameters.js';
import { jobEnvironment } from '../../../src/jobs/environment.js';
import { callService, failureOf } from '../../support/jobs/callers.js';
import { FakeHub } from '../../support/jobs/fake-hub.js';
import { startProcessorStopwatch } from '../../support/processor-time.js';

const METHOD = 'ScheduleDeviceMethodJob';
const TWIN = 'ScheduleTwinUpdateJob';

let hub: FakeHub;
let services: Service[];

beforeEach(() => {
  hub = new FakeHub();
  services = createJobServices(jobEnvironment({ hub: hub.port(), thing: 'Hub' }));
});

const call = (name: string, parameters: Record<string, unknown>): Promise<unknown> =>
  callService(services, name, parameters);

/** The body of the request that created the last job. */
function lastBodyText(): string {
  const made = hub.calls.findLast(({ operation }) => operation === 'scheduleJob');
  return jobRequestBody(made?.request as never);
}

async function refusal(name: string, parameters: Record<string, unknown>): Promise<string> {
  const failure = await failureOf(call(name, parameters));
  expect(failure.code).toBe('InvalidArgument');
  expect(hub.calls).toEqual([]);
  return failure.message;
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a list that ThingWorx wraps', () => {
  it.each([
    [{ array: [1, 2] }, [1, 2]],
    [{ array: [] }, []],
    [{ array: [{ array: [1] }] }, [{ array: [1] }]],
    [
      { array: [1], more: 2 },
      { array: [1], more: 2 },
    ],
    [{ array: { 0: 1 } }, { array: { 0: 1 } }],
    [{ array: 'text' }, { array: 'text' }],
    [{ Array: [1] }, { Array: [1] }],
    [{ list: { array: [1] } }, { list: { array: [1] } }],
    [[{ array: [1] }], [{ array: [1] }]],
  ])('%j is sent as %j', async (payload, sent) => {
    expect(unwrapList(payload)).toEqual(sent);
    await call(METHOD, { methodName: 'm', payload });
    expect(hub.lastBody['cloudToDeviceMethod']).toHaveProperty('payload', sent);
  });

  it('is not a valid patch', async () => {
    await expect(refusal(TWIN, { patch: { array: [{ tags: { a: 1 } }] } })).resolves.toMatch(
      /patch must be a JSON object/,
    );
  });
});

describe('payloadText', () => {
  it.each([
    '5',
    '"ok"',
    'true',
    'null',
    '[1,2]',
    '{"b":1, "a":2}',
    ' {\n\t"id" : 7615917337495251231 }\r\n',
    '{"array":[1]}',
    '{"a":1,"a":2}',
    '1.0',
    '-0',
    '1e400',
    '"\\u00e9\\ud800"',
    '"é😀\u2028"',
    `[${'9'.repeat(300)}]`,
  ])('sends %j byte for byte', async (payloadText) => {
    await call(METHOD, { methodName: 'm', payloadText });
    expect(lastBodyText()).toContain(`"payload":${payloadText},"responseTimeoutInSeconds":30`);
    expect(() => parseJson(lastBodyText())).not.toThrow();
  });

  it.each([
    ['{"a":1,}', 1, 8],
    ['nope', 1, 1],
    ['{"a":\n  bad}', 2, 3],
    ['[1,2', 1, 5],
    ['', 0, 0],
    [' ', 1, 2],
    ['1 2', 1, 3],
    ['\ufeff{}', 1, 1],
    ["{'a':1}", 1, 2],
    ['NaN', 1, 1],
    ['01', 1, 2],
    ['{"a":1}},"x":{', 1, 8],
  ])('%j is refused with line and column, and an empty string counts as absent', async (payloadText, line, column) => {
    if (payloadText === '') {
      await call(METHOD, { methodName: 'm', payloadText });
      expect(lastBodyText()).not.toContain('payload');
      return;
    }
    const message = await refusal(METHOD, { methodName: 'm', payloadText });
    expect(message).toMatch(/^Parameter "payloadText" is not valid JSON: /);
    expect(message).toContain(`line ${line}, column ${column}`);
  });

  it.each([0, '', null, false, {}, []])('is refused together with the payload %j', async (payload) => {
    const message = await refusal(METHOD, { methodName: 'm', payload, payloadText: '1' });
    expect(message).toMatch(/payloadText.*payload/);
  });

  it('has at most 128 KiB of UTF-8', async () => {
    await call(METHOD, { methodName: 'm', payloadText: `"${'é'.repeat(65_535)}"` });
    const operations = hub.calls.length;
    const failure = await failureOf(call(METHOD, { methodName: 'm', payloadText: `"${'é'.repeat(65_536)}"` }));
    expect(failure.reason).toMatch(/^InvalidArgument: Parameter "payloadText" has 131074 bytes/);
    expect(hub.calls).toHaveLength(operations);
  });

  it.each([501, 60_000])('nested %d levels deep is refused', async (depth) => {
    await expect(refusal(METHOD, { methodName: 'm', payloadText: nested(depth) })).resolves.toMatch(
      /payloadText.*deep/,
    );
    await expect(refusal(METHOD, { methodName: 'm', payload: JSON.parse(nested(depth)) })).resolves.toMatch(
      /payload.*deep/,
    );
  });
});

it('a payload nested 500 levels deep is sent, with its digits', async () => {
  const text = `${'['.repeat(500)}${']'.repeat(500)}`.replace('[]', '[9007199254740992]');
  await call(METHOD, { methodName: 'm', payload: parseJson(text) });
  expect(lastBodyText()).toContain(text);
  await call(METHOD, { methodName: 'm', payloadText: text });
  expect(lastBodyText()).toContain(text);
});

describe('whole numbers that a double cannot represent', () => {
  it.each([
    ['{"id":7615917337495251231}', 'payload.id'],
    ['7615917337495251231', 'payload'],
    ['-9007199254740993', 'payload'],
    ['{"items":[0,1,2,{"id":9007199254740993}]}', 'payload.items[3].id'],
    ['{"array":[[[18446744073709551615]]]}', 'payload[0][0]'],
    ['{"a b":{"c-d":1e22,"e":12345678901234567890123}}', 'payload["a b"].e'],
  ])('%s is refused with its path %s', async (json, path) => {
    const message = await refusal(METHOD, { methodName: 'm', payload: parseJson(json) });
    expect(message).toContain(`at ${path}`);
    expect(message).toContain('payloadText');
  });

  it.each([
    ['{"tags":{"id":7615917337495251231}}', 'patch.tags.id'],
    ['{"properties":{"desired":{"a":[{"b":9007199254740993}]}}}', 'patch.properties.desired.a[0].b'],
  ])('the patch %s is refused with its path %s', async (json, path) => {
    await expect(refusal(TWIN, { patch: parseJson(json) })).resolves.toContain(`at ${path}`);
  });

  it.each([
    '9007199254740992',
    '1152921504606846976',
    '-1152921504606846976',
    '9007199254740991',
    '1180591620717411303424',
  ])('%s is represented exactly and sent with its own digits', async (digits) => {
    await call(METHOD, { methodName: 'm', payload: parseJson(`{"n":[${digits}]}`) });
    expect(lastBodyText()).toContain(`"payload":{"n":[${digits}]}`);
    await call(TWIN, { patch: parseJson(`{"tags":{"n":${digits}}}`) });
    expect(lastBodyText()).toContain(`"tags":{"n":${digits}}`);
  });
});

describe('the size of a JSON parameter', () => {
  it('of a patch is at most 128 KiB of UTF-8', async () => {
    const patch = (characters: number): object => ({ tags: { a: 'é'.repeat(characters) } });
    const around = JSON.stringify(patch(0)).length;
    await call(TWIN, { patch: patch((131_072 - around) / 2) });
    const failure = await failureOf(call(TWIN, { patch: patch(65_536) }));
    expect(failure.reason).toMatch(/^InvalidArgument: Parameter "patch" has \d+ bytes of JSON; at most 131072/);
  });

  it.each([200_000, 2_000_000])(
    'is refused quickly for a list of %d objects',
    async (length) => {
      const list = Array.from({ length }, () => ({}));
      const takenMs = startProcessorStopwatch();
      await expect(refusal(METHOD, { methodName: 'm', payload: list })).resolves.toMatch(
        /"payload" has more than 131072 bytes/,
      );
      await expect(refusal(TWIN, { patch: { tags: { list } } })).resolves.toMatch(/"patch" has more than 131072 bytes/);
      expect(takenMs()).toBeLessThan(5000);
    },
    60_000,
  );

  it.each([
    ['queryCondition', { methodName: 'm', queryCondition: ' '.repeat(8193) }],
    ['queryCondition', { methodName: 'm', queryCondition: `*${' '.repeat(1_000_000)}` }],
    ['methodName', { methodName: 'm'.repeat(1_000_000) }],
    ['jobId', { methodName: 'm', jobId: 'a'.repeat(1_000_000) }],
  ])('a %s that exceeds the limit of its kind is refused', async (name, parameters) => {
    const message = await refusal(METHOD, parameters);
    expect(message).toContain(name);
    expect(message.length).toBeLessThan(300);
  });

  it.each([
    ['QueryJobResults', 'query', { query: ' '.repeat(1_000_000) }],
    [
      'QueryJobResultsPage',
      'continuationToken',
      { query: 'SELECT * FROM devices.jobs', continuationToken: 'a'.repeat(1_000_000) },
    ],
    ['FindJobs', 'status', { status: 'a'.repeat(1_000_000) }],
    ['FindJobs', 'type', { type: 'a'.repeat(1_000_000) }],
    ['GetJob', 'jobId', { jobId: 'a'.repeat(1_000_000) }],
    ['PreviewTargets', 'queryCondition', { queryCondition: ' '.repeat(1_000_000) }],
  ])('%s refuses a long %s', async (service, name, parameters) => {
    const message = await refusal(service, parameters);
    expect(message).toContain(name);
    expect(message.length).toBeLessThan(300);
  });
});

describe('a job id that exists', () => {
  const first = { methodName: 'm', jobId: 'mine' };
  const CASES: [string, object, string, boolean][] = [
    ['the same digits', { payloadText: '{"id":7615917337495251231}' }, '{"id":7615917337495251231}', true],
    ['other white space and order', { payloadText: '{"b":[1],"a":2}' }, ' { "a":2, "b":[1.0] }', true],
    ['another digit', { payloadText: '{"id":7615917337495251231}' }, '{"id":7615917337495251230}', false],
    ['a digit that a double drops', { payloadText: '9007199254740993' }, '9007199254740992', false],
    ['the payload as a value', { payload: { a: 1 } }, '{"a":1}', true],
    ['a number that a double holds', { payload: parseJson('[1152921504606846976]') }, '[1152921504606846976]', true],
    ['null and none', {}, 'null', true],
    ['zero with a sign', { payload: 0 }, '-0', true],
    ['a list and an object', { payload: [] }, '{}', false],
    ['text and number', { payload: '1' }, '1', false],
  ];
  it.each(CASES)('with %s', async (_what, given, payloadText, isSame) => {
    await call(METHOD, { ...first, ...given });
    const made = hub.jobs.get('mine') as Record<string, unknown>;
    hub.jobs.set('mine', { ...(parseJson(lastBodyText()) as object), status: made['status'] });
    const again = call(METHOD, { ...first, payloadText });
    if (isSame) await expect(again).resolves.toBe('mine');
    else expect((await failureOf(again)).code).toBe('JobAlreadyExists');
  });

  it.each([
    [{ tags: null, properties: { desired: { a: 1 } } }, { properties: { desired: { a: 1 } } }],
    [{ properties: { desired: { a: 1 } } }, { tags: null, properties: { desired: { a: 1 } } }],
    [{ tags: null }, { tags: {} }],
    [{ tags: { a: 1 } }, { tags: { a: 1 }, properties: { desired: null } }],
  ])('the patch %j is not %j', async (patch, other) => {
    await call(TWIN, { patch, jobId: 'mine' });
    await expect(call(TWIN, { patch, jobId: 'mine' })).resolves.toBe('mine');
    expect((await failureOf(call(TWIN, { patch: other, jobId: 'mine' }))).code).toBe('JobAlreadyExists');
  });
});

describe('null in a patch', () => {
  it.each([
    { tags: null },
    { properties: { desired: null } },
    { tags: null, properties: { desired: null } },
    { tags: { a: null, b: { c: null } } },
    { tags: {}, properties: { desired: { l: [[], {}, ''] } } },
  ])('%j is sent unchanged', async (patch) => {
    await call(TWIN, { patch });
    expect(hub.lastBody['updateTwin']).toEqual({ ...patch, etag: '*' });
  });

  it.each([
    [{ tags: { l: [null] } }, 'patch.tags.l[0]'],
    [{ properties: { desired: { l: [1, { b: null }] } } }, 'patch.properties.desired.l[1].b'],
    [{ tags: { ok: null, 'a-b': [[{ c: { d: [null] } }]] } }, 'patch.tags["a-b"][0][0].c.d[0]'],
    [{ tags: null, properties: { desired: { x: { y: [{}, null] } } } }, 'patch.properties.desired.x.y[1]'],
  ])('%j is refused with the path %s', async (patch, path) => {
    await expect(refusal(TWIN, { patch })).resolves.toContain(`at ${path},`);
  });

  it.each([
    { properties: null },
    { properties: {} },
    { properties: { reported: null } },
    { properties: { reported: { a: [null] } } },
    { tags: [] },
    { properties: { desired: 'x' } },
  ])('%j is refused', async (patch) => {
    await expect(refusal(TWIN, { patch })).resolves.toMatch(/^Parameter "patch" /);
  });
});

it('a failed call never repeats the payload', async () => {
  hub.fail = () => new AgentError('HubUnavailable', 'down');
  const failure = await failureOf(call(METHOD, { methodName: 'm', payloadText: '"a secret"' }));
  expect(failure.reason).not.toContain('a secret');
});
