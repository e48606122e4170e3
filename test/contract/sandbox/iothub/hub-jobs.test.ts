import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ManualClock } from '../../../support/manual-clock.js';
import { eventually } from '../../../support/eventually.js';
import {
  allRows,
  ended,
  type HubUnderTest,
  type RawAnswer,
  startHubUnderTest,
} from '../../../support/local-hub/hub-under-test.js';
import { connectDevice } from '../../../support/local-hub/sdk-device.js';
import type { LightDevices } from '../../../../src/sandbox/iothub/devices/light-devices.js';

let tested: HubUnderTest;
let light: LightDevices;
beforeAll(async () => {
  tested = await startHubUnderTest();
  light = await tested.hub.addLightDevices(
    Array.from({ length: 12 }, (_, index) => ({ deviceId: `l${index}`, tags: { site: index < 8 ? 'A' : 'B' } })),
  );
});
afterAll(() => tested.close());

let jobId: string;
let count = 0;
beforeEach(() => {
  jobId = `job-${count++}`;
});

const method = (more: object = {}) => ({
  type: 'scheduleDeviceMethod',
  queryCondition: '*',
  cloudToDeviceMethod: { methodName: 'echo', payload: { n: 1 }, responseTimeoutInSeconds: 10, ...more },
});
const put = (body: object, id = jobId): Promise<RawAnswer> =>
  tested.raw('PUT', `/jobs/v2/${id}`, { body: { queryCondition: '*', ...body } });
const rowsOf = (id = jobId) => allRows(tested, `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${id}'`);

describe('a method job', () => {
  test('passes through its states, as the SDK sees them', async () => {
    const start = new Date();
    const { jobStatus } = (await tested.jobs.scheduleDeviceMethod(
      jobId,
      "tags.site = 'A'",
      { methodName: 'echo', payload: { n: 1 }, responseTimeoutInSeconds: 10 },
      start,
      60,
    )) as any;
    expect(jobStatus).toEqual({ jobId, type: 'scheduleDeviceMethod', status: 'queued' });
    const job = await ended(tested, jobId);
    expect(job).toEqual({
      jobId,
      queryCondition: "tags.site = 'A'",
      createdTime: expect.stringMatching(/\.\d{7}Z$/u),
      startTime: start.toISOString().replace('Z', '0000Z'),
      endTime: expect.stringMatching(/\.\d{7}Z$/u),
      maxExecutionTimeInSeconds: 60,
      type: 'scheduleDeviceMethod',
      cloudToDeviceMethod: { methodName: 'echo', payload: { n: 1 }, responseTimeoutInSeconds: 10 },
      status: 'completed',
      deviceJobStatistics: { deviceCount: 8, failedCount: 0, succeededCount: 8, runningCount: 0, pendingCount: 0 },
    });
    const rows = await rowsOf();
    expect(rows).toHaveLength(8);
    expect(rows[0]).toEqual({
      deviceId: 'l0',
      jobId,
      jobType: 'scheduleDeviceMethod',
      status: 'completed',
      startTimeUtc: expect.any(String),
      endTimeUtc: expect.any(String),
      createdDateTimeUtc: expect.any(String),
      lastUpdatedDateTimeUtc: expect.any(String),
      outcome: { deviceMethodResponse: { status: 200, payload: { n: 1 } } },
    });
  });

  test('counts a device that responds as completed, whatever the status of the response', async () => {
    await put(method({ methodName: 'failing' }));
    const job = await ended(tested, jobId);
    expect(job.status).toBe('completed');
    expect(job.deviceJobStatistics).toMatchObject({ succeededCount: 12, failedCount: 0 });
    expect((await rowsOf()).map((row) => row.outcome.deviceMethodResponse.status)).toEqual(Array(12).fill(500));
  });

  test('waits for an offline device no longer than the connect timeout', async () => {
    light.stop('l3');
    await put({ ...method({ connectTimeoutInSeconds: 1 }), queryCondition: "deviceId IN ['l2', 'l3']" });
    const job = await ended(tested, jobId);
    light.start('l3');
    expect(job).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 1, failedCount: 1 } });
    expect((await rowsOf())[1]).toMatchObject({
      deviceId: 'l3',
      status: 'failed',
      error: { code: 'DeviceNotOnline', description: 'Timed out waiting for device to connect.' },
    });
  });

  test('without a connect timeout reaches a device that connects later; its results can be read meanwhile', async () => {
    light.stop('l3');
    await put({ ...method(), queryCondition: "deviceId IN ['l2', 'l3']" });
    const running = await eventually(
      () => tested.raw('GET', `/jobs/v2/${jobId}`),
      ({ json }) => json.deviceJobStatistics?.succeededCount === 1,
    );
    expect(running.json).toMatchObject({ status: 'running', deviceJobStatistics: { deviceCount: 2, pendingCount: 1 } });
    expect(running.json).not.toHaveProperty('endTime');
    expect((await rowsOf()).map((row) => row.status)).toEqual(['completed', 'pending']);
    light.start('l3');
    expect((await ended(tested, jobId)).deviceJobStatistics).toMatchObject({ succeededCount: 2 });
  });

  test('runs on a device of the SDK, and on modules', async () => {
    const device = await connectDevice(tested, 'real');
    device.client.onDeviceMethod(
      'add',
      (request, response) => void response.send(200, (request.payload as number) + 1),
    );
    await put({ ...method({ methodName: 'add', payload: 41 }), queryCondition: "deviceId = 'real'" });
    await ended(tested, jobId);
    expect((await rowsOf())[0].outcome.deviceMethodResponse).toEqual({ status: 200, payload: 42 });
    await device.close();
    await tested.registry.addModule({ deviceId: 'real', moduleId: 'part' });
    await put(
      {
        ...method({ connectTimeoutInSeconds: 1 }),
        queryCondition: "FROM devices.modules WHERE moduleId = 'part'",
      },
      `${jobId}-m`,
    );
    await ended(tested, `${jobId}-m`);
    expect(await rowsOf(`${jobId}-m`)).toMatchObject([{ deviceId: 'real', moduleId: 'part', status: 'failed' }]);
    await tested.registry.delete('real');
  });

  test('that selects no device is completed at once', async () => {
    await put({ ...method(), queryCondition: "tags.site = 'nowhere'" });
    expect(await ended(tested, jobId)).toMatchObject({ status: 'completed', deviceJobStatistics: { deviceCount: 0 } });
    expect(await rowsOf()).toEqual([]);
  });
});

describe('a twin job', () => {
  test('changes tags and desired properties, including those of offline devices', async () => {
    light.stop('l5');
    const patch = { etag: '*', tags: { job: jobId }, properties: { desired: { speed: count } } };
    const { jobStatus } = (await tested.jobs.scheduleTwinUpdate(
      jobId,
      "deviceId IN ['l4', 'l5']",
      patch as never,
      new Date(),
      60,
    )) as any;
    expect(jobStatus.status).toBe('queued');
    const job = await ended(tested, jobId);
    expect(job).toMatchObject({ updateTwin: patch, deviceJobStatistics: { succeededCount: 2 } });
    for (const deviceId of ['l4', 'l5']) {
      const { json } = await tested.raw('GET', `/twins/${deviceId}`);
      expect(json).toMatchObject({ tags: { job: jobId, site: 'A' }, properties: { desired: { speed: count } } });
    }
    expect((await rowsOf())[0].outcome).toEqual({ deviceMethodResponse: null });
    await eventually(
      () => tested.raw('GET', '/twins/l4'),
      ({ json }) => json.properties.reported.speed === count,
    );
    light.start('l5');
  });

  test('fails only on a device whose twin would be too large', async () => {
    await tested.raw('PATCH', '/twins/l6', { body: { tags: { big: 'x'.repeat(4096), more: 'x'.repeat(4000) } } });
    await put({
      type: 'scheduleUpdateTwin',
      updateTwin: { etag: '*', tags: { extra: 'y'.repeat(1000) } },
      queryCondition: "deviceId IN ['l6', 'l7']",
    });
    expect((await ended(tested, jobId)).deviceJobStatistics).toMatchObject({ succeededCount: 1, failedCount: 1 });
    expect((await rowsOf())[0]).toMatchObject({ deviceId: 'l6', error: { code: 'ArgumentInvalid' } });
    await tested.raw('PUT', '/twins/l6', { body: { tags: { site: 'A' } } });
  });
});

describe('the PUT of a job', () => {
  const twin = { type: 'scheduleUpdateTwin', updateTwin: { etag: '*', tags: { a: 1 } } };

  test('accepts an id only once', async () => {
    await put(method());
    await expect(
      tested.jobs.scheduleDeviceMethod(jobId, '*', { methodName: 'echo', payload: 1 }, new Date(), 60),
    ).rejects.toMatchObject({ name: 'DeviceAlreadyExistsError', message: expect.stringContaining('already exists') });
    expect((await put(method())).headers['iothub-errorcode']).toBe('JobAlreadyExists');
  });

  test.each([
    ['no type', { cloudToDeviceMethod: { methodName: 'm' } }],
    ['no method', { type: 'scheduleDeviceMethod' }],
    ['no method name', method({ methodName: undefined })],
    ['a response timeout of 4 s', method({ responseTimeoutInSeconds: 4 })],
    ['a connect timeout of 301 s', method({ connectTimeoutInSeconds: 301 })],
    ['no start', { ...method(), startTime: null }],
    ['an invalid start', { ...method(), startTime: 'tomorrow' }],
    ['a start on a day that does not exist', { ...method(), startTime: '2027-02-30T00:00:00Z' }],
    ['a start at 24:00', { ...method(), startTime: '2027-02-03T24:00:00Z' }],
    ['a start in the 13th month', { ...method(), startTime: '2027-13-01T00:00:00Z' }],
    ['a start that is a number', { ...method(), startTime: 1 }],
    ['no execution time', { ...method(), maxExecutionTimeInSeconds: null }],
    ['an execution time of 0', { ...method(), maxExecutionTimeInSeconds: 0 }],
    ['an execution time of half a second', { ...method(), maxExecutionTimeInSeconds: 0.5 }],
    ['a condition of 8,193 characters', { ...method(), queryCondition: `tags.a = '${'x'.repeat(8182)}'` }],
    ['a condition of null', { ...method(), queryCondition: null }],
    ['a condition that is not a string', { ...method(), queryCondition: 7 }],
    ['another id in the body', { ...method(), jobId: 'other' }],
    ['no twin', { type: 'scheduleUpdateTwin' }],
    ['a forbidden tag', { ...twin, updateTwin: { etag: '*', tags: { 'a.b': 1 } } }],
  ])('with %s is refused and creates no job', async (_what, body) => {
    const answer = await put(body);
    expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([400, 'ArgumentInvalid']);
    expect((await tested.raw('GET', `/jobs/v2/${jobId}`)).json.status).toBe('unknown');
  });

  test.each([[undefined], ['AAAA']])('requires the etag * for a twin job, not %s', async (etag) => {
    const answer = await put({ ...twin, updateTwin: { etag, tags: {} } });
    expect(answer.status).toBe(400);
    expect(answer.json.Message).toMatch(/^ErrorCode:ArgumentInvalid;Error: BadRequest \{"Message":"ErrorCode:Arg/u);
  });

  test.each(['a b', 'a_b', 'x'.repeat(65), 'ä'])('requires an id of letters, digits and dashes, not %s', async (id) => {
    expect((await put(method(), encodeURIComponent(id))).status).toBe(400);
  });

  test('accepts a payload of at most 128 KB', async () => {
    expect((await put(method({ payload: 'x'.repeat(128 * 1024) }))).status).toBe(413);
  });

  test('succeeds with a condition that cannot be parsed; the job fails with the message of the parser', async () => {
    expect((await put({ ...method(), queryCondition: 'tags.site == 1' })).json.status).toBe('queued');
    const job = await ended(tested, jobId);
    expect(job.status).toBe('failed');
    expect(job.failureReason).toMatch(/^SQL query parse failed.*line 1, column/isu);
    expect(await rowsOf()).toEqual([]);
  });

  test.each(['scheduleTwinUpdate', 'reboot', 'export', '', 5, {}])(
    'with the type %j is a bad request and creates no job',
    async (type) => {
      const answer = await put({ ...method(), type });
      expect([answer.status, answer.headers['iothub-errorcode']]).toEqual([400, 'GenericBadRequest']);
      expect(answer.json.ExceptionMessage).toContain('Tracking ID:');
      expect((await tested.raw('GET', `/jobs/v2/${jobId}`)).json.status).toBe('unknown');
    },
  );

  test('accepts integers as strings', async () => {
    const body = method({ responseTimeoutInSeconds: '10', connectTimeoutInSeconds: '5' });
    expect((await put({ ...body, maxExecutionTimeInSeconds: ' 60 ' })).status).toBe(200);
    expect(await ended(tested, jobId)).toMatchObject({ maxExecutionTimeInSeconds: 60, status: 'completed' });
  });

  test('treats null as absent in a lenient hub', async () => {
    const lenient = await startHubUnderTest({ strict: false });
    const { jobStatus } = (await lenient.jobs.scheduleDeviceMethod('j', '*', {
      methodName: 'echo',
      payload: null,
    } as never)) as any;
    expect(jobStatus.status).toBe('queued');
    await lenient.close();
  });
});

describe('the list of jobs', () => {
  test('is paged by headers, and filtered by status and type in any letter case', async () => {
    const own = await startHubUnderTest();
    await own.hub.addLightDevices([{ deviceId: 'l' }]);
    for (let index = 0; index < 5; index++) {
      const twin = { type: 'scheduleUpdateTwin', queryCondition: '*', updateTwin: { etag: '*', tags: {} } };
      const body = index % 2 ? method() : twin;
      await own.raw('PUT', `/jobs/v2/j${index}`, { body });
      await ended(own, `j${index}`);
    }
    await own.raw('PUT', '/jobs/v2/later', { body: { ...method(), startTime: '2099-01-01T00:00:00Z' } });
    const query = own.jobs.createQuery('scheduleUpdateTwin' as never, 'completed' as never, 2);
    const first = (await query.next()) as any;
    expect(first.result.map((job: any) => job.jobId)).toEqual(['j0', 'j2']);
    const second = (await query.next(query.continuationToken)) as any;
    expect(second.result.map((job: any) => job.jobId)).toEqual(['j4']);
    expect(query.hasMoreResults).toBe(false);
    const ids = async (filter: string): Promise<string[]> =>
      (await own.raw('GET', `/jobs/v2/query${filter}`)).json.map((job: any) => job.jobId);
    expect(await ids('')).toHaveLength(6);
    expect(await ids('?jobStatus=&jobType=')).toHaveLength(6);
    expect(await ids('?jobType=SCHEDULEDEVICEMETHOD')).toEqual(['j1', 'j3', 'later']);
    expect(await ids('?jobStatus=Scheduled')).toEqual(['later']);
    expect(await ids('?jobStatus=running')).toEqual([]);
    expect(await ids('?jobStatus=canceled')).toEqual([]);
    for (const status of 'unknown enqueued running completed failed cancelled scheduled queued pending'.split(' ')) {
      expect((await own.raw('GET', `/jobs/v2/query?jobStatus=${status}`)).status).toBe(200);
    }
    expect((await own.raw('GET', '/jobs/v2/query?jobStatus=sleeping')).status).toBe(400);
    expect((await own.raw('GET', '/jobs/v2/query')).headers['x-ms-item-type']).toBe('JobResponse');
    await own.close();
  });
});

describe('over time', () => {
  let clock: ManualClock;
  let own: HubUnderTest;
  let fleet: LightDevices;
  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    own = await startHubUnderTest({ clock, jobStartDelayMs: 0 });
    fleet = await own.hub.addLightDevices([{ deviceId: 'a' }, { deviceId: 'b' }]);
  });
  afterEach(() => own.close());
  const get = async () => (await own.raw('GET', `/jobs/v2/${jobId}`)).json;
  const later = (ms: number): string => new Date(clock.nowMs() + ms).toISOString();

  test('a job for later is scheduled, and its devices are looked up when it runs', async () => {
    const answer = await own.raw('PUT', `/jobs/v2/${jobId}`, { body: { ...method(), startTime: later(3_600_000) } });
    expect(answer.json).toEqual({ jobId, type: 'scheduleDeviceMethod', status: 'queued' });
    expect(await get()).toMatchObject({ status: 'scheduled' });
    expect(await get()).not.toHaveProperty('deviceJobStatistics');
    await own.hub.registerDevice('c');
    await clock.advanceAsync(3_600_000);
    expect(await get()).toMatchObject({ status: 'running', deviceJobStatistics: { deviceCount: 3, pendingCount: 1 } });
    await own.hub.registerDevice('d');
    await clock.advanceAsync(1_000);
    expect((await get()).deviceJobStatistics.deviceCount).toBe(3);
  });

  test('a scheduled job is queued at its start time before it runs', async () => {
    await own.close();
    own = await startHubUnderTest({ clock, jobStartDelayMs: 100 });
    await own.raw('PUT', `/jobs/v2/${jobId}`, { body: { ...method(), startTime: later(1_000) } });
    await clock.advanceAsync(1_000);
    expect(await get()).toMatchObject({ status: 'queued' });
    for (const filter of ['queued', 'QUEUED', 'pending']) {
      expect((await own.raw('GET', `/jobs/v2/query?jobStatus=${filter}`)).json).toMatchObject([
        { jobId, status: 'queued' },
      ]);
    }
    await clock.advanceAsync(100);
    expect(await get()).toMatchObject({ status: 'completed' });
  });

  test('every status is one that published SDKs can parse', async () => {
    await own.close();
    own = await startHubUnderTest({ clock, jobStartDelayMs: 100 });
    await own.hub.addLightDevices([{ deviceId: 'a' }]);
    const readable = ['unknown', 'enqueued', 'running', 'completed', 'failed', 'cancelled', 'scheduled', 'queued'];
    const bodies = {
      now: method(),
      later: { ...method(), startTime: later(50) },
      broken: { ...method(), queryCondition: 'tags.a ==' },
      cancelled: { ...method(), startTime: later(60_000) },
    };
    const answers = [];
    for (const [id, body] of Object.entries(bodies)) answers.push(await own.raw('PUT', `/jobs/v2/${id}`, { body }));
    await own.raw('POST', '/jobs/v2/cancelled/cancel');
    const seen = new Set<string>(answers.map(({ json }) => json.status));
    for (let step = 0; step < 30; step++) {
      for (const { status } of (await own.raw('GET', '/jobs/v2/query')).json) seen.add(status);
      await clock.advanceAsync(10);
    }
    expect(readable).toEqual(expect.arrayContaining([...seen]));
    expect([...seen].sort()).toEqual(['cancelled', 'completed', 'failed', 'queued', 'scheduled']);
  });

  test('a scheduled job can be cancelled once', async () => {
    await own.raw('PUT', `/jobs/v2/${jobId}`, { body: { ...method(), startTime: later(1_000) } });
    const { jobStatus } = (await own.jobs.cancelJob(jobId)) as any;
    expect(jobStatus).toMatchObject({ jobId, status: 'cancelled' });
    await clock.advanceAsync(2_000);
    expect(await get()).toMatchObject({ status: 'cancelled', endTime: expect.any(String) });
    const again = await own.raw('POST', `/jobs/v2/${jobId}/cancel`);
    expect([again.status, again.headers['iothub-errorcode']]).toEqual([405, 'OperationNotAllowedInCurrentState']);
    expect(again.json.Message).toContain("Job cannot be cancelled in 'Cancelled' status.");
  });

  test('a job that is running, has ended or is unknown cannot be cancelled', async () => {
    fleet.stop('b');
    await own.raw('PUT', `/jobs/v2/${jobId}`, { body: method() });
    await eventually(get, (job) => job.status === 'running');
    const running = await own.raw('POST', `/jobs/v2/${jobId}/cancel`);
    expect([running.status, running.json.Message]).toEqual([
      405,
      "ErrorCode:OperationNotAllowedInCurrentState;Job cannot be cancelled in 'Running' status.",
    ]);
    fleet.start('b');
    await eventually(get, (job) => job.status === 'completed');
    expect((await own.raw('POST', `/jobs/v2/${jobId}/cancel`)).json.Message).toContain("'Completed'");
    const unknown = await own.raw('POST', '/jobs/v2/nobody/cancel');
    expect([unknown.status, unknown.headers['iothub-errorcode']]).toEqual([404, 'JobNotFound']);
    expect((await own.raw('GET', '/jobs/v2/nobody')).json).toMatchObject({ status: 'unknown', type: 'unknown' });
  });

  test('devices that have not ended when the execution time elapses fail, and the job is completed', async () => {
    fleet.stop('b');
    await own.raw('PUT', `/jobs/v2/${jobId}`, { body: { ...method(), maxExecutionTimeInSeconds: 60 } });
    await eventually(get, (job) => job.deviceJobStatistics?.succeededCount === 1);
    await clock.advanceAsync(59_000);
    expect((await get()).status).toBe('running');
    await clock.advanceAsync(1_000);
    expect(await get()).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { succeededCount: 1, failedCount: 1, pendingCount: 0, runningCount: 0 },
    });
    const rows = await allRows(own, `SELECT * FROM devices.jobs WHERE jobId = '${jobId}' AND status = 'failed'`);
    expect(rows).toMatchObject([{ deviceId: 'b', error: { code: 'JobTimedOut' } }]);
  });

  test('a job is deleted after thirty days', async () => {
    await own.raw('PUT', `/jobs/v2/${jobId}`, { body: method() });
    await eventually(get, (job) => job.status === 'completed');
    clock.advance(30 * 24 * 3_600_000 + 1_000);
    await own.raw('PUT', '/jobs/v2/new', { body: method() });
    expect((await get()).status).toBe('unknown');
  });
});

describe('a tier', () => {
  test('limits how many jobs are active; a scheduled job counts only once it is queued', async () => {
    const clock = new ManualClock(Date.now());
    const own = await startHubUnderTest({ tier: 'S2', clock, jobStartDelayMs: 0 });
    await own.hub.registerDevice('offline');
    const create = (id: string, more: object = {}) =>
      own.raw('PUT', `/jobs/v2/${id}`, { body: { ...method(), ...more } });
    for (let index = 0; index < 5; index++) expect((await create(`j${index}`)).status).toBe(200);
    expect((await create('later', { startTime: new Date(clock.nowMs() + 1000).toISOString() })).status).toBe(200);
    const refused = await create('j5');
    expect([refused.status, refused.headers['iothub-errorcode']]).toEqual([429, 'ThrottlingMaxActiveJobCountExceeded']);
    expect((await own.raw('GET', '/jobs/v2/j5')).json.status).toBe('unknown');
    await clock.advanceAsync(1_000);
    expect((await own.raw('GET', '/jobs/v2/later')).json.status).toBe('queued');
    await clock.advanceAsync(3_599_000);
    await eventually(
      () => own.raw('GET', '/jobs/v2/later'),
      ({ json }) => json.status === 'running',
    );
    await own.close();
  });
});
