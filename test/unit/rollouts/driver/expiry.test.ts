import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import { pause } from '../../../../src/rollouts/driver/commands.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

async function started(options: ConstructorParameters<typeof RolloutRig>[0] = {}): Promise<RolloutRig> {
  const rig = new RolloutRig(options);
  await rig.driver.start();
  return rig;
}

describe('a roll-out that expires', () => {
  it('is cancelled while it awaits approval', async () => {
    const rig = await started();
    await rig.start('r1', { expiresAfterSeconds: 60 }, { needsApproval: true });
    await rig.clock.advanceAsync(61_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'cancelled', outcome: 'cancelled', reason: 'expired' });
  });

  it('is completed without devices while it is scheduled, or paused before its begin', async () => {
    const rig = await started();
    const windows = [{ start: '0 3 1 6 *', durationMinutes: 5 }];
    await rig.start('r1', { expiresAfterSeconds: 60, windows });
    await rig.start('r2', { expiresAfterSeconds: 60, windows });
    await rig.command('r2', (work) => pause(work));
    await rig.clock.advanceAsync(61_000);
    for (const id of ['r1', 'r2']) {
      expect(await rig.record(id)).toMatchObject({
        state: 'completed',
        outcome: 'completedWithErrors',
        reason: 'expired',
        counts: {},
      });
      expect(await rig.deviceStates(id)).toEqual({});
    }
  });

  it('is completed without devices while the hub is away during its preparation', async () => {
    const rig = await started();
    rig.hub.fail = () => new AgentError('HubUnavailable', 'away');
    await rig.start('r1', { expiresAfterSeconds: 60 });
    await rig.clock.advanceAsync(30_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'preparing' });
    expect(await rig.waitingFor('r1')).toBe('hub');
    await rig.clock.advanceAsync(60_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'completed', reason: 'expired' });
  });

  it('reads the open job, checks verifying devices once more, and expires the others', async () => {
    const rig = await started({ devices: 30 });
    rig.hub.jobMs = 20_000;
    rig.hub.matching.add(deviceId(0)).add(deviceId(1));
    const ids = Array.from({ length: 30 }, (_, at) => deviceId(at));
    await rig.start('r1', { batchSize: 10, expiresAfterSeconds: 60, verifyCondition: 'a = 1' }, { deviceIds: ids });
    const record = await rig.until('r1', 'completed');
    expect(record).toMatchObject({ outcome: 'completedWithErrors', reason: 'expired' });
    expect(record.counts).toEqual({ succeeded: 2, unverified: 8, expired: 20 });
  });

  it('completes while it is paused, after its open job was read', async () => {
    const rig = await started({ devices: 20 });
    rig.hub.jobMs = 90_000;
    await rig.start('r1', { batchSize: 10, expiresAfterSeconds: 60 });
    await rig.clock.advanceAsync(5000);
    await rig.command('r1', (work) => pause(work));
    await rig.clock.advanceAsync(60_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'paused' });
    const record = await rig.until('r1', 'completed');
    expect(record.counts).toEqual({ succeeded: 10, expired: 10 });
    expect(rig.hub.jobs.size).toBe(1);
  });

  it('does not repeat a request that the hub may have received', async () => {
    const rig = await started();
    rig.hub.fail = (operation) => (operation === 'scheduleJob' ? new AgentError('HubTimeout', 'no answer') : undefined);
    await rig.start('r1', { expiresAfterSeconds: 60 });
    await rig.clock.advanceAsync(61_000);
    rig.hub.fail = () => undefined;
    const record = await rig.until('r1', 'completed');
    expect(record.counts).toEqual({ expired: 10 });
    expect(rig.hub.jobs.size).toBe(0);
  });
});
