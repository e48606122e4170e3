import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SandboxProcess } from '../support/sandbox-process.js';
import { RestCaller } from '../support/thingworx-rest.js';
import { eventually } from '../support/eventually.js';

describe('the main job, over REST, on real MQTT devices', () => {
  const sandbox = new SandboxProcess();
  let thing: RestCaller;

  beforeAll(async () => {
    const { ready } = await sandbox.started();
    thing = new RestCaller(ready.thingworx?.url ?? '', ready.thingworx?.appKey ?? '', ready.thingworx?.thing ?? '');
  }, 60_000);

  afterAll(async () => {
    await sandbox.stop();
  });

  const results = (jobId: string): ReturnType<RestCaller['rows']> =>
    thing.rows('QueryJobResults', { query: `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'` });

  it('runs a method on all 10 devices', async () => {
    const jobId = String(
      await thing.result('ScheduleDeviceMethodJob', { methodName: 'reboot', payload: { delaySeconds: 5 } }),
    );
    const job = await thing.ended(jobId);
    expect(job).toMatchObject({ status: 'completed', outcome: 'succeeded', deviceCount: 10, succeededCount: 10 });
    const rows = await results(jobId);
    expect(rows).toHaveLength(10);
    expect(new Set(rows.map((row) => row['methodStatus']))).toEqual(new Set([200]));
    expect(new Set(rows.map((row) => row['deviceId'])).size).toBe(10);
  });

  it('reports devices that rejected the method although the hub reports the job as completed', async () => {
    const jobId = String(await thing.result('AzureIotDeviceJobScheduleDeviceMethodJob', { methodName: 'failing' }));
    expect(await thing.ended(jobId)).toMatchObject({ outcome: 'completedWithErrors', refusedCount: 10 });
    const rows = await results(jobId);
    expect(rows.map((row) => row['methodStatus'])).toEqual(Array.from({ length: 10 }, () => 500));
  });

  it('reports a stopped device as the only failure', async () => {
    const deviceId = sandbox.ready.devices?.[3]?.deviceId ?? '';
    expect((await thing.request('POST', `/sandbox/devices/${deviceId}/stop`, {})).status).toBe(200);
    const jobId = String(
      await thing.result('ScheduleDeviceMethodJob', {
        methodName: 'echo',
        payloadText: '"hi"',
        connectTimeoutInSeconds: 1,
      }),
    );
    expect(await thing.ended(jobId)).toMatchObject({
      outcome: 'completedWithErrors',
      failedCount: 1,
      succeededCount: 9,
    });
    const failed = (await results(jobId)).filter((row) => row['status'] === 'failed');
    expect(failed).toMatchObject([{ deviceId, errorCode: 'DeviceNotOnline' }]);
    expect((await thing.request('POST', `/sandbox/devices/${deviceId}/start`, {})).status).toBe(200);
  });

  it('changes tags and desired properties, which the devices report', async () => {
    const jobId = String(
      await thing.result('ScheduleTwinUpdateJob', {
        patch: { tags: { wave: 1 }, properties: { desired: { interval: 7 } } },
      }),
    );
    expect(await thing.ended(jobId)).toMatchObject({ status: 'completed', outcome: 'succeeded', deviceCount: 10 });
    const queryCondition = 'tags.wave = 1 AND properties.reported.interval = 7';
    const preview = await eventually(
      () => thing.invoke('PreviewTargets', { queryCondition }),
      ({ status, json }) => status !== 200 || (json as { deviceCount: number }).deviceCount === 10,
    );
    expect(preview.status).toBe(200);
  });

  it('finds a job scheduled for the next hour and cancels it', async () => {
    const startTime = new Date(Date.now() + 3_600_000).toISOString();
    const jobId = String(
      await thing.result('ScheduleDeviceMethodJob', { methodName: 'echo', startTime, jobId: 'later-1' }),
    );
    expect(jobId).toBe('later-1');
    const found = await thing.rows('FindJobs', { status: 'scheduled' });
    expect(found.map((job) => job['jobId'])).toEqual(['later-1']);
    expect(await thing.rows('CancelJob', { jobId })).toMatchObject([
      { jobId, status: 'cancelled', outcome: 'cancelled' },
    ]);
  });

  it.each([
    ['UnknownService', 'NoSuchService', {}, 404],
    ['InvalidArgument', 'ScheduleDeviceMethodJob', {}, 500],
    ['InvalidArgument', 'ScheduleTwinUpdateJob', { patch: { properties: {} } }, 500],
    ['JobNotFound', 'GetJob', { jobId: 'nobody' }, 500],
  ])('answers %s of %s clearly', async (code, service, parameters, status) => {
    const answer = await thing.invoke(service, parameters);
    expect(answer.status).toBe(status);
    if (status === 500) expect(answer.text).toContain(`Unable to Invoke Service ${service} on AzureIotHub : ${code}: `);
  });

  it('refuses a wrong application key and a body that is not JSON, and keeps working', async () => {
    const stranger = new RestCaller(thing.url, 'wrong', thing.thing);
    expect((await stranger.invoke('FindJobs')).status).toBe(401);
    const answer = await thing.invoke('FindJobs', '{"type": ');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect((await thing.invoke('FindJobs')).status).toBe(200);
  });

  it('ends with 0 within 10 s of SIGTERM, with calls in flight', async () => {
    const open = Array.from({ length: 5 }, () => thing.invoke('FindJobs').catch((error: unknown) => error));
    const startedMs = performance.now();
    expect(await sandbox.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(await Promise.all(open)).toHaveLength(5);
  });
});
