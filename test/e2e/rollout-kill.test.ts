import { describe, expect, it } from '@jest/globals';
import { killDuringRollouts } from '../support/rollouts/rollout-killer.js';
import { seededRandom } from '../support/seeded-random.js';

describe('roll-outs under kill -9 of the agent', () => {
  it('call each device as often as the rules say, and go on within 10 s of the restart', async () => {
    const report = await killDuringRollouts(5, 1, seededRandom(11));
    expect(report).toMatchObject({ kills: 5, rollouts: 2, problems: [] });
    expect(report.slowestRestartMs).toBeLessThan(10_000);
  }, 60_000);
});
