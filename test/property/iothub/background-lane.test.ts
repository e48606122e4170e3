import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { HubLane, HubTier } from '../../../src/iothub/ports.js';
import { HubThrottle } from '../../../src/iothub/throttle.js';
import { tierLimits } from '../../../src/iothub/tier-limits.js';
import { failureOf, inCall } from '../../support/jobs/callers.js';
import { ManualClock } from '../../support/manual-clock.js';

const MINUTE_MS = 60_000;

/** Whether a request of the lane may go out at this moment. With any time left, it could wait on a clock that stands still. */
async function isTaken(throttle: HubThrottle, clock: ManualClock, lane: HubLane): Promise<boolean> {
  const taking = inCall((context) => throttle.take(context, 'jobOperations', lane), { clock, timeoutMs: 0 });
  return (await failureOf(taking).catch(() => undefined)) === undefined;
}

/** Takes all that the lane gets now. */
async function drain(throttle: HubThrottle, clock: ManualClock, lane: HubLane): Promise<number> {
  let count = 0;
  while (await isTaken(throttle, clock, lane)) count += 1;
  return count;
}

const step = fc.record({ seconds: fc.integer({ min: 1, max: 40 }), userCalls: fc.integer({ min: 0, max: 30 }) });

test('users who use a quarter of the budget never wait behind the background lane, which takes all the rest', async () => {
  let checked = 0;
  const tier = fc.constantFrom<HubTier>('S1', 'S2');
  await fc.assert(
    fc.asyncProperty(tier, fc.array(step, { minLength: 1, maxLength: 20 }), async (name, steps) => {
      const clock = new ManualClock();
      const limits = tierLimits(name, 1);
      const throttle = new HubThrottle(limits, clock);
      const reserve = limits.budgets.jobOperations.perMinute / 4;
      const calls: number[] = [];
      for (const { seconds, userCalls } of steps) {
        await drain(throttle, clock, 'background');
        const recent = calls.filter((atMs) => clock.monotonicMs() - atMs < MINUTE_MS).length;
        for (let call = 0; call < Math.min(userCalls, reserve - recent); call += 1) {
          expect(await isTaken(throttle, clock, 'user')).toBe(true);
          calls.push(clock.monotonicMs());
        }
        await clock.advanceAsync(seconds * 1000);
      }
      checked += 1;
    }),
    { numRuns: 50 },
  );
  expect(checked).toBe(50);
});

test('without users the background lane has the whole budget, but no more', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 5, maxLength: 30 }), async (pauses) => {
      const clock = new ManualClock();
      const throttle = new HubThrottle(tierLimits('S1', 1), clock);
      await drain(throttle, clock, 'background');
      const startMs = clock.monotonicMs();
      let taken = 0;
      for (const seconds of pauses) {
        await clock.advanceAsync(seconds * 1000);
        taken += await drain(throttle, clock, 'background');
      }
      const earned = ((clock.monotonicMs() - startMs) / MINUTE_MS) * 100;
      expect(taken).toBeLessThanOrEqual(Math.ceil(earned));
      expect(taken).toBeGreaterThanOrEqual(Math.floor(earned) - 2);
    }),
    { numRuns: 30 },
  );
});
