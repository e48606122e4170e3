import { describe, expect, it } from '@jest/globals';
import { batchAt, type BatchShape, planBatches } from '../../../../src/rollouts/plan/batches.js';

const sizes = (shape: Partial<BatchShape>, count: number): number[] | undefined =>
  planBatches({ batchGrowth: 1, ...shape }, count)?.map(({ size }) => size);

describe('planBatches', () => {
  it.each<[string, Partial<BatchShape>, number, number[]]>([
    ['puts all devices into one batch by default', {}, 7, [7]],
    ['makes no batch without devices', { batchSize: 10 }, 0, []],
    ['leaves what is left to the last batch', { batchSize: 3 }, 8, [3, 3, 2]],
    [
      'grows from the base, which follows a canary',
      { canarySize: 3, batchSize: 10, batchGrowth: 2 },
      100,
      [3, 10, 20, 40, 27],
    ],
    ['rounds a percentage up', { batchPercent: 1 }, 150, Array.from({ length: 75 }, () => 2)],
    ['keeps decimals that a double has not', { batchPercent: 0.1 }, 1000, Array.from({ length: 1000 }, () => 1)],
    ['rounds growth down', { batchSize: 5, batchGrowth: 1.1 }, 15, [5, 5, 5]],
    ['multiplies as people do', { batchSize: 100, batchGrowth: 1.1 }, 331, [100, 110, 121]],
    [
      'never exceeds the largest size, a canary excepted',
      { canarySize: 9, batchSize: 8, maxBatchSize: 5 },
      20,
      [9, 5, 5, 1],
    ],
    ['takes a canary that is larger than the fleet', { canarySize: 50 }, 20, [20]],
  ])('%s', (_title, shape, count, expected) => {
    expect(sizes(shape, count)).toEqual(expected);
  });

  it('refuses more than a thousand batches', () => {
    expect(sizes({ batchSize: 1 }, 1000)).toHaveLength(1000);
    expect(sizes({ batchSize: 1 }, 1001)).toBeUndefined();
  });

  it('finds the batch of a position', () => {
    const batches = planBatches({ batchGrowth: 2, canarySize: 3, batchSize: 10 }, 100) ?? [];
    expect([0, 2, 3, 12, 13, 99].map((position) => batchAt(batches, position)?.batch)).toEqual([1, 1, 2, 2, 3, 5]);
    expect(batchAt(batches, 100)).toBeUndefined();
    expect(batchAt([], 0)).toBeUndefined();
  });
});
