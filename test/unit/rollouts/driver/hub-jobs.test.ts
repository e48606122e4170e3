import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import type { HubDocument } from '../../../../src/iothub/ports.js';
import { resume } from '../../../../src/rollouts/driver/commands.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

const DAY_MS = 86_400_000;

async function started(options: ConstructorParameters<typeof RolloutRig>[0] = {}): Promise<RolloutRig> {
  const rig = new RolloutRig(options);
  await rig.driver.start();
  return rig;
}

describe('a hub job of a roll-out', () => {
  it('is created only once if the response was lost', async () => {
    const rig = await started();
    let lost = 0;
    rig.hub.fail = (operation, _request, when) =>
      operation === 'scheduleJob' && when === 'after' && lost++ < 1
        ? new AgentError('HubTimeout', 'no answer')
        : undefined;
    await rig.start('r1');
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded', jobCount: 1 });
    expect(await rig.jobIds('r1')).toEqual(['b1-a1-p1']);
    expect([...rig.hub.calls.values()]).toEqual(Array.from({ length: 10 }, () => 1));
  });

  it.each<[string, HubDocument]>([
    ['is not a job', { message: 'Welcome to the guest network' }],
    ['is empty', {}],
    ['is another job', { jobId: 'other', type: 'scheduleDeviceMethod', status: 'queued' }],
  ])('is requested again after a response that %s', async (_what, document) => {
    const rig = await started();
    const hub = { ...rig.hub.operations };
    let requests = 0;
    rig.hub.operations.scheduleJob = async (context, job) =>
      (requests += 1) === 1 ? document : await hub.scheduleJob(context, job);
    let polls = 0;
    rig.hub.operations.getJob = async (context, jobId) =>
      (polls += 1) === 1 ? document : await hub.getJob(context, jobId);
    await rig.start('r1');
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded', jobCount: 1 });
    expect([requests, rig.hub.jobs.size]).toEqual([2, 1]);
    expect([...rig.hub.calls.values()]).toEqual(Array.from({ length: 10 }, () => 1));
  });

  it('has as many devices as fit one condition', async () => {
    const rig = await started({ devices: 0 });
    for (let index = 0; index < 1000; index += 1) rig.hub.devices.add(`d${index}`);
    await rig.start('r1');
    await rig.until('r1', 'completed');
    expect(await rig.jobIds('r1')).toEqual(['b1-a1-p1']);
    expect(rig.hub.longest).toBeLessThanOrEqual(8192);
  });

  it('has no more devices than guards.maxDevicesPerJob', async () => {
    const rig = await started({ environment: { guards: { maxDevicesPerJob: 4 } } });
    await rig.start('r1');
    await rig.until('r1', 'completed');
    expect([...rig.hub.jobs.values()].map((job) => job.deviceIds.length)).toEqual([4, 4, 2]);
    expect(await rig.jobIds('r1')).toEqual(['b1-a1-p1', 'b1-a1-p2', 'b1-a1-p3']);
  });

  it('reaches devices whose ids have quotes', async () => {
    const rig = await started({ devices: 0 });
    const ids = ["o'clock", "''", "-'dash", 'UPPER', 'upper'];
    for (const id of ids) rig.hub.devices.add(id);
    await rig.start('r1', {}, { deviceIds: ids });
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
    expect([...rig.hub.calls.keys()].sort()).toEqual([...ids].sort());
  });

  it('leaves its devices pending while other jobs occupy the places of the hub, and keeps its number', async () => {
    const rig = await started();
    rig.hub.maxJobs = 0;
    await rig.start('r1');
    await rig.clock.advanceAsync(30_000);
    expect(await rig.waitingFor('r1')).toBe('place');
    expect((await rig.record('r1')).counts).toEqual({ pending: 10 });
    rig.hub.maxJobs = 1;
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded', jobCount: 1 });
    expect(await rig.jobIds('r1')).toEqual(['b1-a1-p1']);
  });

  it('gets the next number if another job has its id', async () => {
    const rig = await started();
    rig.hub.fail = (operation, request, when) => {
      const { jobId } = request as { readonly jobId: string };
      if (operation === 'scheduleJob' && when === 'before' && jobId.endsWith('-b1-a1-p1'))
        rig.hub.jobs.set(jobId, {
          jobId,
          type: 'scheduleDeviceMethod',
          queryCondition: '*',
          methodName: 'other',
          deviceIds: [],
          madeMs: 0,
          status: 'completed',
          rows: [],
        });
      return undefined;
    };
    await rig.start('r1');
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
    expect(await rig.jobIds('r1')).toEqual(['b1-a1-p1', 'b1-a1-p2']);
  });

  it('pauses the roll-out with pending devices if the hub rejects it', async () => {
    const rig = await started();
    let refusals = 1;
    rig.hub.fail = (operation) =>
      operation === 'scheduleJob' && refusals-- > 0 ? new AgentError('HubRejected', 'not like this') : undefined;
    await rig.start('r1');
    expect(await rig.until('r1', 'paused')).toMatchObject({ reason: 'jobRejected', counts: { pending: 10 } });
    expect((await rig.history('r1')).at(-1)).toMatchObject({ comment: 'HubRejected: not like this' });
    await rig.command('r1', (work) => resume(work, false));
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
  });

  it('is not created if the guards do not allow its method any more', async () => {
    const rig = await started();
    await rig.start('r1', { batchSize: 5, soakSeconds: 60 });
    await rig.clock.advanceAsync(10_000);
    rig.environment = { guards: { allowedMethods: ['other*'] } };
    await rig.restart();
    expect(await rig.until('r1', 'paused')).toMatchObject({
      reason: 'jobRejected',
      counts: { succeeded: 5, pending: 5 },
    });
    expect(rig.hub.jobs.size).toBe(1);
  });

  it('pauses the roll-out with pending devices if another program cancels it', async () => {
    const rig = await started();
    rig.hub.queueMs = 60_000;
    await rig.start('r1');
    await rig.clock.advanceAsync(5000);
    for (const job of rig.hub.jobs.values()) job.status = 'cancelled';
    expect(await rig.until('r1', 'paused')).toMatchObject({ reason: 'jobCancelled', counts: { pending: 10 } });
    rig.hub.queueMs = 0;
    await rig.command('r1', (work) => resume(work, false));
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
    expect(await rig.jobIds('r1')).toEqual(['b1-a1-p1', 'b1-a1-p2']);
  });

  it('fails the devices without a result if it fails as a whole', async () => {
    const rig = await started({ devices: 3 });
    rig.hub.jobMs = 10_000;
    await rig.start('r1');
    await rig.clock.advanceAsync(3000);
    for (const job of rig.hub.jobs.values()) {
      job.status = 'failed';
      job.rows = [{ deviceId: deviceId(1), status: 'completed', outcome: { deviceMethodResponse: { status: 200 } } }];
    }
    expect(await rig.until('r1', 'completed')).toMatchObject({
      counts: { succeeded: 1, failed: 2 },
      failures: [{ state: 'failed', code: 'JobFailed', count: 2 }],
    });
  });

  it('waits for results that appear after its end', async () => {
    const rig = await started();
    rig.hub.rowsAfterMs = 40_000;
    await rig.start('r1');
    await rig.clock.advanceAsync(20_000);
    expect(await rig.waitingFor('r1')).toBe('answers');
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
  });

  it('fails devices without a result after a minute, as missing or as not in the hub', async () => {
    const rig = await started({ devices: 5 });
    rig.hub.script = (id) => (id === deviceId(2) ? 'missing' : { status: 200 });
    await rig.start('r1', {}, { deviceIds: [0, 1, 2, 3].map(deviceId) });
    await rig.start('r2', {}, { deviceIds: [deviceId(0), 'ghost', deviceId(4)] });
    expect(await rig.until('r1', 'completed')).toMatchObject({
      failures: [{ state: 'failed', code: 'ResultMissing', count: 1 }],
    });
    expect(await rig.until('r2', 'completed')).toMatchObject({
      counts: { succeeded: 2, notFound: 1 },
      failures: [{ state: 'notFound', code: 'NotInHub', count: 1 }],
    });
  });

  it('is lost after three polls over a minute that did not find it', async () => {
    const rig = await started();
    rig.hub.jobMs = 600_000;
    await rig.start('r1');
    await rig.clock.advanceAsync(5000);
    rig.hub.jobs.clear();
    await rig.clock.advanceAsync(55_000);
    expect((await rig.record('r1')).counts).toEqual({ running: 10 });
    await rig.clock.advanceAsync(15_000);
    expect(await rig.record('r1')).toMatchObject({
      state: 'completed',
      failures: [{ state: 'failed', code: 'JobLost', count: 10 }],
    });
  });

  it('is not created again 25 days after it was recorded', async () => {
    const rig = await started();
    rig.hub.fail = (operation) => (operation === 'scheduleJob' ? new AgentError('HubUnavailable', 'away') : undefined);
    await rig.start('r1', { expiresAfterSeconds: 31_536_000 });
    await rig.clock.advanceAsync(5000);
    expect(await rig.waitingFor('r1')).toBe('hub');
    await rig.driver.stop();
    rig.clock.setWallClock(26 * DAY_MS);
    rig.hub.fail = () => undefined;
    await rig.restart();
    expect(await rig.until('r1', 'completed')).toMatchObject({
      failures: [{ state: 'failed', code: 'JobLost', count: 10 }],
    });
    expect(rig.hub.jobs.size).toBe(0);
  });

  it('never has a device that is in a job of another roll-out', async () => {
    const rig = await started({ devices: 20, maxJobs: 5 });
    rig.hub.jobMs = 20_000;
    await rig.start('r1');
    await rig.start(
      'r2',
      { methodName: 'other' },
      { deviceIds: Array.from({ length: 10 }, (_, at) => deviceId(at * 2)) },
    );
    await rig.clock.advanceAsync(10_000);
    const shared = [(await rig.record('r1')).counts, (await rig.record('r2')).counts];
    expect(shared).toEqual([{ running: 10, pending: 10 }, { running: 10 }]);
    await rig.until('r1', 'completed');
    await rig.until('r2', 'completed');
    expect(rig.hub.overlaps).toEqual([]);
    expect([...rig.hub.calls.values()].reduce((sum, calls) => sum + calls, 0)).toBe(30);
  });
});
