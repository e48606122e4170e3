import { describe, expect, test } from '@jest/globals';
import { Throttle } from '../../../../../src/sandbox/iothub/tiers/throttle.js';
import { limitsOf, type Operation, type TierName } from '../../../../../src/sandbox/iothub/tiers/tiers.js';
import { ManualClock, settle } from '../../../../support/manual-clock.js';

/** Requests `count` operations at once; returns how many are admitted at once, after a delay, and not at all. */
async function ask(throttle: Throttle, clock: ManualClock, operation: Operation, count: number) {
  const outcome = { atOnce: 0, delayed: 0, refused: 0 };
  let isFirstTurn = true;
  const all = Array.from({ length: count }, () =>
    throttle.admit(operation).then(
      () => (isFirstTurn ? (outcome.atOnce += 1) : (outcome.delayed += 1)),
      (error: { code: string; status: number }) => {
        expect([error.code, error.status]).toEqual(['ThrottlingException', 429]);
        outcome.refused += 1;
      },
    ),
  );
  await settle();
  isFirstTurn = false;
  await clock.advanceAsync(10_000);
  await Promise.all(all);
  return outcome;
}

describe('the throttle', () => {
  test.each<[TierName, number, Operation, number]>([
    ['F1', 1, 'jobs', 100],
    ['S1', 1, 'jobs', 100],
    ['S1', 3, 'jobs', 300],
    ['S3', 1, 'jobs', 5000],
    ['S1', 1, 'queries', 20],
    ['S3', 1, 'queries', 1000],
    ['S1', 1, 'twinReads', 100],
    ['S3', 2, 'twinReads', 1000],
    ['S1', 1, 'twinUpdates', 50],
    ['S3', 1, 'twinUpdates', 250],
    ['S2', 1, 'identities', 100],
    ['S1', 1, 'methods', 40],
  ])('of %s with %d units admits %s %d times at once, then after a delay, then not', async (...given) => {
    const [tier, units, operation, burst] = given;
    const clock = new ManualClock();
    const throttle = new Throttle(limitsOf(tier, units), clock);
    const outcome = await ask(throttle, clock, operation, burst + 2_000 * units);
    expect(outcome.atOnce).toBe(burst);
    expect(outcome.delayed).toBeGreaterThan(0);
    expect(outcome.delayed).toBeLessThan(burst + 2);
  });

  test('refills over time', async () => {
    const clock = new ManualClock();
    const throttle = new Throttle(limitsOf('S1', 1), clock);
    await ask(throttle, clock, 'queries', 30);
    clock.advance(60_000);
    expect((await ask(throttle, clock, 'queries', 20)).atOnce).toBe(20);
  });

  test('unlimited refuses nothing', async () => {
    const clock = new ManualClock();
    const throttle = new Throttle(limitsOf('unlimited', 1), clock);
    expect(await ask(throttle, clock, 'jobs', 20_000)).toEqual({ atOnce: 20_000, delayed: 0, refused: 0 });
    expect(throttle.reserveDeviceOperationMs()).toBe(0);
  });

  test.each<[TierName, number, number]>([
    ['S1', 5, 10],
    ['S2', 5, 10],
    ['S2', 20, 20],
    ['S3', 1, 50],
  ])('of %s with %d units paces the devices inside jobs to %d a second', (tier, units, rate) => {
    const throttle = new Throttle(limitsOf(tier, units), new ManualClock());
    const waits = Array.from({ length: rate * 3 }, () => throttle.reserveDeviceOperationMs());
    expect(waits.filter((wait) => wait === 0)).toHaveLength(rate);
    expect(waits.at(-1)).toBeCloseTo(2_000, 0);
  });

  test.each<[TierName, number]>([
    ['F1', 1],
    ['S1', 1],
    ['S2', 5],
    ['S3', 10],
    ['unlimited', Infinity],
  ])('%s runs %d jobs at a time', (tier, count) => {
    expect(limitsOf(tier, 7).maxActiveJobs).toBe(count);
  });
});
