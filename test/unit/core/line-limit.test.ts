import { describe, expect, it } from '@jest/globals';
import { LineLimit } from '../../../src/core/line-limit.js';

describe('a limit of lines', () => {
  it('lets so many through a minute, and counts the others', () => {
    const limit = new LineLimit(3);
    const taken = Array.from({ length: 10 }, (_, index) => limit.take(index * 1_000));
    expect(taken.filter(Boolean)).toHaveLength(3);
    expect(limit.takeDropped(59_999)).toBe(0);
    expect(limit.takeDropped(60_000)).toBe(7);
    expect(limit.takeDropped(60_000)).toBe(0);
    expect(limit.take(60_000)).toBe(true);
  });

  it('hands out the count at once when asked to', () => {
    const limit = new LineLimit(0);
    limit.take(0);
    limit.take(1);
    expect(limit.takeAllDropped()).toBe(2);
    expect(limit.takeAllDropped()).toBe(0);
  });
});
