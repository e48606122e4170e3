import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { expectInvariants, KILLS, Life } from '../../support/rollouts/life.js';
import { deviceId } from '../../support/rollouts/rig.js';

const DEVICES = 6;
const MINUTES = 12;

describe('a recurring roll-out whose agent is killed at any store write or hub call', () => {
  it('has a run or a skipped time for each time of the pattern, and calls each device once in each run', async () => {
    await fc.assert(
      fc.asyncProperty(KILLS, async (given) => {
        const life = new Life(given, DEVICES);
        const { rig } = life;
        await rig.driver.start();
        const endMs = rig.clock.nowMs() + MINUTES * 60_000 + 30_000;
        await rig.start('r', { recurrence: '* * * * *', recurrenceEndsMs: endMs, batchSize: 4 });
        await life.restart();
        await life.until(() => life.isFinal('r'));
        const { recurring } = await rig.record('r');
        // The first time is the one at which the clock of the test stands.
        expect((recurring?.runs ?? 0) + (recurring?.skipped ?? 0)).toBe(MINUTES + 1);
        for (let run = 1; run <= (recurring?.runs ?? 0); run += 1) {
          const record = await rig.record(`r-r${run}`);
          expect(record).toMatchObject({ state: 'completed', counts: { succeeded: DEVICES } });
          await expectInvariants(life, record);
        }
        expect(rig.hub.callsOf(deviceId(0))).toBe(recurring?.runs);
      }),
      { numRuns: 10 },
    );
  });
});
