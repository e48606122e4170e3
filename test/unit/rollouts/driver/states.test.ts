import { describe, expect, it } from '@jest/globals';
import { approve, cancel, pause, resume } from '../../../../src/rollouts/driver/commands.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

async function started(options: ConstructorParameters<typeof RolloutRig>[0] = {}): Promise<RolloutRig> {
  const rig = new RolloutRig(options);
  await rig.driver.start();
  return rig;
}

const at = (history: readonly { readonly event: string; readonly state: string }[]): string[] =>
  history.map(({ event, state }) => `${event} ${state}`);

describe('pausing a roll-out', () => {
  it('begins no hub job, completes the open one, and continues after a resume', async () => {
    const rig = await started({ devices: 20 });
    rig.hub.jobMs = 10_000;
    await rig.start('r1', { batchSize: 10 });
    await rig.clock.advanceAsync(3000);
    await rig.command('r1', (work) => pause(work, 'stop it'));
    await rig.clock.advanceAsync(60_000);
    expect(await rig.record('r1')).toMatchObject({
      state: 'paused',
      reason: 'user',
      counts: { succeeded: 10, pending: 10 },
    });
    expect(await rig.waitingFor('r1')).toBe('resume');
    await rig.command('r1', (work) => resume(work, false));
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
    expect(at(await rig.history('r1'))).toEqual([
      'created scheduled',
      'state preparing',
      'state running',
      'batchBegun running',
      'state paused',
      'batchSettled paused',
      'state running',
      'batchBegun running',
      'batchSettled running',
      'state completed',
    ]);
  });

  it('before it begins returns to scheduled after a resume', async () => {
    const rig = await started();
    await rig.start('r1', {}, { startMs: rig.clock.nowMs() + 60_000 });
    await rig.command('r1', (work) => pause(work));
    await rig.clock.advanceAsync(120_000);
    expect(rig.hub.jobs.size).toBe(0);
    expect(await rig.command('r1', (work) => resume(work, false))).toMatchObject({ state: 'scheduled', reason: '' });
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
  });

  it('has no effect when repeated, and is refused in states that do not allow it', async () => {
    const rig = await started();
    await rig.start('r1', {}, { needsApproval: true, countedDevices: 10 });
    await expect(rig.command('r1', (work) => pause(work))).rejects.toMatchObject({ code: 'RolloutStateConflict' });
    await rig.command('r1', (work) => approve(work));
    await rig.command('r1', (work) => pause(work));
    const length = (await rig.history('r1')).length;
    await rig.command('r1', (work) => pause(work));
    expect((await rig.history('r1')).length).toBe(length);
    await rig.command('r1', (work) => cancel(work));
    await expect(rig.command('r1', (work) => pause(work))).rejects.toMatchObject({ code: 'RolloutStateConflict' });
    await expect(rig.command('r1', (work) => resume(work, false))).rejects.toMatchObject({
      code: 'RolloutStateConflict',
    });
  });
});

describe('resuming a roll-out', () => {
  it('that is running has no effect, except that it can end a soak', async () => {
    const rig = await started({ devices: 20 });
    await rig.start('r1', { batchSize: 10, soakSeconds: 86_400 });
    await rig.clock.advanceAsync(20_000);
    expect(await rig.waitingFor('r1')).toBe('soak');
    await rig.command('r1', (work) => resume(work, false));
    await rig.clock.advanceAsync(20_000);
    expect(rig.hub.jobs.size).toBe(1);
    await rig.command('r1', (work) => resume(work, true));
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
  });

  it('counts a batch that has not passed as passed', async () => {
    const rig = await started({ devices: 20 });
    rig.hub.script = () => ({ status: 500 });
    await rig.start('r1', { batchSize: 10, successPercent: 50 });
    expect(await rig.until('r1', 'paused')).toMatchObject({ reason: 'successPercent' });
    await rig.command('r1', (work) => resume(work, false));
    expect(await rig.until('r1', 'completed')).toMatchObject({ counts: { refused: 20 } });
    expect((await rig.history('r1')).map(({ event }) => event)).toContain('override');
  });

  it('continues with the next batch when promotion is manual', async () => {
    const rig = await started({ devices: 30 });
    await rig.start('r1', { batchSize: 10, promotion: 'manual' });
    for (let batch = 1; batch <= 2; batch += 1) {
      expect(await rig.until('r1', 'paused', 'completed')).toMatchObject({ state: 'paused', reason: 'promotion' });
      expect(rig.hub.jobs.size).toBe(batch);
      await rig.command('r1', (work) => resume(work, false));
    }
    expect(await rig.until('r1', 'paused', 'completed')).toMatchObject({ state: 'completed' });
  });
});

describe('cancelling a roll-out', () => {
  it('without an open job returns it as cancelled', async () => {
    const rig = await started({ devices: 20 });
    await rig.start('r1', { batchSize: 10, soakSeconds: 3600 });
    await rig.clock.advanceAsync(20_000);
    const record = await rig.command('r1', (work) => cancel(work, 'enough'));
    expect(record).toMatchObject({ state: 'cancelled', reason: 'user', outcome: 'cancelled' });
    expect(record.counts).toEqual({ succeeded: 10, cancelled: 10 });
    expect((await rig.history('r1')).at(-1)).toMatchObject({ state: 'cancelled', comment: 'enough' });
    expect(await rig.command('r1', (work) => cancel(work))).toMatchObject({ state: 'cancelled' });
  });

  it('waits for a running job', async () => {
    const rig = await started({ devices: 20 });
    rig.hub.jobMs = 10_000;
    await rig.start('r1', { batchSize: 10 });
    await rig.clock.advanceAsync(3000);
    expect(await rig.command('r1', (work) => cancel(work))).toMatchObject({ state: 'cancelling' });
    expect((await rig.until('r1', 'cancelled')).counts).toEqual({ succeeded: 10, cancelled: 10 });
  });

  it('cancels a job at the hub that has not started', async () => {
    const rig = await started({ devices: 20 });
    rig.hub.queueMs = 3_600_000;
    await rig.start('r1', { batchSize: 10 });
    await rig.clock.advanceAsync(3000);
    await rig.command('r1', (work) => cancel(work));
    await rig.clock.advanceAsync(5000);
    expect(await rig.record('r1')).toMatchObject({ state: 'cancelled', counts: { cancelled: 20 } });
    expect([...rig.hub.jobs.values()].map(({ status }) => status)).toEqual(['cancelled']);
  });

  it('checks verifying devices once more', async () => {
    const rig = await started();
    await rig.start('r1', { verifyCondition: 'properties.reported.v = 2', retries: 3, retryOn: ['unverified'] });
    await rig.clock.advanceAsync(30_000);
    rig.hub.matching.add(deviceId(3));
    await rig.command('r1', (work) => cancel(work));
    expect((await rig.until('r1', 'cancelled')).counts).toEqual({ succeeded: 1, unverified: 9 });
  });
});

describe('approving a roll-out', () => {
  it('allows it to begin, and a larger set must be approved again', async () => {
    const rig = await started({ devices: 10, environment: { guards: { approvalAbove: 5 } } });
    await rig.start('r1', {}, { needsApproval: true, countedDevices: 10 });
    await rig.clock.advanceAsync(10_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'awaitingApproval', countedDevices: 10 });
    expect(await rig.waitingFor('r1')).toBe('approval');
    rig.hub.devices.add('one-more');
    await rig.command('r1', (work) => approve(work, 'fine'));
    await rig.clock.advanceAsync(10_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'awaitingApproval', countedDevices: 11 });
    expect(rig.hub.jobs.size).toBe(0);
    await rig.command('r1', (work) => approve(work));
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded', deviceCount: 11 });
    expect(await rig.command('r1', (work) => approve(work))).toMatchObject({ state: 'completed' });
  });

  it('is refused for a roll-out that is not awaiting approval', async () => {
    const rig = await started();
    await rig.start('r1');
    await expect(rig.command('r1', (work) => approve(work))).rejects.toMatchObject({ code: 'RolloutStateConflict' });
  });
});

describe('the preparation of a roll-out', () => {
  it('fails above guards.maxDevicesPerRollout, naming both numbers', async () => {
    const rig = await started({ environment: { guards: { maxDevicesPerRollout: 9 } } });
    await rig.start('r1');
    const record = await rig.until('r1', 'failed');
    expect(record).toMatchObject({ outcome: 'failed', counts: {} });
    expect(record.reason).toMatch(/^Forbidden: .*10.*9/);
  });

  it('fails with more than 1,000 batches', async () => {
    const rig = await started({ devices: 1001 });
    await rig.start('r1', { batchSize: 1 });
    expect((await rig.until('r1', 'failed')).reason).toMatch(/^InvalidArgument: /);
    expect(await rig.deviceStates('r1')).toEqual({});
  });

  it('completes it with noTargets if there is no device', async () => {
    const rig = await started({ devices: 0 });
    await rig.start('r1');
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'noTargets', deviceCount: 0 });
  });
});
