import { describe, expect, it } from '@jest/globals';
import { fullJitterMs, spreadDelayMs } from '../../../src/core/backoff.js';

describe('back-off', () => {
  it('spreads over the whole range up to the doubled base', () => {
    const options = { baseMs: 500, capMs: 60_000 };
    expect(fullJitterMs(0, options, () => 0)).toBe(0);
    expect(fullJitterMs(0, options, () => 0.5)).toBe(250);
    expect(fullJitterMs(3, options, () => 0.5)).toBe(2000);
  });

  it('stops at the cap, however many attempts there were', () => {
    expect(fullJitterMs(5000, { baseMs: 500, capMs: 60_000 }, () => 0.999)).toBeLessThan(60_000);
  });

  it('keeps a refused end waiting 5, 10, 20, 40, 40 s, plus or minus 20 %', () => {
    const options = { baseMs: 5000, capMs: 40_000, spread: 0.2 };
    expect([0, 1, 2, 3, 4].map((attempt) => spreadDelayMs(attempt, options, () => 0.5))).toEqual([
      5000, 10_000, 20_000, 40_000, 40_000,
    ]);
    expect(spreadDelayMs(0, options, () => 0)).toBe(4000);
    expect(spreadDelayMs(0, options, () => 1)).toBe(6000);
  });
});
