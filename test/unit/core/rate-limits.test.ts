import { describe, expect, it } from '@jest/globals';
import { LineLimit, TokenBucket } from '../../../src/core/rate-limits.js';

describe('a token bucket', () => {
  it('fills with time and never above its capacity', () => {
    const bucket = new TokenBucket({ perSecond: 2, capacity: 4, nowMs: 0 });
    expect([1, 2, 3, 4, 5].map(() => bucket.take(0))).toEqual([true, true, true, true, false]);
    expect(bucket.take(499)).toBe(false);
    expect(bucket.take(500)).toBe(true);
    expect(bucket.waitMs(500)).toBe(500);
    expect([1, 2, 3, 4, 5].map(() => bucket.take(60_000))).toEqual([true, true, true, true, false]);
  });

  it('returns how long to wait for a reserved token', () => {
    const bucket = new TokenBucket({ perSecond: 10, capacity: 1, nowMs: 0 });
    expect(bucket.reserve(0)).toBe(0);
    expect(bucket.reserve(0)).toBe(100);
    expect(bucket.reserve(0)).toBe(200);
  });

  it('is not confused by a clock that goes back', () => {
    const bucket = new TokenBucket({ perSecond: 1, capacity: 1, nowMs: 1000 });
    bucket.take(1000);
    expect(bucket.take(0)).toBe(false);
  });
});

describe('a limit of lines', () => {
  it('allows that many lines a minute and counts the others', () => {
    const limit = new LineLimit(3);
    const taken = Array.from({ length: 10 }, (_, index) => limit.take(index * 1_000));
    expect(taken.filter(Boolean)).toHaveLength(3);
    expect(limit.takeDropped(59_999)).toBe(0);
    expect(limit.takeDropped(60_000)).toBe(7);
    expect(limit.takeDropped(60_000)).toBe(0);
    expect(limit.take(60_000)).toBe(true);
  });

  it('returns the count at once on request', () => {
    const limit = new LineLimit(0);
    limit.take(0);
    limit.take(1);
    expect(limit.takeAllDropped()).toBe(2);
    expect(limit.takeAllDropped()).toBe(0);
  });
});
