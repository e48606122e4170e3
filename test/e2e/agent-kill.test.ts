import { describe, expect, it } from '@jest/globals';
import { killAgents } from '../support/agent-kills.js';
import { seededRandom } from '../support/seeded-random.js';

describe('the watcher under kill -9 of the agent', () => {
  it('notifies the end of every job, and repeats nothing without a kill', async () => {
    const report = await killAgents(3, seededRandom(7));
    expect(report).toMatchObject({ kills: 3, jobs: 9, unreported: [], unexplainedRepeats: [], gaps: [] });
    expect(report.events).toBeGreaterThanOrEqual(9);
  }, 60_000);
});
