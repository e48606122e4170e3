import { describe, expect, it } from '@jest/globals';
import { killWhileDevicesJoin } from '../support/rollouts/joining-killer.js';
import { killDuringRollouts } from '../support/rollouts/rollout-killer.js';
import { seededRandom } from '../support/seeded-random.js';

describe('roll-outs under kill -9 of the agent', () => {
  it('call each device as often as the rules say, and go on within 10 s of the restart', async () => {
    const report = await killDuringRollouts(5, 1, seededRandom(11));
    expect(report).toMatchObject({ kills: 5, rollouts: 2, problems: [] });
    expect(report.slowestRestartMs).toBeLessThan(10_000);
  }, 60_000);

  it('call each device that joins once, and never repeat a direct call', async () => {
    const report = await killWhileDevicesJoin(3, seededRandom(5));
    expect(report).toEqual({ kills: 3, joined: 40, problems: [] });
  }, 60_000);
});
