import { describe, expect, it } from '@jest/globals';
import { LineLimit } from '../../../src/core/line-limit.js';

describe('a limit of lines', () => {
  it('allows so many lines a minute and counts the others', () => {
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
