import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseJson } from '../../../src/core/exact-json.js';
import type { Service } from '../../../src/edge/definitions.js';
import { type HubOptions, openHub } from '../../../src/iothub/azure-hub.js';
import type { HubPort } from '../../../src/iothub/ports.js';
import { createJobServices } from '../../../src/jobs/services/services.js';
import { jobEnvironment } from '../../../src/jobs/environment.js';
import { type LocalIotHub, startLocalIotHub } from '../../../src/sandbox/iothub/local-iot-hub.js';
import { callService, failureOf } from '../../support/jobs/callers.js';
import { eventually } from '../../support/eventually.js';

let hub: LocalIotHub;
let services: Service[];
const ports: HubPort[] = [];

function open(options: Partial<HubOptions> = {}): HubPort {
  const port = openHub({
    credentials: { connectionString: hub.connectionString },
    address: hub.address,
    ca: hub.caPem,
    tier: 'unlimited',
    units: 1,
    ...options,
  });
  ports.push(port);
  return port;
}

const servicesOver = (port: HubPort): Service[] => createJobServices(jobEnvironment({ hub: port, thing: 'Hub' }));

beforeAll(async () => {
  hub = await startLocalIotHub({ hubName: 'my-hub.test' });
  const devices = Array.from({ length: 12 }, (_unused, index) => ({
    deviceId: `d${String(index).padStart(2, '0')}`,
    tags: { site: index < 8 ? 'Lyon' : 'Metz' },
  }));
  await hub.addLightDevices(devices);
  await hub.registerDevice('offline', { tags: { site: 'Oslo' } });
  services = servicesOver(open());
});

afterAll(async () => {
  for (const port of ports) port.close();
  await hub.close();
});

type Row = Readonly<Record<string, unknown>>;
const call = <T>(name: string, parameters: Row = {}, over = services): Promise<T> =>
  callService(over, name, parameters, { timeoutMs: 20_000 }) as Promise<T>;

async function ended(jobId: string): Promise<Row> {
  const [row] = await eventually(
    () => call<Row[]>('GetJob', { jobId }),
    ([job]) => job !== undefined && job['outcome'] !== 'inProgress',
  );
  return row as Row;
}

const resultsOf = (jobId: unknown): string =>
  `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${String(jobId)}'`;

test('a method job runs on the devices that are meant, and its answers can be read', async () => {
  const jobId = await call<string>('ScheduleDeviceMethodJob', {
    methodName: 'echo',
    payload: { n: 0, empty: '' },
    queryCondition: "tags.site = 'Lyon'",
  });
  await expect(ended(jobId)).resolves.toMatchObject({
    jobId,
    type: 'scheduleDeviceMethod',
    status: 'completed',
    outcome: 'succeeded',
    queryCondition: "tags.site = 'Lyon'",
    deviceCount: 8,
    succeededCount: 8,
    failedCount: 0,
    refusedCount: 0,
    methodName: 'echo',
    payload: { n: 0, empty: '' },
    createdTime: expect.any(Date),
    endTime: expect.any(Date),
  });
  const rows = await call<Row[]>('QueryJobResults', { query: resultsOf(jobId) });
  expect(rows.map((row) => String(row['deviceId'])).toSorted()).toEqual(
    Array.from({ length: 8 }, (_unused, index) => `d0${index}`),
  );
  for (const row of rows)
    expect(row).toMatchObject({ methodStatus: 200, methodPayload: { n: 0, empty: '' }, status: 'completed' });
});

test.each([0, '', false])('the payload %j reaches the devices as it is', async (payload) => {
  const jobId = await call<string>('ScheduleDeviceMethodJob', {
    methodName: 'echo',
    payload,
    queryCondition: "deviceId = 'd00'",
  });
  await ended(jobId);
  await expect(call('QueryJobResults', { query: resultsOf(jobId) })).resolves.toMatchObject([
    { methodPayload: { value: payload } },
  ]);
});

test.each([
  ['[1,2]', { array: [1, 2] }],
  ['"ok"', { value: 'ok' }],
  ['5', { value: 5 }],
  ['null', { value: null }],
  ['{"array":[1]}', { array: [1] }],
  ['{"id":7615917337495251231}', { id: 7615917337495251231n }],
])('the payload text %s reaches the devices, and its echo is the cell %j', async (payloadText, cell) => {
  const jobId = await call<string>('ScheduleDeviceMethodJob', {
    methodName: 'echo',
    payloadText,
    queryCondition: "STARTSWITH(deviceId, 'd00')",
  });
  await ended(jobId);
  await expect(call('QueryJobResults', { query: resultsOf(jobId) })).resolves.toMatchObject([{ methodPayload: cell }]);
  await expect(call('QueryJobResultsPage', { query: resultsOf(jobId) })).resolves.toMatchObject({
    rows: [{ methodPayload: parseJson(payloadText) }],
  });
});

test('a section of twins is cleared by null', async () => {
  const schedule = async (patch: object): Promise<unknown> => {
    const jobId = await call<string>('ScheduleTwinUpdateJob', { patch, queryCondition: "deviceId = 'offline'" });
    return (await ended(jobId))['outcome'];
  };
  await expect(schedule({ properties: { desired: { fan: 9, light: 1 } } })).resolves.toBe('succeeded');
  await expect(call('PreviewTargets', { queryCondition: 'properties.desired.fan = 9' })).resolves.toMatchObject({
    deviceCount: 1,
  });
  await expect(schedule({ properties: { desired: null } })).resolves.toBe('succeeded');
  await expect(call('PreviewTargets', { queryCondition: 'properties.desired.fan = 9' })).resolves.toMatchObject({
    deviceCount: 0,
  });
});

test('devices that answer 500 are refusals, and one that is offline fails alone', async () => {
  const failing = await call<string>('ScheduleDeviceMethodJob', {
    methodName: 'failing',
    queryCondition: "tags.site = 'Metz'",
  });
  await expect(ended(failing)).resolves.toMatchObject({
    outcome: 'completedWithErrors',
    refusedCount: 4,
    failedCount: 0,
  });
  const offline = await call<string>('ScheduleDeviceMethodJob', {
    methodName: 'echo',
    queryCondition: "tags.site IN ['Metz', 'Oslo']",
    connectTimeoutInSeconds: 1,
  });
  await expect(ended(offline)).resolves.toMatchObject({
    outcome: 'completedWithErrors',
    refusedCount: 0,
    failedCount: 1,
    deviceCount: 5,
  });
  const query = `${resultsOf(offline)} AND devices.jobs.deviceId = 'offline'`;
  await expect(call('QueryJobResults', { query })).resolves.toMatchObject([
    { deviceId: 'offline', errorCode: 'DeviceNotOnline' },
  ]);
});

test('a twin job changes tags and desired properties', async () => {
  const patch = { tags: { floor: 3 }, properties: { desired: { fan: 2 } } };
  const jobId = await call<string>('ScheduleTwinUpdateJob', { patch, queryCondition: "tags.site = 'Metz'" });
  await expect(ended(jobId)).resolves.toMatchObject({
    outcome: 'succeeded',
    succeededCount: 4,
  });
  expect((await call<Row[]>('GetJob', { jobId }))[0]?.['patch']).toEqual(patch);
  await expect(
    call('PreviewTargets', { queryCondition: 'tags.floor = 3 AND properties.desired.fan = 2' }),
  ).resolves.toMatchObject({
    deviceCount: 4,
    connectedCount: 4,
    disconnectedCount: 0,
  });
});

test('a job for later is found as scheduled and can be cancelled, once', async () => {
  const startTime = new Date(Date.now() + 3_600_000);
  const jobId = await call<string>('ScheduleDeviceMethodJob', { methodName: 'echo', startTime, jobId: 'later-1' });
  const found = await call<Row[]>('FindJobs', { type: 'scheduledevicemethod', status: 'Scheduled' });
  expect(found.find((row) => row['jobId'] === jobId)).toMatchObject({
    status: 'scheduled',
    outcome: 'inProgress',
    startTime,
  });
  await expect(call('CancelJob', { jobId })).resolves.toMatchObject([
    { jobId, status: 'cancelled', outcome: 'cancelled', methodName: 'echo' },
  ]);
  expect((await failureOf(call('CancelJob', { jobId }))).code).toBe('JobNotCancellable');
  expect((await failureOf(call('CancelJob', { jobId: 'nobody' }))).code).toBe('JobNotFound');
  expect((await failureOf(call('GetJob', { jobId: 'nobody' }))).code).toBe('JobNotFound');
});

test('the same call with the same id makes one job, another one does not', async () => {
  const parameters = {
    methodName: 'echo',
    payload: { b: 1, a: [1, { c: null }] },
    queryCondition: "tags.site = 'Metz'",
    jobId: 'once',
  };
  const answers = await Promise.all([1, 2, 3].map(() => call('ScheduleDeviceMethodJob', parameters)));
  expect(answers).toEqual(['once', 'once', 'once']);
  expect((await failureOf(call('ScheduleDeviceMethodJob', { ...parameters, payload: { b: 2 } }))).code).toBe(
    'JobAlreadyExists',
  );
  await ended('once');
  await expect(call('QueryJobResults', { query: resultsOf('once') })).resolves.toHaveLength(4);
});

test('a condition that the hub cannot read fails the job, when the check is off', async () => {
  const port = open();
  const unchecked = createJobServices(jobEnvironment({ hub: port, thing: 'Hub', checkQueryCondition: false }));
  const jobId = await call<string>(
    'ScheduleDeviceMethodJob',
    { methodName: 'echo', queryCondition: 'tags.a = = 1' },
    unchecked,
  );
  await expect(ended(jobId)).resolves.toMatchObject({
    status: 'failed',
    outcome: 'failed',
    failureReason: expect.any(String),
  });
});

test('results are walked through page by page', async () => {
  const jobId = await call<string>('ScheduleDeviceMethodJob', {
    methodName: 'echo',
    queryCondition: "tags.site IN ['Lyon', 'Metz']",
  });
  await ended(jobId);
  const seen: unknown[] = [];
  let continuationToken: string | null = '';
  const sizes: number[] = [];
  while (continuationToken !== null) {
    const page: { rows: Row[]; continuationToken: string | null } = await call('QueryJobResultsPage', {
      query: resultsOf(jobId),
      maxItems: 5,
      continuationToken,
    });
    sizes.push(page.rows.length);
    seen.push(...page.rows.map((row) => row['deviceId']));
    ({ continuationToken } = page);
  }
  expect(sizes).toEqual([5, 5, 2]);
  expect(new Set(seen).size).toBe(12);
});

test('no devices at all is noTargets', async () => {
  const jobId = await call<string>('ScheduleDeviceMethodJob', {
    methodName: 'echo',
    queryCondition: "tags.site = 'nowhere'",
  });
  await expect(ended(jobId)).resolves.toMatchObject({ outcome: 'noTargets', deviceCount: 0 });
});

test('wrong keys and missing rights are HubUnauthorized', async () => {
  const wrong = hub.connectionString.replace(
    /SharedAccessKey=.*/,
    `SharedAccessKey=${Buffer.from('wrong').toString('base64')}`,
  );
  const reader = hub.policyConnectionString('registryRead') ?? '';
  for (const connectionString of [wrong, reader]) {
    const over = servicesOver(open({ credentials: { connectionString } }));
    const failure = await failureOf(call('ScheduleDeviceMethodJob', { methodName: 'echo' }, over));
    expect(failure.code).toBe('HubUnauthorized');
    expect(failure.reason).not.toContain('SharedAccessKey');
  }
});

test('a hub whose certificate is not trusted, or not for its name, is HubUnavailable at once', async () => {
  const { ca: _ca, ...withoutCa } = { ca: hub.caPem };
  const strange = [
    openHub({
      credentials: { connectionString: hub.connectionString },
      address: hub.address,
      tier: 'unlimited',
      units: 1,
      ...withoutCa,
    }),
    open({ credentials: { connectionString: hub.connectionString.replace('my-hub.test', 'other.test') } }),
  ];
  for (const port of strange) {
    const failure = await failureOf(call('FindJobs', {}, servicesOver(port)));
    expect(failure.code).toBe('HubUnavailable');
    expect(failure.reason).toContain('caFile');
    port.close();
  }
});

test('reports 429004 of a hub with S1 limits as HubJobQuotaExceeded, and creates no job', async () => {
  const small = await startLocalIotHub({ hubName: 'small.test', tier: 'S1' });
  await small.addLightDevices([{ deviceId: 'd' }]);
  await small.registerDevice('offline');
  const port = openHub({
    credentials: { connectionString: small.connectionString },
    address: small.address,
    ca: small.caPem,
    tier: 'S1',
    units: 1,
  });
  const over = servicesOver(port);
  await call('ScheduleDeviceMethodJob', { methodName: 'echo', connectTimeoutInSeconds: 60 }, over);
  const failure = await failureOf(call('ScheduleDeviceMethodJob', { methodName: 'echo', jobId: 'second' }, over));
  expect(failure.code).toBe('HubJobQuotaExceeded');
  expect((await failureOf(call('GetJob', { jobId: 'second' }, over))).code).toBe('JobNotFound');
  port.close();
  await small.close();
});
