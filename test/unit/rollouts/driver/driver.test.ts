import { describe, expect, it } from '@jest/globals';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

describe('a roll-out', () => {
  it('calls every device once, batch after batch', async () => {
    const rig = new RolloutRig({ devices: 100 });
    await rig.driver.start();
    await rig.start('r1', { canarySize: 3, batchSize: 10, batchGrowth: 2 });
    const record = await rig.until('r1', 'completed', 'failed', 'paused');
    expect(record).toMatchObject({
      state: 'completed',
      outcome: 'succeeded',
      deviceCount: 100,
      counts: { succeeded: 100 },
    });
    expect([...rig.hub.jobs.keys()].map((id) => id.replace(record.nonce, 'N'))).toEqual([
      'r1-N-b1-a1-p1',
      'r1-N-b2-a1-p1',
      'r1-N-b3-a1-p1',
      'r1-N-b4-a1-p1',
      'r1-N-b5-a1-p1',
    ]);
    expect([...rig.hub.calls.values()]).toEqual(Array.from({ length: 100 }, () => 1));
    expect(rig.hub.overlaps).toEqual([]);
  });

  it('retries devices that failed as offline, and no others', async () => {
    const rig = new RolloutRig({ devices: 20 });
    rig.hub.script = (id) => (id === deviceId(3) ? { status: 500 } : { status: 200 });
    rig.hub.offline.add(deviceId(1));
    await rig.driver.start();
    await rig.start('r1', { retries: 2, retryDelaySeconds: 60 });
    await rig.clock.advanceAsync(70_000);
    rig.hub.offline.clear();
    const record = await rig.until('r1', 'completed');
    expect(record).toMatchObject({ outcome: 'completedWithErrors', counts: { succeeded: 19, refused: 1 } });
    expect(rig.hub.callsOf(deviceId(3))).toBe(1);
    expect(rig.hub.callsOf(deviceId(1))).toBe(1);
  });

  it('stops by itself, and continues after an override', async () => {
    const rig = new RolloutRig({ devices: 40 });
    rig.hub.script = () => ({ status: 500 });
    await rig.driver.start();
    const abort = [
      { on: 'any' as const, percent: 50, minimumExecuted: 5, scope: 'rollout' as const, action: 'pause' as const },
    ];
    await rig.start('r1', { batchSize: 10, abort });
    expect(await rig.until('r1', 'paused', 'completed')).toMatchObject({
      state: 'paused',
      reason: 'abort',
      counts: { refused: 10, pending: 30 },
    });
    expect(rig.hub.jobs.size).toBe(1);
  });

  it('waits for devices that are offline', async () => {
    const rig = new RolloutRig({ devices: 10 });
    rig.hub.offline.add(deviceId(2)).add(deviceId(7));
    await rig.driver.start();
    await rig.start('r1', { offlineDevices: 'wait', batchSize: 5 });
    await rig.clock.advanceAsync(120_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'running', counts: { succeeded: 8, waiting: 2 } });
    rig.hub.offline.clear();
    const record = await rig.until('r1', 'completed');
    expect(record).toMatchObject({ outcome: 'succeeded' });
    expect([...rig.hub.jobs.keys()].filter((id) => id.includes('-b0-a1-'))).toHaveLength(1);
  });

  it('survives a restart at any moment', async () => {
    const rig = new RolloutRig({ devices: 50 });
    await rig.driver.start();
    await rig.start('r1', { batchSize: 10, retries: 1, retryOn: ['refused'], retryDelaySeconds: 5 });
    rig.hub.script = (id, calls) => ({ status: calls === 0 && id.endsWith('5') ? 500 : 200 });
    for (let restart = 0; restart < 20; restart += 1) {
      await rig.clock.advanceAsync(700);
      await rig.restart();
    }
    const record = await rig.until('r1', 'completed');
    expect(record).toMatchObject({ outcome: 'succeeded', counts: { succeeded: 50 } });
    for (const [id, calls] of rig.hub.calls) expect([id, calls]).toEqual([id, id.endsWith('5') ? 2 : 1]);
    expect(rig.hub.overlaps).toEqual([]);
  });
});
