import { describe, expect, it } from '@jest/globals';
import { pause, resume } from '../../../../src/rollouts/driver/commands.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

const MINUTE_MS = 60_000;

async function started(options: ConstructorParameters<typeof RolloutRig>[0] = {}): Promise<RolloutRig> {
  const rig = new RolloutRig(options);
  await rig.driver.start();
  return rig;
}

describe('retries of a roll-out', () => {
  it('belong to the next attempt of the batch, after a delay that doubles', async () => {
    const rig = await started();
    rig.hub.script = (id) => ({ status: id === deviceId(4) ? 503 : 200 });
    await rig.start('r1', { retries: 3, retryOn: ['refused'], retryDelaySeconds: 100 });
    const starts: number[] = [];
    const begin = rig.clock.nowMs();
    for (let seconds = 0; seconds < 900; seconds += 1) {
      await rig.clock.advanceAsync(1000);
      if (rig.hub.jobs.size > starts.length) starts.push((rig.clock.nowMs() - begin) / 1000);
    }
    const gaps = starts.slice(1).map((start, index) => start - (starts[index] as number));
    for (const [index, delay] of [100, 200, 400].entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(delay);
      expect(gaps[index]).toBeLessThan(delay + 10);
    }
    expect(await rig.jobIds('r1')).toEqual(['b1-a1-p1', 'b1-a2-p1', 'b1-a3-p1', 'b1-a4-p1']);
    expect(await rig.until('r1', 'completed')).toMatchObject({
      counts: { succeeded: 9, refused: 1 },
      failures: [{ state: 'refused', code: '503', count: 1 }],
    });
  });

  it('follow only the statuses in retryStatuses', async () => {
    const rig = await started({ devices: 2 });
    rig.hub.script = (id) => ({ status: id === deviceId(0) ? 503 : 400 });
    await rig.start('r1', { retries: 1, retryOn: ['refused'], retryStatuses: [503] });
    await rig.until('r1', 'completed');
    expect([rig.hub.callsOf(deviceId(0)), rig.hub.callsOf(deviceId(1))]).toEqual([2, 1]);
  });

  it('of a large attempt belong to one attempt, whatever the number of its parts', async () => {
    const rig = await started({ devices: 40, environment: { guards: { maxDevicesPerJob: 10 } } });
    rig.hub.script = () => ({ status: 500 });
    await rig.start('r1', { retries: 2, retryOn: ['refused'], retryDelaySeconds: 1 });
    await rig.until('r1', 'completed');
    const attempts = [1, 2, 3].flatMap((attempt) => [1, 2, 3, 4].map((part) => `b1-a${attempt}-p${part}`));
    expect(await rig.jobIds('r1')).toEqual(attempts);
  });

  it('do not begin while the roll-out is paused', async () => {
    const rig = await started();
    rig.hub.script = (_id, calls) => ({ status: calls === 0 ? 500 : 200 });
    await rig.start('r1', { retries: 1, retryOn: ['refused'], retryDelaySeconds: 30 });
    await rig.clock.advanceAsync(10_000);
    await rig.command('r1', (work) => pause(work));
    await rig.clock.advanceAsync(10 * MINUTE_MS);
    expect((await rig.record('r1')).counts).toEqual({ retrying: 10 });
    await rig.command('r1', (work) => resume(work, false));
    await rig.clock.advanceAsync(10_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'completed', outcome: 'succeeded' });
  });
});

describe('devices that wait to be connected', () => {
  it('do not keep their batch open and use up no retry', async () => {
    const rig = await started({ devices: 20 });
    rig.hub.offline.add(deviceId(3));
    await rig.start('r1', { offlineDevices: 'wait', batchSize: 10 });
    await rig.clock.advanceAsync(MINUTE_MS);
    expect(await rig.record('r1')).toMatchObject({ batch: { batch: 2, isSettled: true }, counts: { waiting: 1 } });
    expect(await rig.waitingFor('r1')).toBe('devices');
    rig.hub.offline.clear();
    const record = await rig.until('r1', 'completed');
    expect(record).toMatchObject({ outcome: 'succeeded', counts: { succeeded: 20 } });
    expect((await rig.jobIds('r1')).at(-1)).toBe('b0-a1-p1');
  });

  it('pause longer each time if they are reported as connected and fail as offline', async () => {
    const rig = await started({ devices: 1 });
    rig.hub.asleep.add(deviceId(0));
    await rig.start('r1', { offlineDevices: 'wait' });
    const times: number[] = [];
    for (let seconds = 0; seconds < 1500; seconds += 5) {
      await rig.clock.advanceAsync(5000);
      if (rig.hub.jobs.size > times.length) times.push(seconds);
    }
    const gaps = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(gaps.length).toBeGreaterThanOrEqual(4);
    expect(gaps[0]).toBeLessThan(130);
    expect(gaps[2]).toBeGreaterThanOrEqual(120);
    expect(gaps[3]).toBeGreaterThanOrEqual(240);
    rig.hub.asleep.clear();
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
  });

  it('are not found after three checks without them in the hub', async () => {
    const rig = await started();
    rig.hub.offline.add(deviceId(3));
    await rig.start('r1', { offlineDevices: 'wait' });
    await rig.clock.advanceAsync(10_000);
    rig.hub.devices.delete(deviceId(3));
    await rig.clock.advanceAsync(2 * MINUTE_MS);
    expect((await rig.record('r1')).counts).toMatchObject({ waiting: 1 });
    await rig.clock.advanceAsync(2 * MINUTE_MS);
    expect(await rig.record('r1')).toMatchObject({
      state: 'completed',
      counts: { succeeded: 9, notFound: 1 },
      failures: [{ state: 'notFound', code: 'NotInHub', count: 1 }],
    });
  });

  it('do not begin while the roll-out is paused', async () => {
    const rig = await started();
    rig.hub.offline.add(deviceId(3));
    await rig.start('r1', { offlineDevices: 'wait' });
    await rig.clock.advanceAsync(10_000);
    await rig.command('r1', (work) => pause(work));
    rig.hub.offline.clear();
    await rig.clock.advanceAsync(10 * MINUTE_MS);
    expect((await rig.record('r1')).counts).toMatchObject({ waiting: 1 });
    await rig.command('r1', (work) => resume(work, false));
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
  });

  it('do not take places in hub jobs from devices that are connected', async () => {
    const rig = await started({ devices: 900 });
    for (let index = 0; index < 900; index += 2) rig.hub.offline.add(deviceId(index));
    const ids = Array.from({ length: 900 }, (_, index) => deviceId(index));
    await rig.start('r1', { offlineDevices: 'wait' }, { deviceIds: ids });
    await rig.clock.advanceAsync(3 * MINUTE_MS);
    expect(await rig.jobIds('r1')).toEqual(['b1-a1-p1']);
    expect((await rig.record('r1')).counts).toEqual({ succeeded: 450, waiting: 450 });
  });
});

describe('verification', () => {
  it('is repeated until a device has matched once', async () => {
    const rig = await started();
    await rig.start('r1', { verifyCondition: 'properties.reported.v = 2' });
    await rig.clock.advanceAsync(20_000);
    expect((await rig.record('r1')).counts).toEqual({ verifying: 10 });
    expect(await rig.waitingFor('r1')).toBe('verification');
    for (const id of rig.hub.devices) rig.hub.matching.add(id);
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
  });

  it('fails no device that was not checked after its timeout', async () => {
    const rig = await started();
    await rig.start('r1', { verifyCondition: 'a = 1', verifyTimeoutInSeconds: 60 });
    await rig.clock.advanceAsync(20_000);
    await rig.driver.stop();
    rig.clock.advance(10 * MINUTE_MS);
    for (const id of rig.hub.devices) rig.hub.matching.add(id);
    rig.hub.matching.delete(deviceId(1));
    await rig.restart();
    expect(await rig.until('r1', 'completed')).toMatchObject({
      counts: { succeeded: 9, unverified: 1 },
      failures: [{ state: 'unverified', code: 'NotVerified', count: 1 }],
    });
  });

  it('continues while the roll-out is paused', async () => {
    const rig = await started();
    await rig.start('r1', { verifyCondition: 'a = 1', verifyTimeoutInSeconds: 60 });
    await rig.clock.advanceAsync(10_000);
    await rig.command('r1', (work) => pause(work));
    await rig.clock.advanceAsync(2 * MINUTE_MS);
    expect((await rig.record('r1')).counts).toEqual({ unverified: 10 });
  });

  it('can be followed by a retry if it fails', async () => {
    const rig = await started({ devices: 3 });
    await rig.start('r1', {
      verifyCondition: 'a = 1',
      verifyTimeoutInSeconds: 10,
      retries: 1,
      retryOn: ['unverified'],
      retryDelaySeconds: 0,
    });
    expect(await rig.until('r1', 'completed')).toMatchObject({ counts: { unverified: 3 } });
    expect(rig.hub.callsOf(deviceId(0))).toBe(2);
  });
});
