import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Service } from '../../../src/edge/definitions.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import type { HubPort } from '../../../src/iothub/ports.js';
import { createJobServices } from '../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../src/jobs/environment.js';
import { azureError, type Misbehaviour, ScriptedHub } from '../../support/iothub/scripted-hub.js';
import { callService, failureOf, withDeadline } from '../../support/jobs/callers.js';

let hub: ScriptedHub;
let port: HubPort;
let services: Service[];

beforeEach(async () => {
  hub = await ScriptedHub.start();
  port = openHub({
    credentials: { connectionString: hub.connectionString },
    address: hub.address,
    ca: hub.certificates.caPem,
    tier: 'unlimited',
    units: 1,
  });
  services = withDeadline(createJobServices(jobEnvironment({ hub: port, thing: 'Hub' })), 5000);
  hub.jobs.set('known', { jobId: 'known', type: 'scheduleUpdateTwin', status: 'scheduled', queryCondition: '*' });
});

afterEach(async () => {
  port.close();
  await hub.close();
});

const call = (name: string, parameters: object = {}): Promise<unknown> =>
  callService(services, name, { ...parameters });
const body = (text: string, isProcessed = false, contentType = 'application/json; charset=utf-8'): Misbehaviour => ({
  kind: 'body',
  body: text,
  contentType,
  isProcessed,
});

/** Bodies with status 200 that are not a job, and how the error describes them. */
const BODIES: [string, string, RegExp][] = [
  [
    'an error of Azure',
    azureError('IotHubUnauthorizedAccess', 'Unauthorized'),
    /IotHubUnauthorizedAccess.*Unauthorized/,
  ],
  ['an error of a gateway', '{"message":"upstream is down","status":502}', /upstream is down/],
  ['a problem document', '{"type":"about:blank","title":"Bad Gateway","status":502}', /not the job known/],
  ['a health report', '{"status":"ok"}', /not the job known/],
  ['an empty object', '{}', /empty or not a JSON object|not a JSON object/],
  [
    'another job',
    '{"jobId":"other","type":"scheduleUpdateTwin","status":"cancelled"}',
    /another job in place of known/,
  ],
  ['an id alone', '{"jobId":"known"}', /not the job known/],
  ['a list', '[]', /not a JSON object/],
  [
    'a list with the job in it',
    '[{"jobId":"known","type":"scheduleUpdateTwin","status":"cancelled"}]',
    /not a JSON object/,
  ],
  ['a deep body', `{"Message":"too deep","inner":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, /too deep/],
  ['null', 'null', /not a JSON object/],
  ['a string', '"cancelled"', /not a JSON object/],
];

describe('a response with status 200 that is not the job', () => {
  it.each(BODIES)('fails GetJob: %s', async (_what, text, said) => {
    hub.decide = () => body(text);
    const failure = await failureOf(call('GetJob', { jobId: 'known' }));
    expect(failure.code).toBe('HubUnavailable');
    expect(failure.reason).toMatch(said);
  });

  it.each(BODIES)('fails CancelJob when the job is not cancelled: %s', async (_what, text, said) => {
    hub.decide = (request) => (request.method === 'POST' ? body(text) : undefined);
    const failure = await failureOf(call('CancelJob', { jobId: 'known' }));
    expect(failure.code).toBe('HubUnavailable');
    expect(failure.reason).toMatch(said);
    expect(hub.count('GET', 'known')).toBe(1);
  });

  it.each(BODIES)('does not make CancelJob fail if the job turns out to be cancelled: %s', async (_what, text) => {
    hub.decide = (request) => (request.method === 'POST' ? body(text, true) : undefined);
    await expect(call('CancelJob', { jobId: 'known' })).resolves.toMatchObject([
      { jobId: 'known', status: 'cancelled' },
    ]);
  });

  const SCHEDULING = [
    ['ScheduleDeviceMethodJob', { methodName: 'm', payload: { a: 1 } }],
    ['ScheduleTwinUpdateJob', { patch: { tags: { a: 1 } } }],
  ] as const;
  const SCHEDULED = SCHEDULING.flatMap(([name, parameters]) =>
    BODIES.map(([what, text, said]) => [name, what, parameters, text, said] as const),
  );

  it.each(SCHEDULED)('makes %s fail if there is no such job: %s', async (name, _what, parameters, text) => {
    hub.decide = (request) => (request.method === 'PUT' ? body(text.replace('known', 'mine')) : undefined);
    const hasty = withDeadline(createJobServices(jobEnvironment({ hub: port, thing: 'Hub' })), 200);
    const failures = await Promise.all(
      [{ jobId: 'mine' }, {}].map((ids) => failureOf(callService(hasty, name, { ...parameters, ...ids }))),
    );
    for (const failure of failures) {
      expect(['HubUnavailable', 'HubTimeout']).toContain(failure.code);
      expect(failure.reason).toContain('look for it with GetJob');
    }
    expect(hub.made).toBe(0);
  });

  it.each(SCHEDULED)('makes %s read the job, which exists: %s', async (name, _what, parameters, text) => {
    hub.decide = (request) => (request.method === 'PUT' ? body(text, true) : undefined);
    const jobId = await call(name, parameters);
    expect(hub.jobs.has(String(jobId))).toBe(true);
    expect(hub.count('GET', String(jobId))).toBe(1);
    expect(hub.made).toBe(1);
  });

  it.each(SCHEDULED)(
    'is no proof for %s when the look is answered with it too: %s',
    async (name, _what, parameters, text, said) => {
      hub.decide = () => body(text.replace('"jobId":"known"', '"jobId":"another"'));
      const failure = await failureOf(call(name, parameters));
      expect(failure.code).toBe('HubUnavailable');
      expect(failure.reason).toMatch(new RegExp(said.source.replaceAll('known', '[0-9a-f-]+') + '|another job'));
      expect(hub.made).toBe(0);
    },
  );

  it.each(['FindJobs', 'QueryJobResults', 'QueryJobResultsPage', 'PreviewTargets'])(
    'fails %s where a list is wanted',
    async (name) => {
      const query = { query: 'SELECT * FROM devices.jobs' };
      for (const [, text] of BODIES.filter(([, given]) => !given.startsWith('['))) {
        hub.decide = () => body(text);
        const failure = await failureOf(call(name, name.startsWith('Query') ? query : {}));
        expect(failure.code).toBe('HubUnavailable');
      }
    },
  );

  it.each(['[null]', '[[]]', '[{"jobId":"known"},7]', '["a"]', '{"items":[true]}'])(
    'fails services that read the list %s',
    async (text) => {
      hub.decide = () => body(text);
      for (const [name, parameters] of [
        ['FindJobs', {}],
        ['QueryJobResults', { query: 'SELECT * FROM devices.jobs' }],
      ] as const)
        expect((await failureOf(call(name, parameters))).code).toBe('HubUnavailable');
    },
  );

  it('is recognized whatever its content type', async () => {
    hub.decide = () => body('<html>signed in</html>', false, 'text/html');
    for (const [name, parameters] of [
      ...SCHEDULING,
      ['GetJob', { jobId: 'known' }],
      ['CancelJob', { jobId: 'known' }],
    ] as const)
      expect((await failureOf(call(name, parameters))).code).toBe('HubUnavailable');
  });
});

it('a job that is read may lack its id or its status, if its type shows what it is', async () => {
  hub.decide = () => body('{"jobType":"scheduleUpdateTwin","status":"thinking"}');
  await expect(call('GetJob', { jobId: 'known' })).resolves.toMatchObject([{ jobId: 'known', status: 'thinking' }]);
  hub.decide = () => body('{"jobId":"known","type":"scheduleUpdateTwin"}');
  await expect(call('GetJob', { jobId: 'known' })).resolves.toMatchObject([{ jobId: 'known', outcome: 'unknown' }]);
});

describe('the digits of whole numbers', () => {
  const DIGITS = [
    '7615917337495251231',
    '-9007199254740993',
    '9007199254740992',
    '1152921504606846976',
    '18446744073709551615',
  ];

  it.each(DIGITS)('%s are kept in jobs and results', async (digits) => {
    hub.decide = (request) =>
      request.method === 'POST'
        ? body(
            `[{"deviceId":"d","jobId":"known","outcome":{"deviceMethodResponse":{"status":200,"payload":{"n":[${digits}]}}}}]`,
          )
        : body(
            `{"jobId":"known","type":"scheduleDeviceMethod","status":"running","cloudToDeviceMethod":{"methodName":"m","payload":${digits}}}`,
          );
    const exact = Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
    await expect(call('GetJob', { jobId: 'known' })).resolves.toMatchObject([{ payload: { value: exact } }]);
    const query = { query: 'SELECT * FROM devices.jobs' };
    await expect(call('QueryJobResults', query)).resolves.toMatchObject([{ methodPayload: { n: [exact] } }]);
    await expect(call('QueryJobResultsPage', query)).resolves.toMatchObject({
      rows: [{ methodPayload: { n: [exact] } }],
    });
  });

  it('never invalidate a field that is not JSON', async () => {
    hub.decide = () =>
      body(
        '{"jobId":"known","type":"scheduleUpdateTwin","status":"running","statusMessage":7615917337495251231,"maxExecutionTimeInSeconds":7615917337495251231,"deviceJobStatistics":{"deviceCount":7615917337495251231}}',
      );
    const [row] = (await call('GetJob', { jobId: 'known' })) as Record<string, unknown>[];
    expect(row).toMatchObject({ statusMessage: '7615917337495251231' });
    expect(row).not.toHaveProperty('deviceCount');
    expect(row).not.toHaveProperty('maxExecutionTimeInSeconds');
  });
});
