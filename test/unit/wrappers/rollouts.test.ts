import { describe, expect, it } from '@jest/globals';
import { startCall } from '../../../src/core/call-context.js';
import { START_ROLLOUT_PARAMETERS } from '../../../src/rollouts/definition/parameters.js';
import { buildBundle } from '../../../src/wrappers/build.js';
import { ROLLOUT_OPTIONS, ROLLOUT_PARAMETERS, type WrapperDescription } from '../../../src/wrappers/definition.js';
import { packageCall } from '../../../src/wrappers/payload.js';
import { rolloutSchema } from '../../../src/wrappers/rollout-schema.js';
import { descriptionServices } from '../../../src/wrappers/service.js';
import { serviceScript } from '../../../src/wrappers/script/emit.js';
import { AGENT_TARGET } from '../../../src/wrappers/script/target.js';
import { describeWrappers, problemsOf, withService } from '../../support/wrappers/descriptions.js';
import { type TestValue, toNative } from '../../support/wrappers/rhino-values.js';
import { assertEs5, runScript } from '../../support/wrappers/run-script.js';

const METHOD = 'name: Do\nkind: deviceMethod\nmethodName: m\n';
const TWIN = 'name: Do\nkind: twinUpdate\nconstants: { /tags/a: 1 }\n';

/** Keys of a roll-out, with `^` before the place of the error. */
const ON_ALL: readonly (readonly [what: string, keys: string, problem: string])[] = [
  ['a bound of a whole number', 'batchSize: ^0', 'rollout.batchSize: must be at least 1'],
  ['a fraction', 'retries: ^1.5', 'rollout.retries: must be an integer'],
  ['text for a number', 'canarySize: ^abc', 'rollout.canarySize: must be a number, but is text'],
  [
    'a time-out that a job may have',
    'connectTimeoutInSeconds: ^0',
    'rollout.connectTimeoutInSeconds: must be at least 1',
  ],
  ['a percentage of nothing', 'batchPercent: ^0', 'rollout.batchPercent: must be greater than 0'],
  ['a choice', 'promotion: ^fast', 'rollout.promotion: must be one of automatic, afterFirst, manual'],
  ['an id of other characters', 'rolloutId: ^a_b', 'rollout.rolloutId: must be 1 to 40 letters, digits and dashes'],
  [
    'a text that is too long',
    `description: ^${'x'.repeat(501)}`,
    'rollout.description: must have at most 500 characters',
  ],
  [
    'a date without a zone',
    'startTime: ^"2030-01-01T00:00:00"',
    'rollout.startTime: must be a date and time, as ISO 8601 with a time zone',
  ],
  [
    'two sizes',
    'batchSize: 5, batchPercent: ^5',
    'rollout.batchPercent: cannot be combined with batchSize; pass at most one of the two',
  ],
  [
    'two ways to name devices',
    'deviceIds: ^[a]',
    'rollout.deviceIds: cannot be combined with queryCondition; pass exactly one of the two',
  ],
  [
    'a stop rule with two limits',
    'abort: [^{ on: any, count: 1, percent: 5 }]',
    'rollout.abort[0]: must have exactly one of percent and count',
  ],
  [
    'a state that no device has',
    'abort: [{ on: [refused, ^late], count: 1 }]',
    'rollout.abort[0].on[1]: must be one of refused, failed, timedOut, offline, unverified, notFound',
  ],
  [
    'an unknown key of a stop rule',
    'abort: [^{ on: any, count: 1, then: stop }]',
    'rollout.abort[0]: has an unknown key "then"; known are on, percent, count, minimumExecuted, scope, action',
  ],
  [
    'statuses without their class',
    'retryStatuses: ^[503]',
    'rollout.retryStatuses: can only be used with refused in retryOn',
  ],
  [
    'a status below 400',
    'retryOn: [refused], retryStatuses: [^399]',
    'rollout.retryStatuses[0]: must be a whole number from 400 to 999',
  ],
  [
    'an unknown failure',
    'retryOn: [^never]',
    'rollout.retryOn[0]: must be one of offline, timedOut, refused, failed, unverified',
  ],
  [
    'a pattern that cannot be read',
    'windows: [{ start: ^"0 25 * * *", durationMinutes: 5 }]',
    'rollout.windows[0].start: is not a valid cron pattern: Invalid value for hour: 25',
  ],
  [
    'a pattern that never comes',
    'windows: [{ start: ^"0 0 30 2 *", durationMinutes: 5 }]',
    'rollout.windows[0].start: never occurs',
  ],
  [
    'a window without an end',
    'windows: [^{ start: "0 1 * * *" }]',
    'rollout.windows[0].durationMinutes: must be a whole number from 1 to 10,080',
  ],
  [
    'an unknown time zone',
    'timeZone: ^Europe/Berln',
    'rollout.timeZone: "Europe/Berln" is not an IANA time zone such as Europe/Berlin',
  ],
  [
    'a verification of all devices',
    'verifyCondition: ^"*"',
    'rollout.verifyCondition: must be a condition; * is not allowed',
  ],
  [
    'a verification that cannot be parsed',
    'verifyCondition: ^tags.a == 1',
    'rollout.verifyCondition: cannot be parsed: line 1, column 9, at `=`: expected a value, a property or an opening bracket',
  ],
  [
    'a placeholder that is no parameter',
    'verifyCondition: ^"tags.a = {x}"',
    'rollout.verifyCondition: the placeholder {x} is not a parameter',
  ],
  ['a parameter that a wrapper sets itself', '^payload: {}', 'rollout.payload: unknown key'],
  ['an option of jobs', '^queue: true', 'rollout.queue: unknown key'],
  [
    'an option of jobs that callers may set',
    'callerMaySet: [^jobId]',
    'rollout.callerMaySet[0]: must be one of rolloutId, description',
  ],
];

describe('a description with a roll-out', () => {
  it.each(ON_ALL)('refuses %s', (_what, keys, problem) => {
    const marked = withService(`${METHOD}rollout: { queryCondition: "*", ${keys} }`).split('\n');
    const line = marked.findIndex((text) => text.includes('rollout:'));
    const column = marked[line]?.indexOf('^') ?? 0;
    const problems = problemsOf(marked.join('\n').replace('^', ''));
    expect(problems).toEqual([expect.stringContaining(`test.yaml:${line + 1}:${column + 1}: services[0].${problem}`)]);
  });

  it.each([
    ['no devices', `${METHOD}rollout: {}`, 'rollout.queryCondition: is missing'],
    [
      'a condition with SELECT',
      `${METHOD}rollout: { queryCondition: "SELECT * FROM devices" }`,
      'rollout.queryCondition: begins with SELECT',
    ],
    ['a wrong device id', `${METHOD}rollout: { deviceIds: [a, "b c"] }`, 'rollout.deviceIds[1]: must be a device id'],
    [
      'a canary condition with a source',
      `${METHOD}rollout: { queryCondition: "*", canaryCondition: "FROM devices WHERE a = 1" }`,
      'rollout.canaryCondition: begins with FROM',
    ],
    [
      'a recurrence that is no pattern',
      `${METHOD}rollout: { queryCondition: "*", recurrence: "1 2" }`,
      'rollout.recurrence: must be a cron pattern',
    ],
    [
      'an end of the recurrence that is no time',
      `${METHOD}rollout: { queryCondition: "*", recurrence: "0 1 * * *", recurrenceEnds: tomorrow }`,
      'rollout.recurrenceEnds: must be a date and time',
    ],
    [
      'two kinds of canary',
      `${METHOD}rollout: { queryCondition: "*", canarySize: 1, canaryCondition: "tags.a = 1" }`,
      'rollout.canaryCondition: cannot be combined with canarySize',
    ],
    ['a job besides it', `${METHOD}job: {}\nrollout: { queryCondition: "*" }`, 'rollout: cannot be combined with job'],
    [
      'a twin update that waits for devices',
      `${TWIN}rollout: { queryCondition: "*", offlineDevices: wait }`,
      'rollout.offlineDevices: can be wait only with methodName',
    ],
    [
      'a time-out of methods in a twin update',
      `${TWIN}rollout: { queryCondition: "*", connectTimeoutInSeconds: 5 }`,
      'rollout.connectTimeoutInSeconds: is only allowed for direct methods',
    ],
    [
      'such a time-out that callers may set',
      `${TWIN}rollout: { queryCondition: "*", callerMaySet: [connectTimeoutInSeconds] }`,
      'rollout.callerMaySet[0]: is only allowed for direct methods',
    ],
    [
      'an option that is a parameter',
      `${METHOD}parameters: [{ name: retries, baseType: STRING }]\nrollout: { queryCondition: "*", callerMaySet: [retries] }`,
      'rollout.callerMaySet[0]: the name retries occurs twice',
    ],
    ['a value that is no roll-out', `${METHOD}rollout: 5`, 'rollout: must be'],
  ])('refuses %s', (_what, service, problem) => {
    expect(problemsOf(withService(service))).toEqual([expect.stringContaining(`services[0].${problem}`)]);
  });

  it('reports everything at once, besides values of a wrong type and errors of parameters', () => {
    const problems = problemsOf(
      withService(`
name: Do
kind: deviceMethod
parameters: [{ name: me, baseType: STRING }]
rollout:
  queryCondition: 5
  promotion: fast
  canarySize: none
  abort: [{ on: late, count: 0, scope: all }, 5]
  timeZone: Nowhere
  windows: [{ start: "x", durationMinutes: 0 }]
  callerMaySet: [never]`),
    );
    expect(problems.map((problem) => problem.split(': ')[1])).toEqual([
      'services[0].parameters[0].name',
      'services[0].rollout.queryCondition',
      'services[0].rollout.promotion',
      'services[0].rollout.canarySize',
      'services[0].rollout.abort[0].on',
      'services[0].rollout.abort[0].count',
      'services[0].rollout.abort[0].scope',
      'services[0].rollout.abort[1]',
      'services[0].rollout.timeZone',
      'services[0].rollout.windows[0].start',
      'services[0].rollout.windows[0].durationMinutes',
      'services[0].rollout.callerMaySet[0]',
    ]);
  });

  it('may leave the devices to the caller', () => {
    expect(problemsOf(withService(`${METHOD}rollout: { callerMaySet: [deviceIds] }`))).toEqual([]);
  });

  it('has the parameters of StartRollout as keys, but for those that say what is done', () => {
    const others = ['methodName', 'payload', 'payloadText', 'patch', 'copyOf'];
    expect(ROLLOUT_OPTIONS).toEqual(Object.keys(START_ROLLOUT_PARAMETERS).filter((name) => !others.includes(name)));
    for (const name of ROLLOUT_OPTIONS) {
      const { minimum, maximum } = ROLLOUT_PARAMETERS[name];
      if (minimum === undefined || maximum === undefined) continue;
      const isAccepted = (value: number): boolean => rolloutSchema.safeParse({ [name]: value }).success;
      const accepted = [minimum - 1, minimum, maximum, maximum + 1].map(isAccepted);
      expect([name, accepted]).toEqual([name, [false, true, true, false]]);
    }
  });

  it('offers what callers may set as optional parameters with the base types and bounds of StartRollout', () => {
    const all = ROLLOUT_OPTIONS.join(', ');
    const { services } = describeWrappers(withService(`${METHOD}rollout: { retries: 2, callerMaySet: [${all}] }`));
    const offered = services[0]?.parameters ?? [];
    expect(offered.map(({ name }) => name)).toEqual(ROLLOUT_OPTIONS);
    for (const { name, baseType, required, rule } of offered) {
      const { minimum, maximum, ...parameter } = ROLLOUT_PARAMETERS[name as keyof typeof ROLLOUT_PARAMETERS];
      expect({ name, baseType, required }).toEqual({ name, baseType: parameter.baseType, required: false });
      expect([rule.minimum, rule.maximum, rule.enum]).toEqual([minimum, maximum, parameter.choices]);
    }
    expect(offered.find(({ name }) => name === 'retries')?.description).toMatch(/This service uses 2 if omitted\.$/);
  });
});

const FULL = withService(`${METHOD}description: Does it
parameters:
  - { name: site, baseType: STRING, required: true }
  - { name: version, baseType: STRING, default: "1", payloadPath: /version }
rollout:
  queryCondition: tags.site = {site}
  verifyCondition: properties.reported.version = {version}
  startTime: 2030-01-01T00:00:00Z
  batchSize: 50
  abort: [{ on: any, percent: 10 }]
  retryOn: [refused]
  retryStatuses: [503]
  callerMaySet: [rolloutId, startTime, deviceIds, queryCondition, batchPercent, abort, retryOn, promotion]`);

const FIXED = {
  queryCondition: "tags.site = 'A\\'s'",
  verifyCondition: "properties.reported.version = '1'",
  startTime: '2030-01-01T00:00:00.000Z',
  batchSize: 50,
  abort: { array: [{ on: 'any', percent: 10 }] },
  retryOn: { array: ['refused'] },
  retryStatuses: { array: [503] },
};
const { queryCondition: _condition, ...WITHOUT_CONDITION } = FIXED;
const { batchSize: _size, ...WITHOUT_SIZE } = FIXED;
const { retryStatuses: _statuses, ...WITHOUT_STATUSES } = FIXED;

const site: TestValue = { is: 'plain', value: "A's" };
const plain = (value: string | number): TestValue => ({ is: 'plain', value });
const json = (value: unknown): TestValue => ({ is: 'json', value });

/** The parameters of a call, and what StartRollout receives besides method and payload. */
const CALLS: readonly (readonly [string, Readonly<Record<string, TestValue>>, Readonly<Record<string, unknown>>])[] = [
  ['the values of the description', {}, FIXED],
  [
    'the caller’s list instead of the condition',
    { deviceIds: json(['a', 'b']) },
    { ...WITHOUT_CONDITION, deviceIds: { array: ['a', 'b'] } },
  ],
  ['the caller’s condition', { queryCondition: plain('*') }, { ...FIXED, queryCondition: '*' }],
  ['the caller’s percentage instead of the size', { batchPercent: plain(5) }, { ...WITHOUT_SIZE, batchPercent: 5 }],
  [
    'the caller’s failures without the statuses',
    { retryOn: json(['offline']) },
    { ...WITHOUT_STATUSES, retryOn: { array: ['offline'] } },
  ],
  ['an empty list of stop rules', { abort: json([]) }, { ...FIXED, abort: { array: [] } }],
  [
    'the caller’s time, id and choice',
    { startTime: { is: 'date', ms: 0 }, rolloutId: plain('r-1'), promotion: plain('manual') },
    { ...FIXED, startTime: '1970-01-01T00:00:00.000Z', rolloutId: 'r-1', promotion: 'manual' },
  ],
  ['the description’s value for an empty text', { startTime: plain(''), promotion: plain('') }, FIXED],
];

function scriptOf({ services, bundle }: WrapperDescription, target = AGENT_TARGET): string {
  if (!services[0]) throw new Error('no service');
  const script = serviceScript(services[0], bundle, target);
  assertEs5(script);
  return script;
}

describe('a service that starts a roll-out', () => {
  it.each(CALLS)('passes %s to StartRollout, at run time and as a script', (_what, given, expected) => {
    const description = describeWrappers(FULL);
    const values = { site, ...given };
    const natives = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toNative(value)]));
    const [service] = description.services;
    expect(service && packageCall(service, natives)).toEqual({ payload: { version: '1' }, options: expected });
    expect(runScript(scriptOf(description), values).calls).toEqual([
      {
        thing: 'AzureIotHub',
        service: 'AzureIotDeviceJobStartRollout',
        parameters: { methodName: 'm', payload: '{"version":"1"}', ...expected },
      },
    ]);
  });

  it.each([
    ['canarySize', plain(0), "Do: parameter 'canarySize' must be at least 1"],
    ['promotion', plain('fast'), "Do: parameter 'promotion' must be one of automatic, afterFirst, manual"],
    ['rolloutId', plain('a_b'), "Do: parameter 'rolloutId' must match ^[A-Za-z0-9-]{1,40}$"],
  ])('refuses a wrong %s with the same words', (name, value, message) => {
    const description = describeWrappers(
      withService(`${METHOD}rollout: { queryCondition: "*", callerMaySet: [${name}] }`),
    );
    const [service] = description.services;
    expect(() => service && packageCall(service, { [name]: toNative(value) })).toThrow(message);
    expect(runScript(scriptOf(description), { [name]: value }).error).toBe(`InvalidArgument: ${message}`);
  });

  it('calls StartRollout with payload text, or with a patch', async () => {
    const twin = `${TWIN.replace('Do', 'Move')}rollout: { deviceIds: [a] }`.trim().split('\n').join('\n    ');
    const started: unknown[] = [];
    const services = descriptionServices(describeWrappers(`${FULL}  - ${twin}\n`), {
      job: () => Promise.reject(new Error('no job')),
      rollout: (_context, { definition }, values) => {
        started.push([definition.name, values]);
        return Promise.resolve('r-1');
      },
    });
    const context = startCall({ timeoutMs: 1000 });
    const results = [];
    for (const { handler } of services) results.push(await handler(context, { site: "A's" }));
    context.dispose();
    expect(results).toEqual(['r-1', 'r-1']);
    expect(started).toEqual([
      ['StartRollout', { ...FIXED, methodName: 'm', payloadText: '{"version":"1"}' }],
      ['StartRollout', { deviceIds: { array: ['a'] }, patch: { tags: { a: 1 } } }],
    ]);
    expect(services[0]?.definition.result).toEqual({ baseType: 'STRING', description: 'The id of the roll-out' });
  });

  it('calls another service with the payload type of the build; the agent’s gets JSON', () => {
    const description = describeWrappers(FULL);
    const xmlWith = (hubRolloutService?: string): string => {
      const options = { payloadType: 'string' as const, ...(hubRolloutService ? { hubRolloutService } : {}) };
      return Buffer.from(buildBundle(description, options).get('test/test.xml') ?? '').toString();
    };
    expect(xmlWith()).toContain('_hub["AzureIotDeviceJobStartRollout"](_call)');
    expect(xmlWith()).not.toContain('JSON.stringify(_payload)');
    expect(xmlWith('Other')).toContain('_hub["Other"](_call)');
    expect(xmlWith('Other')).toContain('JSON.stringify(_payload)');
  });

  it('is documented with its settings', () => {
    const readme = Buffer.from(buildBundle(describeWrappers(FULL)).get('test/README.md') ?? '').toString();
    expect(readme).toContain('Starts a roll-out that calls the direct method `m`. Devices: `tags.site = {site}`.');
    expect(readme).toContain('| `verifyCondition` | `properties.reported.version = {version}` |');
    expect(readme).toContain('| `abort` | `[{"on":"any","percent":10}]` |');
  });
});
