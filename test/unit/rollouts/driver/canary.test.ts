import { describe, expect, it } from '@jest/globals';
import { deviceId, RolloutRig } from '../../../support/rollouts/rig.js';

const CANARY = { canaryCondition: 'tags.canary = true', batchSize: 3 };
const ids = Array.from({ length: 8 }, (_, index) => deviceId(index));

function rigWith(...canary: readonly number[]): RolloutRig {
  const rig = new RolloutRig({ devices: ids.length });
  for (const index of canary) rig.hub.matching.add(deviceId(index));
  return rig;
}

/** The devices of each hub job, in the order of the jobs. */
const jobsOf = (rig: RolloutRig): string[][] => [...rig.hub.jobs.values()].map(({ deviceIds }) => [...deviceIds]);

describe('canaryCondition', () => {
  it('makes the devices of a condition that match it the first batch', async () => {
    const rig = rigWith(6, 2);
    await rig.start('r1', CANARY);
    expect(await rig.until('r1', 'completed')).toMatchObject({ deviceCount: 8, canaryCount: 2 });
    const [first = [], ...others] = jobsOf(rig);
    expect(first.sort()).toEqual([deviceId(2), deviceId(6)]);
    expect(others.map(({ length }) => length)).toEqual([3, 3]);
    expect(await rig.deviceStates('r1')).toEqual(Object.fromEntries(ids.map((id) => [id, 'succeeded'])));
  });

  it('keeps the order of a list within the first batch and after it', async () => {
    const rig = rigWith(6, 2);
    await rig.start('r1', CANARY, { deviceIds: ids });
    await rig.until('r1', 'completed');
    expect(jobsOf(rig)).toEqual(
      [
        [2, 6],
        [0, 1, 3],
        [4, 5, 7],
      ].map((batch) => batch.map(deviceId)),
    );
  });

  it('fails a roll-out by condition that has no such device, before it calls any', async () => {
    const rig = rigWith();
    await rig.start('r1', CANARY);
    expect((await rig.until('r1', 'failed')).reason).toContain('none of 8 devices matches canaryCondition');
    expect(rig.hub.jobs.size).toBe(0);
  });

  it('does without the first batch in a list that has no such device, such as that of a retry', async () => {
    const rig = rigWith();
    await rig.start('r1', CANARY, { deviceIds: ids });
    expect(await rig.until('r1', 'completed')).toMatchObject({ outcome: 'succeeded' });
    expect(jobsOf(rig).map(({ length }) => length)).toEqual([3, 3, 2]);
  });
});
