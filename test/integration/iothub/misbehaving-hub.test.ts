import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Service } from '../../../src/edge/definitions.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import { createJobServices } from '../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../src/jobs/environment.js';
import { createSingleDeviceServices } from '../../../src/single-device/services/services.js';
import { type FairClock, startFairClock } from '../../support/fair-clock.js';
import { azureError, type Misbehaviour, ScriptedHub } from '../../support/iothub/scripted-hub.js';
import { callService, failureOf, withDeadline } from '../../support/jobs/callers.js';
import { singleDeviceEnvironment } from '../../support/single-device/environment.js';

const TIMEOUT_MS = 500;
const RETRY = { baseMs: 20, capMs: 60, smallestAttemptMs: 60, random: Math.random };

let clock: FairClock;
let hub: ScriptedHub;
const open: { close(): Promise<void> | void }[] = [];

/** A hub of its own, and the services over it. */
async function start(): Promise<{ hub: ScriptedHub; services: Service[] }> {
  const started = await ScriptedHub.start();
  const port = openHub({
    credentials: { connectionString: started.connectionString },
    address: started.address,
    ca: started.certificates.caPem,
    tier: 'unlimited',
    units: 1,
    retry: RETRY,
  });
  open.push(port, started);
  const operations = jobEnvironment({ hub: port, thing: 'AzureIotHub' });
  const offered = [
    ...createJobServices(operations),
    ...createSingleDeviceServices(singleDeviceEnvironment(port), { deviceManagement: true }),
  ];
  return { hub: started, services: withDeadline(offered, TIMEOUT_MS) };
}

let services: Service[];

beforeEach(async () => {
  clock = startFairClock();
  ({ hub, services } = await start());
});

afterEach(async () => {
  for (const end of open.splice(0)) await end.close();
  clock.stop();
});

const PARAMETERS: Readonly<Record<string, Record<string, unknown>>> = {
  ScheduleTwinUpdateJob: { patch: { tags: { site: 'Lyon' } } },
  ScheduleDeviceMethodJob: { methodName: 'reboot', payload: { delaySeconds: 5 } },
  GetJob: { jobId: 'known' },
  FindJobs: {},
  CancelJob: { jobId: 'future' },
  QueryJobResults: { query: 'SELECT * FROM devices.jobs' },
  QueryJobResultsPage: { query: 'SELECT * FROM devices.jobs' },
  PreviewTargets: { queryCondition: "tags.site = 'Lyon'" },
  InvokeDeviceMethod: { deviceId: 'known', methodName: 'reboot', payload: { delaySeconds: 5 } },
  GetDeviceTwin: { deviceId: 'known' },
  UpdateDeviceTwin: { deviceId: 'known', patch: { tags: { site: 'Lyon' } } },
  QueryDevices: { query: "tags.site = 'Lyon'" },
  GetDevice: { deviceId: 'known' },
  CreateDevice: { deviceId: 'new' },
  DeleteDevice: { deviceId: 'known' },
  SetDeviceStatus: { deviceId: 'known', status: 'disabled', reason: 'lost' },
  CreateAzureIotDevice: { thingName: 'new' },
  DeleteAzureIotDevice: { thingName: 'known' },
  DescribeAzureIotDevice: { thingName: 'known' },
};
const NAMES = Object.keys(PARAMETERS);
/** The requests that each sends at once. */
const AT_ONCE: Readonly<Record<string, number>> = {
  PreviewTargets: 3,
  GetDevice: 2,
  SetDeviceStatus: 2,
  DescribeAzureIotDevice: 2,
};
/** A method may have run after any failure but a refusal with 429, so it is not called again. */
const ONCE = new Set(['InvokeDeviceMethod']);
const CREATING = ['CreateDevice', 'CreateAzureIotDevice'];
const SCHEDULING = NAMES.filter((name) => name.startsWith('Schedule'));

async function call(name: string, parameters = PARAMETERS[name] ?? {}, over = { hub, services }): Promise<unknown> {
  const known = { type: 'scheduleUpdateTwin', queryCondition: '*' };
  over.hub.devices.add('known');
  over.hub.jobs.set('known', { ...known, jobId: 'known', status: 'running' });
  over.hub.jobs.set('future', { ...known, jobId: 'future', status: 'scheduled' });
  const startMs = clock.monotonicMs();
  try {
    return await callService(over.services, name, parameters, { timeoutMs: 5000, clock });
  } finally {
    expect(clock.monotonicMs() - startMs).toBeLessThan(TIMEOUT_MS + 400);
  }
}

/** Calls every service at once, each over a hub of its own. */
function onEach<T>(use: (name: string, over: { hub: ScriptedHub; services: Service[] }) => Promise<T>): Promise<T[]> {
  return Promise.all(NAMES.map(async (name) => await use(name, await start())));
}

const status = (code: number, azureCode: string, text = 'it is so'): Misbehaviour => ({
  kind: 'status',
  status: code,
  body: azureError(azureCode, text),
  headers: { 'iothub-errorcode': azureCode },
});

const first =
  (count: number, wrong: Misbehaviour) =>
  (_request: unknown, index: number): Misbehaviour | undefined =>
    index < count ? wrong : undefined;

describe('a hub that recovers', () => {
  const cases: [string, Misbehaviour][] = [
    ['429', status(429, 'ThrottlingException')],
    ['500', status(500, 'ServerError')],
    [
      '502',
      { kind: 'status', status: 502, body: '<html>bad gateway</html>', headers: { 'content-type': 'text/html' } },
    ],
    ['503', status(503, 'ServiceUnavailable')],
    ['504', status(504, 'GatewayTimeout')],
    ['a reset before the request was processed', { kind: 'resetBefore' }],
  ];
  test.each(cases)('every service succeeds after %s', async (what, wrong) => {
    await onEach(async (name, over) => {
      over.hub.decide = first(2, wrong);
      if (ONCE.has(name) && !what.startsWith('429')) return;
      await expect(call(name, PARAMETERS[name], over)).resolves.toBeDefined();
      expect(over.hub.made).toBe(SCHEDULING.includes(name) ? 1 : 0);
      expect(over.hub.devices.made).toBe(CREATING.includes(name) ? 1 : 0);
      expect(over.hub.devices.ran).toBe(ONCE.has(name) ? 1 : 0);
    });
  });
});

describe('a hub that processes a request whose response is lost', () => {
  test.each(SCHEDULING)('%s creates one job with a generated id and returns the id', async (name) => {
    hub.decide = first(2, { kind: 'resetAfter' });
    const jobId = await call(name);
    expect(hub.made).toBe(1);
    expect(hub.jobs.has(jobId as string)).toBe(true);
    expect(hub.count('GET')).toBe(0);
  });

  test.each(SCHEDULING)('%s creates one job with a given id and returns the id', async (name) => {
    hub.decide = first(1, { kind: 'resetAfter' });
    await expect(call(name, { ...PARAMETERS[name], jobId: 'mine-1' })).resolves.toBe('mine-1');
    expect(hub.made).toBe(1);
  });

  test.each(SCHEDULING)('%s survives a truncated response', async (name) => {
    hub.decide = first(1, { kind: 'cutOff' });
    await expect(call(name, { ...PARAMETERS[name], jobId: 'mine-2' })).resolves.toBe('mine-2');
    expect(hub.made).toBe(1);
  });

  test.each(SCHEDULING)('%s looks up the job if the acknowledgement cannot be parsed', async (name) => {
    hub.decide = first(1, { kind: 'body', body: '<html>ok</html>', contentType: 'text/html', isProcessed: true });
    const jobId = await call(name);
    expect(hub.made).toBe(1);
    expect(hub.count('GET', String(jobId))).toBe(1);
  });

  test('CancelJob succeeds if the job turns out to be cancelled', async () => {
    hub.decide = first(1, { kind: 'resetAfter' });
    await expect(call('CancelJob')).resolves.toMatchObject([
      { jobId: 'future', status: 'cancelled', outcome: 'cancelled' },
    ]);
  });
});

describe('a given id that exists', () => {
  const parameters = { ...PARAMETERS['ScheduleDeviceMethodJob'], jobId: 'mine-3' };

  test('returns the id if the definition is the same, even if it appears late', async () => {
    await call('ScheduleDeviceMethodJob', parameters);
    const bare = { kind: 'body', body: '{"jobId":"mine-3","type":"scheduleDeviceMethod","status":"queued"}' } as const;
    hub.decide = (request) => (request.method === 'GET' && hub.count('GET') < 1 ? bare : undefined);
    await expect(call('ScheduleDeviceMethodJob', parameters)).resolves.toBe('mine-3');
    expect(hub.made).toBe(1);
  });

  test.each([
    ['payload', { payload: { delaySeconds: 6 } }],
    ['method', { methodName: 'echo' }],
    ['condition', { queryCondition: "deviceId = 'a'" }],
  ])('is JobAlreadyExists when the %s differs', async (_what, other) => {
    await call('ScheduleDeviceMethodJob', parameters);
    const failure = await failureOf(call('ScheduleDeviceMethodJob', { ...parameters, ...other }));
    expect(failure.code).toBe('JobAlreadyExists');
    expect(failure.reason).toContain('mine-3');
  });

  test('is JobAlreadyExists for a job of the other type', async () => {
    await call('ScheduleDeviceMethodJob', parameters);
    const failure = await failureOf(
      call('ScheduleTwinUpdateJob', { ...PARAMETERS['ScheduleTwinUpdateJob'], jobId: 'mine-3' }),
    );
    expect(failure.code).toBe('JobAlreadyExists');
  });

  test('is HubTimeout if the definition never becomes visible', async () => {
    await call('ScheduleDeviceMethodJob', parameters);
    hub.decide = (request) =>
      request.method === 'GET' ? { kind: 'body', body: '{"jobId":"mine-3","status":"queued"}' } : undefined;
    const failure = await failureOf(call('ScheduleDeviceMethodJob', parameters));
    expect(failure.code).toBe('HubTimeout');
  });
});

describe('a hub that does not recover', () => {
  const cases: [string, Misbehaviour, string, boolean][] = [
    ['429', status(429, 'ThrottlingException'), 'HubThrottled', true],
    ['429004', status(429, 'ThrottlingMaxActiveJobCountExceeded'), 'HubJobQuotaExceeded', false],
    ['500', status(500, 'ServerError'), 'HubUnavailable', true],
    ['503', status(503, 'ServiceUnavailable'), 'HubUnavailable', true],
    ['resets', { kind: 'resetBefore' }, 'HubUnavailable', true],
    ['a hang', { kind: 'hang' }, 'HubTimeout', false],
    ['401', status(401, 'IotHubUnauthorizedAccess', 'Unauthorized'), 'HubUnauthorized', false],
    ['400', status(400, 'ArgumentInvalid', 'BadRequest'), 'HubRejected', false],
    ['403', status(403, 'IotHubQuotaExceeded', 'Total number of messages exceeded'), 'HubRejected', false],
  ];
  test.each(cases)('%s makes every service fail with its documented code', async (what, wrong, code, repeats) => {
    await onEach(async (name, over) => {
      over.hub.decide = () => wrong;
      const failure = await failureOf(call(name, PARAMETERS[name], over));
      const isBroken = wrong.kind === 'resetBefore' && ONCE.has(name);
      expect([name, failure.code]).toEqual([name, isBroken ? 'HubTimeout' : code]);
      expect(failure.reason).not.toContain('SharedAccess');
      const attempts = AT_ONCE[name] ?? 1;
      if (repeats && (!ONCE.has(name) || what === '429')) expect(over.hub.seen.length).toBeGreaterThan(attempts);
      else expect(over.hub.seen.length).toBeLessThanOrEqual(attempts);
      expect(over.hub.made).toBe(0);
      expect(over.hub.devices.made + over.hub.devices.ran).toBe(0);
    });
  });

  test('a request that hangs is aborted', async () => {
    hub.decide = () => ({ kind: 'hang' });
    await failureOf(call('GetJob'));
    while (hub.openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(hub.openConnections).toBe(0);
  });
});

describe('unexpected responses', () => {
  const CHANGING = [...CREATING, 'DeleteDevice', 'DeleteAzureIotDevice', 'InvokeDeviceMethod'];
  const READING = NAMES.filter(
    (name) => !name.startsWith('Schedule') && name !== 'CancelJob' && !CHANGING.includes(name),
  );
  const BODIES = ['<html>', '{"jobId":', 'null', '7', '"text"', ''];
  test.each(READING.flatMap((name) => BODIES.map((body) => [name, body] as const)))(
    '%s answers HubUnavailable to the body %j',
    async (name, body) => {
      hub.decide = () => ({ kind: 'body', body });
      expect((await failureOf(call(name))).code).toBe('HubUnavailable');
    },
  );

  test('a job without most of its fields, or with other names, is still returned as a row', async () => {
    hub.decide = () => ({
      kind: 'body',
      body: JSON.stringify({
        jobType: 'scheduleUpdateTwin',
        status: 'thinking',
        startTimeUtc: 'soon',
        createdDateTimeUtc: '2026-01-01T00:00:00.1234567Z',
      }),
    });
    await expect(call('GetJob')).resolves.toEqual([
      {
        jobId: 'known',
        type: 'scheduleUpdateTwin',
        status: 'thinking',
        outcome: 'unknown',
        createdTime: new Date('2026-01-01T00:00:00.123Z'),
      },
    ]);
  });

  test.each([...SCHEDULING, 'CancelJob'])(
    '%s believes no yes that cannot be read and that a look does not bear out',
    async (name) => {
      hub.decide = first(1, { kind: 'body', body: '<html>', contentType: 'text/html' });
      const failure = await failureOf(call(name));
      expect(['HubUnavailable', 'HubTimeout']).toContain(failure.code);
      expect(hub.made).toBe(0);
    },
  );

  test('CancelJob looks up the job if the acknowledgement cannot be parsed', async () => {
    hub.decide = first(1, { kind: 'body', body: '', isProcessed: true });
    await expect(call('CancelJob')).resolves.toMatchObject([{ jobId: 'future', status: 'cancelled' }]);
  });

  test('an id that the hub does not know is JobNotFound', async () => {
    expect((await failureOf(call('GetJob', { jobId: 'nobody' }))).code).toBe('JobNotFound');
    expect((await failureOf(call('CancelJob', { jobId: 'nobody' }))).code).toBe('JobNotFound');
  });

  test('a job that runs is JobNotCancellable, with its status', async () => {
    const failure = await failureOf(call('CancelJob', { jobId: 'known' }));
    expect(failure.code).toBe('JobNotCancellable');
    expect(failure.reason).toContain('running');
  });
});

describe('results over several pages', () => {
  beforeEach(() => {
    hub.results = Array.from({ length: 2500 }, (_unused, index) => ({
      deviceId: `d${index}`,
      jobId: 'j',
      status: 'completed',
    }));
  });

  test('all rows are returned, from as many pages as that takes', async () => {
    const rows = (await call('QueryJobResults')) as { deviceId: string }[];
    expect(rows.map((row) => row.deviceId)).toEqual(hub.results.map((row) => row['deviceId']));
    expect(hub.count('POST', '/devices/query')).toBe(3);
  });

  test('maxItems limits the rows to the first ones', async () => {
    const rows = (await call('QueryJobResults', { ...PARAMETERS['QueryJobResults'], maxItems: 1200 })) as unknown[];
    expect(rows).toHaveLength(1200);
  });

  test('a second page that fails once is requested again', async () => {
    hub.decide = (_request, index) => (index === 1 ? { kind: 'resetBefore' } : undefined);
    await expect(call('QueryJobResults')).resolves.toHaveLength(2500);
  });

  test('a second page that keeps failing fails the call: no rows are dropped silently', async () => {
    hub.decide = (_request, index) => (index >= 1 ? status(503, 'ServiceUnavailable') : undefined);
    expect((await failureOf(call('QueryJobResults'))).code).toBe('HubUnavailable');
  });

  test('the paging service reads all of them', async () => {
    const walked: unknown[] = [];
    let continuationToken: string | null | undefined;
    do {
      const page = (await call('QueryJobResultsPage', {
        ...PARAMETERS['QueryJobResultsPage'],
        maxItems: 700,
        ...(continuationToken ? { continuationToken } : {}),
      })) as { rows: { deviceId: string }[]; continuationToken: string | null };
      walked.push(...page.rows.map((row) => row.deviceId));
      continuationToken = page.continuationToken;
    } while (continuationToken !== null);
    expect(walked).toEqual(hub.results.map((row) => row['deviceId']));
  });
});
