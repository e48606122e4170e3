import { describe, expect, it } from '@jest/globals';
import { inCall } from '../../../support/jobs/callers.js';
import { RolloutRig } from '../../../support/rollouts/rig.js';

const S1_DEVICES_PER_SECOND = 10;

function s1Rig(devices: number): RolloutRig {
  const rig = new RolloutRig({ devices, tier: 'S1', maxJobs: 1 });
  rig.hub.maxJobs = 1;
  rig.hub.durationMs = (job) => (job.deviceIds.length / S1_DEVICES_PER_SECOND) * 1000;
  return rig;
}

async function secondsFor(rig: RolloutRig): Promise<number> {
  await rig.driver.start();
  await rig.start('r1');
  const { beginMs = 0, endMs = 0, outcome } = await rig.until('r1', 'completed', 'failed', 'paused');
  expect(outcome).toBe('succeeded');
  return (endMs - beginMs) / 1000;
}

describe('1,000 connected devices in one batch on S1', () => {
  it('complete within 150 s, of which the tier itself takes 100 s', async () => {
    const seconds = await secondsFor(s1Rig(1000));
    expect(seconds).toBeGreaterThanOrEqual(100);
    expect(seconds).toBeLessThanOrEqual(150);
  });

  it('complete in the same time while users take a quarter of the budget without waiting', async () => {
    const rig = s1Rig(1000);
    const { clock, port } = rig;
    const waits: number[] = [];
    const asUser = (): void => {
      const startMs = clock.monotonicMs();
      void inCall((context) => port.lane('user').getJob(context, 'another-job'), { clock }).then(() =>
        waits.push(clock.monotonicMs() - startMs),
      );
      clock.schedule(60_000 / 25, asUser);
    };
    asUser();
    expect(await secondsFor(rig)).toBeLessThanOrEqual(150);
    expect(waits.length).toBeGreaterThan(40);
    expect(Math.max(...waits)).toBe(0);
  });

  it('complete in the same time if devices respond later than estimated', async () => {
    const rig = s1Rig(1000);
    rig.hub.durationMs = (job) => (job.deviceIds.length / S1_DEVICES_PER_SECOND) * 1000 + 15_000;
    expect(await secondsFor(rig)).toBeLessThanOrEqual(150);
  });
});
