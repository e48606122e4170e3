import { describe, expect, it } from '@jest/globals';
import { startCall } from '../../../src/core/call-context.js';
import { HubThrottle } from '../../../src/iothub/throttle.js';
import { tierLimits } from '../../../src/iothub/tier-limits.js';
import { ManualClock } from '../../support/manual-clock.js';

const START_MS = Date.UTC(2026, 0, 1);

function throttleOf(tier: 'S1' | 'unlimited') {
  const clock = new ManualClock(START_MS);
  const throttle = new HubThrottle(tierLimits(tier, 1), clock);
  const context = startCall({ timeoutMs: 1000, clock });
  return { clock, throttle, context };
}

describe('the use of a budget', () => {
  it('is counted by who asked, in steps of 15 s, for 15 minutes', async () => {
    const { clock, throttle, context } = throttleOf('S1');
    await throttle.take(context, 'jobOperations', 'user');
    await throttle.take(context, 'jobOperations', 'spare');
    clock.advance(15_000);
    await throttle.take(context, 'jobOperations', 'background');
    await throttle.take(context, 'queries', 'user');
    const { perMinute, stepMs, points } = throttle.use('jobOperations');
    expect({ perMinute, stepMs, count: points.length }).toEqual({ perMinute: 100, stepMs: 15_000, count: 60 });
    expect(points.slice(-3)).toEqual([
      { startMs: START_MS - 15_000, users: 0, background: 0 },
      { startMs: START_MS, users: 2, background: 0 },
      { startMs: START_MS + 15_000, users: 0, background: 1 },
    ]);
    clock.advance(14.75 * 60_000);
    expect(throttle.use('jobOperations').points[0]).toEqual({ startMs: START_MS + 15_000, users: 0, background: 1 });
    clock.advance(15_000);
    expect(throttle.use('jobOperations').points.some((point) => point.users + point.background > 0)).toBe(false);
  });

  it('has no gap when the wall clock is set', async () => {
    const { clock, throttle, context } = throttleOf('unlimited');
    await throttle.take(context, 'queries', 'user');
    clock.setWallClock(-3_600_000);
    const { perMinute, points } = throttle.use('queries');
    expect(perMinute).toBe(Infinity);
    expect(points.at(-1)).toEqual({ startMs: START_MS - 3_600_000, users: 1, background: 0 });
  });

  it('does not contain requests that were refused', async () => {
    const { throttle, context } = throttleOf('S1');
    const takes = Array.from({ length: 40 }, () => throttle.take(context, 'queries', 'user').catch(() => undefined));
    await Promise.all(takes);
    expect(throttle.use('queries').points.at(-1)?.users).toBeLessThanOrEqual(20);
  });
});
