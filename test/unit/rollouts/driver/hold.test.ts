import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'eventemitter3';
import { presenceOf } from '../../../../src/agent/platform.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

/** A rig whose platform comes and goes. */
function heldRig(isAway: boolean) {
  const edge = new EventEmitter();
  const platform = presenceOf(edge as Parameters<typeof presenceOf>[0]);
  const rig = new RolloutRig({ environment: { isHeld: () => platform.isAway } });
  platform.onChange(() => rig.driver.wake());
  const leave = () => edge.emit('status', { type: 'lost', cause: 'gone' });
  const come = () => edge.emit('status', { type: 'bound', names: ['Hub'], refused: [] });
  if (!isAway) come();
  return { rig, leave, come };
}

describe('rollouts.whenPlatformAway: hold', () => {
  it('fixes no devices and begins no hub job before the platform is there', async () => {
    const { rig, come } = heldRig(true);
    await rig.start('r1');
    await rig.clock.advanceAsync(60_000);
    expect([await rig.waitingFor('r1'), (await rig.record('r1')).state]).toEqual(['platform', 'scheduled']);
    come();
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
  });

  it('completes an open hub job, and begins the next one when the platform is back', async () => {
    const { rig, leave, come } = heldRig(false);
    await rig.start('r1', { batchSize: 4 }, { deviceIds: [0, 1, 2, 3, 4].map(deviceId) });
    while (rig.hub.jobs.size === 0) await rig.clock.advanceAsync(100);
    leave();
    await rig.clock.advanceAsync(60_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'running', counts: { succeeded: 4, pending: 1 } });
    expect([await rig.waitingFor('r1'), rig.hub.jobs.size]).toEqual(['platform', 1]);
    come();
    expect(await rig.until('r1', 'completed')).toMatchObject({ counts: { succeeded: 5 } });
  });

  it('does not keep a roll-out from expiring', async () => {
    const { rig } = heldRig(true);
    await rig.start('r1', { expiresAfterSeconds: 100 });
    expect(await rig.until('r1', 'completed')).toMatchObject({ reason: 'expired' });
  });
});
