import { describe, expect, it } from '@jest/globals';
import type { AbortCriterion } from '../../../../src/rollouts/machine/abort.js';
import { pause, resume } from '../../../../src/rollouts/driver/commands.js';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

async function started(devices: number): Promise<RolloutRig> {
  const rig = new RolloutRig({ devices });
  await rig.driver.start();
  return rig;
}

const criterion = (given: Partial<AbortCriterion>): AbortCriterion => ({
  on: 'any',
  minimumExecuted: 1,
  scope: 'rollout',
  action: 'pause',
  ...given,
});

const inOrder = (count: number) => ({ deviceIds: Array.from({ length: count }, (_, at) => deviceId(at)) });

describe('an abort criterion', () => {
  it('pauses the roll-out and is in the history with its numbers', async () => {
    const rig = await started(30);
    rig.hub.script = (id) => ({ status: id < deviceId(5) ? 500 : 200 });
    const abort = [criterion({ percent: 50, minimumExecuted: 10 })];
    await rig.start('r1', { batchSize: 10, abort }, inOrder(30));
    expect(await rig.until('r1', 'paused')).toMatchObject({ reason: 'abort', counts: { refused: 5, succeeded: 5 } });
    expect((await rig.history('r1')).find(({ event }) => event === 'abort')).toMatchObject({
      state: 'paused',
      abort: { criterion: abort[0], matching: 5, executed: 10 },
    });
  });

  it('counts only devices that become final after an override', async () => {
    const rig = await started(40);
    rig.hub.script = (id) => ({ status: id < deviceId(10) || id >= deviceId(25) ? 500 : 200 });
    await rig.start('r1', { batchSize: 10, abort: [criterion({ percent: 50 })] }, inOrder(40));
    await rig.until('r1', 'paused');
    await rig.command('r1', (work) => resume(work, false));
    // Batch 2 succeeds, batch 3 ends with 5 of 20, batch 4 with 15 of 30, which is only added to the history.
    expect(await rig.until('r1', 'paused', 'completed')).toMatchObject({
      state: 'completed',
      counts: { refused: 25, succeeded: 15 },
    });
    expect((await rig.history('r1')).filter(({ event }) => event === 'abort').at(-1)).toMatchObject({
      abort: { matching: 15, executed: 30 },
    });
  });

  it('of scope batch excludes the final devices of every batch after an override', async () => {
    const rig = await started(20);
    rig.hub.offline.add(deviceId(0)).add(deviceId(1));
    rig.hub.script = (id) => ({ status: id === deviceId(2) || id === deviceId(12) || id === deviceId(0) ? 500 : 200 });
    const abort = [criterion({ count: 1, scope: 'batch' })];
    await rig.start('r1', { batchSize: 10, offlineDevices: 'wait', abort }, inOrder(20));
    for (let stop = 1; stop <= 2; stop += 1) {
      expect(await rig.until('r1', 'paused')).toMatchObject({ reason: 'abort', batch: { batch: stop } });
      await rig.command('r1', (work) => resume(work, false));
    }
    await rig.clock.advanceAsync(120_000);
    rig.hub.offline.delete(deviceId(1));
    await rig.clock.advanceAsync(120_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'running', counts: { waiting: 1, refused: 2 } });
    rig.hub.offline.clear();
    expect(await rig.until('r1', 'completed')).toMatchObject({ counts: { refused: 3, succeeded: 17 } });
  });

  it('can cancel the roll-out', async () => {
    const rig = await started(30);
    rig.hub.script = () => ({ error: 'GatewayTimeout' });
    await rig.start('r1', { batchSize: 10, abort: [criterion({ on: 'timedOut', count: 10, action: 'cancel' })] });
    expect(await rig.until('r1', 'cancelled')).toMatchObject({
      reason: 'abort',
      outcome: 'cancelled',
      counts: { timedOut: 10, cancelled: 20 },
    });
  });

  it('is only added to the history if no device is left to begin', async () => {
    const rig = await started(10);
    rig.hub.script = () => ({ status: 500 });
    await rig.start('r1', { abort: [criterion({ count: 1 })] });
    expect(await rig.until('r1', 'paused', 'completed')).toMatchObject({ state: 'completed' });
    expect((await rig.history('r1')).filter(({ event }) => event === 'abort')).toHaveLength(1);
  });

  it('takes effect while the roll-out is paused by a user', async () => {
    const rig = await started(20);
    rig.hub.script = () => ({ status: 500 });
    rig.hub.jobMs = 10_000;
    await rig.start('r1', { batchSize: 10, abort: [criterion({ count: 5 })] });
    await rig.clock.advanceAsync(3000);
    await rig.command('r1', (work) => pause(work));
    await rig.clock.advanceAsync(20_000);
    expect(await rig.record('r1')).toMatchObject({ state: 'paused', reason: 'abort' });
    await rig.command('r1', (work) => resume(work, false));
    expect(await rig.until('r1', 'paused', 'completed')).toMatchObject({ counts: { refused: 20 } });
  });
});
