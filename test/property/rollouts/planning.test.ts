import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseCondition } from '../../../src/hub-query/parse.js';
import { batchAt, planBatches } from '../../../src/rollouts/plan/batches.js';
import { idCondition, MAX_QUERY_LENGTH, splitIds } from '../../../src/rollouts/plan/id-conditions.js';

const deviceId = fc.string({
  unit: fc.constantFrom(..."abcXYZ019-.%#*?!(),:=@$_'".split('')),
  minLength: 1,
  maxLength: 128,
});

describe('batches', () => {
  it('cover every device once, in order', () => {
    const shape = fc.record(
      {
        batchSize: fc.integer({ min: 1, max: 100_000 }),
        batchPercent: fc.double({ min: 0.01, max: 100, noNaN: true }),
        canarySize: fc.integer({ min: 1, max: 100_000 }),
        maxBatchSize: fc.integer({ min: 1, max: 100_000 }),
        batchGrowth: fc.double({ min: 1, max: 10, noNaN: true }),
      },
      { requiredKeys: ['batchGrowth'] },
    );
    fc.assert(
      fc.property(shape, fc.nat({ max: 200_000 }), (given, count) => {
        const batches = planBatches(given, count);
        fc.pre(batches !== undefined);
        let next = 0;
        for (const { batch, start, size } of batches) {
          expect([start, size > 0]).toEqual([next, true]);
          if (given.maxBatchSize !== undefined && !(batch === 1 && given.canarySize !== undefined))
            expect(size).toBeLessThanOrEqual(given.maxBatchSize);
          expect(batchAt(batches, start)?.batch).toBe(batch);
          expect(batchAt(batches, start + size - 1)?.batch).toBe(batch);
          next += size;
        }
        expect(next).toBe(count);
      }),
    );
  });
});

describe('lists of ids', () => {
  it('hold every device in order, within the limits, as few lists as possible', () => {
    const limits = fc.record({ around: fc.nat({ max: 4000 }), maxDevices: fc.integer({ min: 1, max: 700 }) });
    fc.assert(
      fc.property(fc.array(deviceId, { maxLength: 400 }), limits, (ids, { around, maxDevices }) => {
        const lists = splitIds(ids, { around, maxDevices });
        expect(lists.flat()).toEqual(ids);
        for (const [index, list] of lists.entries()) {
          expect(list.length).toBeLessThanOrEqual(maxDevices);
          expect(around + idCondition(list).length).toBeLessThanOrEqual(MAX_QUERY_LENGTH);
          const next = lists[index + 1]?.[0];
          if (next === undefined || list.length === maxDevices) continue;
          expect(around + idCondition([...list, next]).length).toBeGreaterThan(MAX_QUERY_LENGTH);
        }
      }),
    );
  });

  it('of modules hold every module in order, within the length of a condition, as few lists as possible', () => {
    const target = fc.tuple(deviceId, fc.constantFrom('part', 'line-2', "o'3")).map((ids) => ids.join('/'));
    fc.assert(
      fc.property(fc.array(target, { minLength: 1, maxLength: 400 }), (targets) => {
        const lists = splitIds(targets);
        expect(lists.flat()).toEqual(targets);
        for (const [index, list] of lists.entries()) {
          const condition = idCondition(list);
          expect(condition.length).toBeLessThanOrEqual(MAX_QUERY_LENGTH);
          expect(parseCondition(condition).source).toBe('devices.modules');
          const next = lists[index + 1]?.[0];
          if (next !== undefined) expect(idCondition([...list, next]).length).toBeGreaterThan(MAX_QUERY_LENGTH);
        }
      }),
    );
  });

  it('become conditions that select exactly these devices', () => {
    fc.assert(
      fc.property(fc.uniqueArray(deviceId, { minLength: 1, maxLength: 20 }), (ids) => {
        const condition = idCondition(ids);
        expect(condition).not.toMatch(/, /);
        expect(JSON.stringify(parseCondition(condition))).toContain(JSON.stringify(ids[0]));
      }),
    );
  });
});
