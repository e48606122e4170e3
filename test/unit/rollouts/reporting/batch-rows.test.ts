import { describe, expect, it } from '@jest/globals';
import { rolloutDetails } from '../../../../src/rollouts/reporting/rows.js';
import { pause, resume } from '../../../../src/rollouts/driver/commands.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

/** The states of the batches, as GetRollout returns them. */
async function batchStates(rig: RolloutRig): Promise<unknown[]> {
  const details = await rig.driver.details('r1');
  const { batches } = rolloutDetails(details) as { batches: { array: { state: unknown }[] } };
  return batches.array.map(({ state }) => state);
}

async function started(): Promise<RolloutRig> {
  const rig = new RolloutRig({ devices: 20 });
  await rig.driver.start();
  return rig;
}

describe('the state of a batch', () => {
  it('is soaking until the soak is over or skipped', async () => {
    const rig = await started();
    await rig.start('r1', { batchSize: 10, soakSeconds: 86_400 });
    await rig.clock.advanceAsync(20_000);
    expect(await batchStates(rig)).toEqual(['soaking', 'pending']);
    await rig.command('r1', async (work) => {
      await resume(work, true);
      await pause(work);
    });
    expect(await batchStates(rig)).toEqual(['done', 'pending']);
  });

  it('is done once the soak has run out while the roll-out is paused', async () => {
    const rig = await started();
    await rig.start('r1', { batchSize: 10, soakSeconds: 600 });
    await rig.clock.advanceAsync(20_000);
    await rig.command('r1', (work) => pause(work));
    expect(await batchStates(rig)).toEqual(['soaking', 'pending']);
    await rig.clock.advanceAsync(600_000);
    expect(await batchStates(rig)).toEqual(['done', 'pending']);
    expect(await rig.waitingFor('r1')).toBe('resume');
  });

  it('is done after the last batch, for which no soak follows', async () => {
    const rig = await started();
    rig.hub.offline.add(deviceId(0));
    await rig.start('r1', { soakSeconds: 86_400, offlineDevices: 'wait' });
    await rig.clock.advanceAsync(20_000);
    expect(await rig.waitingFor('r1')).toBe('devices');
    expect(await batchStates(rig)).toEqual(['done']);
  });
});
