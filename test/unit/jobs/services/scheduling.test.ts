import { beforeEach, describe, expect, test } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import type { Service } from '../../../../src/edge/definitions.js';
import { createJobServices, JOB_SERVICES } from '../../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../../src/jobs/environment.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { callService, failureOf } from '../../../support/jobs/callers.js';
import { recordingLog } from '../../../support/recording-log.js';
import { FakeHub } from '../../../support/jobs/fake-hub.js';

let hub: FakeHub;
let services: Service[];
const clock = new ManualClock();

beforeEach(() => {
  hub = new FakeHub();
  services = createJobServices(jobEnvironment({ hub: hub.port({ clock }), thing: 'Hub' }));
});

const METHOD = 'AzureIotDeviceJobScheduleDeviceMethodJob';
const TWIN = 'AzureIotDeviceJobScheduleTwinUpdateJob';
const call = (name: string, parameters: Record<string, unknown>): Promise<unknown> =>
  callService(services, name, parameters, { clock });

describe('the body of a method job', () => {
  test('contains every default and no null', async () => {
    const jobId = await call(METHOD, { methodName: 'reboot' });
    expect(hub.lastBody).toEqual({
      jobId,
      type: 'scheduleDeviceMethod',
      cloudToDeviceMethod: { methodName: 'reboot', responseTimeoutInSeconds: 30, connectTimeoutInSeconds: 30 },
      startTime: new Date(clock.nowMs()).toISOString(),
      maxExecutionTimeInSeconds: 3600,
      queryCondition: '*',
    });
  });

  test.each([0, '', false, 'text', [], {}, [1, { a: null }]])('contains the payload %j unchanged', async (payload) => {
    await call(METHOD, { methodName: 'm', payload });
    expect(hub.lastBody['cloudToDeviceMethod']).toHaveProperty('payload', payload);
  });

  test('contains the parameters of the call', async () => {
    const startTime = new Date(clock.nowMs() + 3_600_000);
    const jobId = await call(METHOD, {
      methodName: 'm',
      queryCondition: "tags.site = 'Lyon'",
      startTime,
      maxExecutionTimeInSeconds: 60,
      responseTimeoutInSeconds: 5,
      connectTimeoutInSeconds: 0,
      jobId: 'mine',
    });
    expect(jobId).toBe('mine');
    expect(hub.lastBody).toMatchObject({
      cloudToDeviceMethod: { responseTimeoutInSeconds: 5, connectTimeoutInSeconds: 0 },
      startTime: startTime.toISOString(),
      maxExecutionTimeInSeconds: 60,
      queryCondition: "tags.site = 'Lyon'",
    });
  });

  test('contains the connect timeout of the configuration', async () => {
    services = createJobServices(jobEnvironment({ hub: hub.port(), thing: 'Hub', connectTimeoutInSeconds: 7 }));
    await call(METHOD, { methodName: 'm' });
    expect(hub.lastBody['cloudToDeviceMethod']).toHaveProperty('connectTimeoutInSeconds', 7);
  });

  test('has the current time for a start time in the past', async () => {
    await call(METHOD, { methodName: 'm', startTime: new Date(0) });
    expect(hub.lastBody['startTime']).toBe(new Date(clock.nowMs()).toISOString());
  });

  test.each(['', '*', ' * ', undefined])('addresses all devices for the condition %j', async (queryCondition) => {
    await call(METHOD, { methodName: 'm', ...(queryCondition === undefined ? {} : { queryCondition }) });
    expect(hub.lastBody['queryCondition']).toBe('*');
  });

  test('has a generated id for an empty jobId', async () => {
    await expect(call(METHOD, { methodName: 'm', jobId: '' })).resolves.toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the body of a twin job', () => {
  test('has the etag * and the patch unchanged, including null values', async () => {
    const patch = { tags: { site: null, a: [1] }, properties: { desired: { fan: { speed: 3 } } } };
    await call(TWIN, { patch });
    expect(hub.lastBody).toMatchObject({ type: 'scheduleUpdateTwin', updateTwin: { ...patch, etag: '*' } });
  });

  test('does not contain properties.reported, with a warning', async () => {
    const log = recordingLog();
    const patch = { tags: { a: 1 }, properties: { reported: { b: 2 } } };
    await callService(services, TWIN, { patch }, { log });
    expect(hub.lastBody['updateTwin']).toEqual({ etag: '*', tags: { a: 1 } });
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });
});

describe('the checks before any request to the hub', () => {
  const tags = { tags: { a: 1 } };
  const CASES: [string, string, Record<string, unknown>, RegExp][] = [
    ['no patch', TWIN, {}, /patch/],
    ['an empty patch', TWIN, { patch: {} }, /patch/],
    ['a patch that is a string', TWIN, { patch: '{"tags":{}}' }, /patch/],
    ['a patch that is an array', TWIN, { patch: [] }, /patch/],
    ['reported alone', TWIN, { patch: { properties: { reported: { a: 1 } } } }, /patch/],
    ['another top-level key', TWIN, { patch: { ...tags, etag: '*' } }, /patch.*etag/],
    ['another key under properties', TWIN, { patch: { ...tags, properties: { wanted: {} } } }, /patch.*wanted/],
    ['tags that are not an object', TWIN, { patch: { tags: 3 } }, /patch.*tags/],
    ['no method name', METHOD, { methodName: '' }, /methodName/],
    ['a method name of 101 characters', METHOD, { methodName: 'm'.repeat(101) }, /methodName.*101/],
    ['a payload above 128 KiB', METHOD, { methodName: 'm', payload: 'x'.repeat(131_071) }, /payload.*131073/],
    ['a job id with a space', METHOD, { methodName: 'm', jobId: 'a b' }, /jobId/],
    ['a job id of 65 characters', METHOD, { methodName: 'm', jobId: 'a'.repeat(65) }, /jobId/],
    [
      'a maximum execution time of 0',
      METHOD,
      { methodName: 'm', maxExecutionTimeInSeconds: 0 },
      /maxExecutionTimeInSeconds/,
    ],
    ['a response timeout of 4', METHOD, { methodName: 'm', responseTimeoutInSeconds: 4 }, /responseTimeoutInSeconds/],
    [
      'a response timeout of 301',
      METHOD,
      { methodName: 'm', responseTimeoutInSeconds: 301 },
      /responseTimeoutInSeconds/,
    ],
    ['a connect timeout of -1', METHOD, { methodName: 'm', connectTimeoutInSeconds: -1 }, /connectTimeoutInSeconds/],
    ['a connect timeout of 301', METHOD, { methodName: 'm', connectTimeoutInSeconds: 301 }, /connectTimeoutInSeconds/],
    [
      'a condition with SELECT',
      METHOD,
      { methodName: 'm', queryCondition: 'select * from devices' },
      /queryCondition.*WHERE/,
    ],
    [
      'a condition of 8193 characters',
      METHOD,
      { methodName: 'm', queryCondition: longCondition(8193) },
      /queryCondition.*8193.*8192/,
    ],
    [
      'a condition that cannot be parsed',
      METHOD,
      { methodName: 'm', queryCondition: 'tags.a =\n  = 3' },
      /queryCondition.*line 2, column 3/i,
    ],
  ];
  test.each(CASES)('refuse %s', async (_what, service, parameters, reason) => {
    const failure = await failureOf(call(service, parameters));
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.reason).toMatch(reason);
    expect(hub.calls).toEqual([]);
  });

  test.each([8192])('accept a condition of %d characters', async (length) => {
    const queryCondition = longCondition(length);
    await call(METHOD, { methodName: 'm', queryCondition });
    expect(hub.lastBody['queryCondition']).toBe(queryCondition);
  });

  test('accept a payload of exactly 128 KiB, a method name of 100 and an id of 64 characters', async () => {
    const parameters = { methodName: 'm'.repeat(100), payload: 'x'.repeat(131_070), jobId: 'a'.repeat(64) };
    await expect(call(METHOD, parameters)).resolves.toBe(parameters.jobId);
  });

  test('accept a condition that cannot be parsed if checkQueryCondition is false', async () => {
    const operations = jobEnvironment({ hub: hub.port(), thing: 'Hub', checkQueryCondition: false });
    services = createJobServices(operations);
    await call(METHOD, { methodName: 'm', queryCondition: 'tags.a = = 3' });
    expect(hub.lastBody['queryCondition']).toBe('tags.a = = 3');
  });

  test('accept a condition for modules, which is sent unchanged', async () => {
    const queryCondition = "FROM devices.modules WHERE moduleId = 'm1'";
    await call(METHOD, { methodName: 'm', queryCondition });
    expect(hub.lastBody['queryCondition']).toBe(queryCondition);
  });
});

describe('guards', () => {
  const guarded = (guards: Parameters<typeof jobEnvironment>[0]['guards'] & object): void => {
    services = createJobServices(jobEnvironment({ hub: hub.port(), thing: 'Hub', guards }));
  };

  test('maxDevicesPerJob counts the targets first, and its error has both numbers', async () => {
    guarded({ maxDevicesPerJob: 10 });
    hub.devices = () => [{ numberOfTargets: 11 }];
    const failure = await failureOf(call(METHOD, { methodName: 'm', queryCondition: "tags.a = 'b'" }));
    expect(failure.code).toBe('Forbidden');
    expect(failure.reason).toMatch(/11.*10/);
    expect(hub.count('scheduleJob')).toBe(0);
    expect(hub.calls[0]?.request).toMatchObject({
      query: "SELECT COUNT() AS numberOfTargets FROM devices WHERE (tags.a = 'b')",
    });
    hub.devices = () => [{ numberOfTargets: 10 }];
    await expect(call(METHOD, { methodName: 'm' })).resolves.toBeDefined();
  });

  test('maxDevicesPerJob fails for a count that is not a number, and reads an empty row as 0', async () => {
    guarded({ maxDevicesPerJob: 10 });
    hub.devices = () => [{ numberOfTargets: 'many' }];
    expect((await failureOf(call(METHOD, { methodName: 'm' }))).code).toBe('HubUnavailable');
    hub.devices = () => [{}];
    await expect(call(METHOD, { methodName: 'm' })).resolves.toBeDefined();
  });

  test('maxDevicesPerJob refuses a condition that is too long for the count as InvalidArgument, with the limit', async () => {
    guarded({ maxDevicesPerJob: 10 });
    const failure = await failureOf(call(METHOD, { methodName: 'm', queryCondition: longCondition(8192) }));
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.reason).toMatch(/queryCondition.*8192/);
  });

  test('maxDevicesPerJob counts modules for a condition on modules', async () => {
    guarded({ maxDevicesPerJob: 10 });
    hub.devices = () => [{ n: 1 }];
    await call(METHOD, { methodName: 'm', queryCondition: "FROM devices.modules WHERE moduleId = 'x'" });
    expect(hub.calls[0]?.request).toMatchObject({
      query: "SELECT COUNT() AS numberOfTargets FROM devices.modules WHERE (moduleId = 'x')",
    });
  });

  test.each([undefined, '', '  '])('requireQueryCondition refuses the condition %j', async (queryCondition) => {
    guarded({ requireQueryCondition: true });
    const failure = await failureOf(call(TWIN, { patch: { tags: { a: 1 } }, queryCondition }));
    expect(failure.code).toBe('Forbidden');
  });

  test('requireQueryCondition accepts *', async () => {
    guarded({ requireQueryCondition: true });
    await expect(call(TWIN, { patch: { tags: { a: 1 } }, queryCondition: '*' })).resolves.toBeDefined();
  });

  test.each([
    ['reboot', true],
    ['getDiagnostics', true],
    ['get', true],
    ['Reboot', false],
    ['rebootNow', false],
    ['forget', false],
  ])('allowedMethods reboot and get* permit %s: %s', async (methodName, isAllowed) => {
    guarded({ allowedMethods: ['reboot', 'get*'] });
    const answer = call(METHOD, { methodName });
    if (isAllowed) await expect(answer).resolves.toBeDefined();
    else expect((await failureOf(answer)).code).toBe('Forbidden');
  });
});

describe('switches', () => {
  const on = (options: Parameters<typeof createJobServices>[1]): Service[] =>
    createJobServices(jobEnvironment({ hub: hub.port(), thing: 'Hub' }), options);

  test.each([
    ['the full name', 'AzureIotDeviceJobFindJobs'],
    ['the short name', 'FindJobs'],
  ])('deny with %s disables both names', async (_what, denied) => {
    services = on({ deny: [denied] });
    for (const name of ['FindJobs', 'AzureIotDeviceJobFindJobs'])
      expect((await failureOf(call(name, {}))).code).toBe('Forbidden');
    await expect(call(METHOD, { methodName: 'm' })).resolves.toBeDefined();
  });

  test('allow disables every service that it does not name', async () => {
    services = on({ allow: ['FindJobs'] });
    await expect(call('AzureIotDeviceJobFindJobs', {})).resolves.toEqual([]);
    expect((await failureOf(call(METHOD, { methodName: 'm' }))).code).toBe('Forbidden');
  });

  test('shortNames false removes the short names', () => {
    expect(on({ shortNames: false }).map((service) => service.definition.name)).toEqual(
      on({})
        .map((service) => service.definition.name)
        .filter((name) => name.startsWith('AzureIotDeviceJob')),
    );
    expect(on({})).toHaveLength(2 * JOB_SERVICES.length);
  });
});

describe('the error after a lost response', () => {
  test('contains the id of the job that may have been created', async () => {
    hub.fail = () => new AgentError('HubTimeout', 'No answer.', { context: { answerLost: true } });
    const failure = await failureOf(call(METHOD, { methodName: 'm', jobId: 'perhaps' }));
    expect(failure.code).toBe('HubTimeout');
    expect(failure.reason).toContain('perhaps');
  });
});

function longCondition(length: number): string {
  const head = "tags.a = '";
  return `${head}${'x'.repeat(length - head.length - 1)}'`;
}
