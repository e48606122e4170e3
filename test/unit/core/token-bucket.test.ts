import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from '../../../src/core/token-bucket.js';

describe('token bucket', () => {
  it('fills with time and never above its capacity', () => {
    const bucket = new TokenBucket({ perSecond: 2, capacity: 4, nowMs: 0 });
    expect([1, 2, 3, 4, 5].map(() => bucket.take(0))).toEqual([true, true, true, true, false]);
    expect(bucket.take(499)).toBe(false);
    expect(bucket.take(500)).toBe(true);
    expect(bucket.waitMs(500)).toBe(500);
    expect([1, 2, 3, 4, 5].map(() => bucket.take(60_000))).toEqual([true, true, true, true, false]);
  });

  it('returns how long a reserved token takes', () => {
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
