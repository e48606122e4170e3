import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../support/jobs/callers.js';
import { deviceId } from '../../support/rollouts/rig.js';
import { ServiceRig } from '../../support/rollouts/services.js';

const METHOD = { methodName: 'reboot', queryCondition: '*' };

const refusal = async (parameters: Readonly<Record<string, unknown>>, name = 'StartRollout') =>
  await failureOf(new ServiceRig().call(name, parameters));

describe('StartRollout refuses', () => {
  it.each<[what: string, parameter: string, parameters: Record<string, unknown>, text?: string]>([
    ['neither method nor patch', 'methodName', { queryCondition: '*' }],
    ['method and patch', 'patch', { ...METHOD, patch: { tags: { a: 1 } } }],
    ['a payload with a patch', 'payload', { patch: { tags: { a: 1 } }, queryCondition: '*', payload: {} }],
    ['two payloads', 'payloadText', { ...METHOD, payload: {}, payloadText: '{}' }],
    [
      'a time-out with a patch',
      'connectTimeoutInSeconds',
      { patch: { tags: { a: 1 } }, queryCondition: '*', connectTimeoutInSeconds: 5 },
    ],
    ['a connect time-out of 0', 'connectTimeoutInSeconds', { ...METHOD, connectTimeoutInSeconds: 0 }],
    ['a patch without a section', 'patch', { patch: { x: 1 }, queryCondition: '*' }],
    ['neither condition nor list', 'queryCondition', { methodName: 'reboot' }],
    ['condition and list', 'deviceIds', { ...METHOD, deviceIds: ['a'] }],
    ['two kinds of canary', 'canaryCondition', { ...METHOD, canarySize: 1, canaryCondition: 'tags.a = 1' }],
    ['a recurrence that is no pattern', 'recurrence', { ...METHOD, recurrence: '@daily' }, 'five fields'],
    ['a recurrence that never comes', 'recurrence', { ...METHOD, recurrence: '0 0 31 2 *' }, 'never occurs'],
    ['an end of no recurrence', 'recurrenceEnds', { ...METHOD, recurrenceEnds: new Date(4e12) }],
    [
      'an end before the start',
      'recurrenceEnds',
      { ...METHOD, recurrence: '0 1 * * *', startTime: new Date(4e12), recurrenceEnds: new Date(3e12) },
    ],
    ['a long id of a recurrence', 'rolloutId', { ...METHOD, rolloutId: 'a'.repeat(31), recurrence: '0 1 * * *' }, '30'],
    ['direct calls of a patch', 'via', { patch: { tags: { a: 1 } }, queryCondition: '*', via: 'direct' }],
    ['a continuous list', 'selection', { methodName: 'reboot', deviceIds: ['a'], selection: 'continuous' }],
    ['a continuous recurrence', 'selection', { ...METHOD, selection: 'continuous', recurrence: '0 1 * * *' }],
    ['more than a year', 'expiresAfterSeconds', { ...METHOD, expiresAfterSeconds: 31_536_001 }, '31,536,000'],
    [
      'more than five years',
      'expiresAfterSeconds',
      { ...METHOD, selection: 'continuous', expiresAfterSeconds: 157_680_001 },
    ],
    ['a canary of all devices', 'canaryCondition', { ...METHOD, canaryCondition: '*' }, 'must be a condition'],
    ['a condition that cannot be read', 'queryCondition', { ...METHOD, queryCondition: 'tags.a = ' }, 'line 1'],
    [
      'a condition whose walk is too long',
      'queryCondition',
      { ...METHOD, queryCondition: `deviceId = '${'a'.repeat(8170)}'` },
      '8192',
    ],
    ['an empty list', 'deviceIds', { methodName: 'reboot', deviceIds: [] }],
    ['a list that is none', 'deviceIds', { methodName: 'reboot', deviceIds: { a: 1 } }],
    ['a wrong id, by its index', 'deviceIds', { methodName: 'reboot', deviceIds: ['a', 'b c'] }, 'deviceIds[1]'],
    ['a number as an id', 'deviceIds', { methodName: 'reboot', deviceIds: [7] }, 'deviceIds[0]'],
    [
      'too many ids',
      'deviceIds',
      { methodName: 'reboot', deviceIds: Array.from({ length: 100_001 }, (_, at) => `d${at}`) },
      '100,000',
    ],
    ['a long id', 'rolloutId', { ...METHOD, rolloutId: 'a'.repeat(41) }],
    ['a long description', 'description', { ...METHOD, description: 'x'.repeat(501) }],
    ['an expiry below a minute', 'expiresAfterSeconds', { ...METHOD, expiresAfterSeconds: 59 }],
    ['two sizes', 'batchPercent', { ...METHOD, batchSize: 1, batchPercent: 1 }],
    ['a percentage of 0', 'batchPercent', { ...METHOD, batchPercent: 0 }],
    ['a percentage above 100', 'batchPercent', { ...METHOD, batchPercent: 100.5 }],
    ['a canary of 0', 'canarySize', { ...METHOD, canarySize: 0 }],
    ['a growth below 1', 'batchGrowth', { ...METHOD, batchGrowth: 0.9 }],
    ['a largest batch of 0', 'maxBatchSize', { ...METHOD, maxBatchSize: 0 }],
    ['an unknown promotion', 'promotion', { ...METHOD, promotion: 'sometimes' }],
    ['a percentage of success above 100', 'successPercent', { ...METHOD, successPercent: 101 }],
    ['a soak beyond 30 days', 'soakSeconds', { ...METHOD, soakSeconds: 2_592_001 }],
    ['eleven retries', 'retries', { ...METHOD, retries: 11 }],
    ['an unknown class', 'retryOn', { ...METHOD, retryOn: ['offline', 'bored'] }, 'retryOn[1]'],
    ['statuses without refused', 'retryStatuses', { ...METHOD, retryStatuses: [500] }],
    [
      'a status below 400',
      'retryStatuses',
      { ...METHOD, retryOn: ['refused'], retryStatuses: [200] },
      'retryStatuses[0]',
    ],
    ['no statuses', 'retryStatuses', { ...METHOD, retryOn: ['refused'], retryStatuses: [] }],
    ['a delay above a day', 'retryDelaySeconds', { ...METHOD, retryDelaySeconds: 86_401 }],
    [
      'waiting with a patch',
      'offlineDevices',
      { patch: { tags: { a: 1 } }, queryCondition: '*', offlineDevices: 'wait' },
    ],
    ['a verification of all', 'verifyCondition', { ...METHOD, verifyCondition: '*' }],
    ['a verification with a source', 'verifyCondition', { ...METHOD, verifyCondition: 'FROM devices WHERE a = 1' }],
    ['a verification that cannot be read', 'verifyCondition', { ...METHOD, verifyCondition: 'a = = 1' }, 'line 1'],
    ['a long verification', 'verifyCondition', { ...METHOD, verifyCondition: `a = '${'x'.repeat(2048)}'` }],
    ['a verification time of 0', 'verifyTimeoutInSeconds', { ...METHOD, verifyTimeoutInSeconds: 0 }],
    ['a window without a pattern', 'windows', { ...METHOD, windows: [{ durationMinutes: 1 }] }, 'windows[0].start'],
    [
      'a window with seconds',
      'windows',
      { ...METHOD, windows: [{ start: '0 0 2 * * *', durationMinutes: 1 }] },
      'windows[0].start',
    ],
    [
      'a window that never occurs',
      'windows',
      { ...METHOD, windows: [{ start: '0 0 31 2 *', durationMinutes: 1 }] },
      'never occurs',
    ],
    [
      'a window of 0 minutes',
      'windows',
      { ...METHOD, windows: [{ start: '0 2 * * *', durationMinutes: 0 }] },
      'windows[0].durationMinutes',
    ],
    [
      'a window with an unknown key',
      'windows',
      { ...METHOD, windows: [{ start: '0 2 * * *', durationMinutes: 1, days: 2 }] },
      'days',
    ],
    [
      '21 windows',
      'windows',
      { ...METHOD, windows: Array.from({ length: 21 }, () => ({ start: '0 2 * * *', durationMinutes: 1 })) },
      'at most 20',
    ],
    ['an unknown zone', 'timeZone', { ...METHOD, timeZone: 'Mars/Phobos' }],
    ['eleven rules', 'abort', { ...METHOD, abort: Array.from({ length: 11 }, () => ({ on: 'any', count: 1 })) }],
    ['a rule with two limits', 'abort', { ...METHOD, abort: [{ on: 'any', count: 1, percent: 1 }] }, 'abort[0]'],
    ['a rule without a limit', 'abort', { ...METHOD, abort: [{ on: 'any' }] }, 'abort[0]'],
    ['a rule on nothing', 'abort', { ...METHOD, abort: [{ count: 1 }] }, 'abort[0].on'],
    ['a rule on success', 'abort', { ...METHOD, abort: [{ on: ['succeeded'], count: 1 }] }, 'abort[0].on[0]'],
    ['a rule with three decimals', 'abort', { ...METHOD, abort: [{ on: 'any', percent: 1.234 }] }, 'abort[0].percent'],
    ['a rule at 0 percent', 'abort', { ...METHOD, abort: [{ on: 'any', percent: 0 }] }, 'abort[0].percent'],
    [
      'a rule without a minimum',
      'abort',
      { ...METHOD, abort: [{ on: 'any', count: 1, minimumExecuted: 0 }] },
      'abort[0].minimumExecuted',
    ],
    ['an unknown scope', 'abort', { ...METHOD, abort: [{ on: 'any', count: 1, scope: 'all' }] }, 'abort[0].scope'],
    ['an unknown action', 'abort', { ...METHOD, abort: [{ on: 'any', count: 1, action: 'x' }] }, 'abort[0].action'],
    [
      'too many batches',
      'batchSize',
      { methodName: 'reboot', deviceIds: Array.from({ length: 1001 }, (_, at) => `d${at}`), batchSize: 1 },
      '1,000 batches',
    ],
  ])('%s, naming %s', async (_what, parameter, parameters, text = parameter) => {
    for (const name of ['StartRollout', 'PreviewRollout']) {
      const error = await refusal(parameters, name);
      expect(error.code).toBe('InvalidArgument');
      expect(error.message).toContain(parameter);
      expect(error.message).toContain(text);
    }
  });
});

describe('a roll-out is started', () => {
  it('with all defaults of a method', async () => {
    const rig = new ServiceRig();
    expect(await rig.call('StartRollout', METHOD)).toBe('generated');
    expect((await rig.row('GetRollout', { rolloutId: 'generated' }))['definition']).toEqual({
      via: 'job',
      selection: 'snapshot',
      methodName: 'reboot',
      responseTimeoutInSeconds: 30,
      connectTimeoutInSeconds: 30,
      queryCondition: '*',
      expiresAfterSeconds: 604_800,
      batchGrowth: 1,
      promotion: 'automatic',
      successPercent: 0,
      soakSeconds: 0,
      abort: [],
      retries: 0,
      retryOn: ['offline'],
      retryDelaySeconds: 60,
      offlineDevices: 'try',
      verifyTimeoutInSeconds: 600,
      windows: [],
      timeZone: 'UTC',
    });
  });

  it('with all defaults of a patch, wrapped lists unwrapped and rules completed', async () => {
    const rig = new ServiceRig({ services: { connectTimeoutInSeconds: 0 } });
    await rig.call('StartRollout', {
      patch: { tags: { a: 1 }, properties: { reported: { x: 1 } } },
      deviceIds: { array: ['b', 'a', 'b'] },
      abort: { array: [{ on: ['failed', 'failed'], percent: 33.33 }] },
    });
    expect(await rig.row('GetRollout', { rolloutId: 'generated' })).toMatchObject({
      deviceCount: 2,
      type: 'scheduleUpdateTwin',
      definition: {
        patch: { tags: { a: 1 } },
        deviceIds: { count: 2 },
        retryOn: ['timedOut', 'failed'],
        abort: [{ on: ['failed'], percent: 33.33, minimumExecuted: 1, scope: 'rollout', action: 'pause' }],
      },
    });
  });

  it('with a connect timeout of 30 if 0 is configured', async () => {
    const rig = new ServiceRig({ services: { connectTimeoutInSeconds: 0 } });
    await rig.call('StartRollout', METHOD);
    expect((await rig.row('GetRollout', { rolloutId: 'generated' }))['definition']).toMatchObject({
      connectTimeoutInSeconds: 30,
    });
  });
});

describe('an id that exists', () => {
  it('is returned for the same call without starting anything', async () => {
    const rig = new ServiceRig();
    const parameters = { ...METHOD, rolloutId: 'r1', payload: { a: 1, b: [2] } };
    await rig.call('StartRollout', parameters);
    expect(await rig.call('StartRollout', { ...parameters, retries: 0, payload: { b: [2], a: 1 } })).toBe('r1');
    expect(await rig.call('FindRollouts')).toHaveLength(1);
  });

  it('is started only once by concurrent calls', async () => {
    const rig = new ServiceRig();
    const calls = Array.from({ length: 5 }, () => rig.call('StartRollout', { ...METHOD, rolloutId: 'r1' }));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 5 }, () => 'r1'));
    expect(await rig.call('FindRollouts')).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another method', { methodName: 'stop' }],
    ['another payload', { payload: 1 }],
    ['another size', { batchSize: 2 }],
    ['another description', { description: 'x' }],
    ['a start time', { startTime: new Date(5) }],
  ])('refuses %s', async (_what, change) => {
    const rig = new ServiceRig();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1' });
    const error = await failureOf(rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', ...change }));
    expect(error.code).toBe('RolloutAlreadyExists');
  });

  it('refuses a list with another order', async () => {
    const rig = new ServiceRig();
    await rig.call('StartRollout', { methodName: 'm', deviceIds: ['a', 'b'], rolloutId: 'r1' });
    const call = rig.call('StartRollout', { methodName: 'm', deviceIds: ['b', 'a'], rolloutId: 'r1' });
    expect((await failureOf(call)).code).toBe('RolloutAlreadyExists');
  });
});

describe('copyOf', () => {
  it('takes the parameters of another roll-out, with its list, but not its start time', async () => {
    const rig = new ServiceRig();
    await rig.call('StartRollout', {
      rolloutId: 'r1',
      description: 'first',
      methodName: 'reboot',
      payloadText: '9007199254740993',
      deviceIds: [deviceId(0), deviceId(1)],
      startTime: new Date(rig.clock.nowMs() + 3_600_000),
      batchPercent: 50,
    });
    await rig.call('StartRollout', { rolloutId: 'r2', copyOf: 'r1', batchSize: 2, description: 'second' });
    const { definition, startTime, createdTime } = await rig.row('GetRollout', { rolloutId: 'r2' });
    expect(definition).toMatchObject({ description: 'second', payload: 9007199254740993n, batchSize: 2 });
    expect(definition).not.toHaveProperty('batchPercent');
    expect(startTime).toEqual(createdTime);
    await rig.until('r2', 'completed');
    expect(rig.hub.calls).toEqual(
      new Map([
        [deviceId(0), 1],
        [deviceId(1), 1],
      ]),
    );
  });

  it('drops parameters that cannot be combined with an argument of the call', async () => {
    const rig = new ServiceRig();
    await rig.call('StartRollout', { ...METHOD, rolloutId: 'r1', payload: 1, offlineDevices: 'wait' });
    await rig.call('StartRollout', { rolloutId: 'r2', copyOf: 'r1', patch: { tags: { a: 1 } }, deviceIds: ['x'] });
    const { definition } = await rig.row('GetRollout', { rolloutId: 'r2' });
    expect(definition).toMatchObject({ patch: { tags: { a: 1 } }, deviceIds: { count: 1 }, offlineDevices: 'try' });
    for (const key of ['methodName', 'payload', 'queryCondition']) expect(definition).not.toHaveProperty(key);
  });

  it('is RolloutNotFound for an id that does not exist', async () => {
    expect((await refusal({ copyOf: 'none' })).code).toBe('RolloutNotFound');
  });
});
