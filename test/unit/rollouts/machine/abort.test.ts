import { describe, expect, it } from '@jest/globals';
import { type AbortCriterion, finalSince, metCriteria } from '../../../../src/rollouts/machine/abort.js';
import { hasPassed, type StateCounts } from '../../../../src/rollouts/machine/device-states.js';

const criterion = (given: Partial<AbortCriterion>): AbortCriterion => ({
  on: 'any',
  minimumExecuted: 1,
  scope: 'rollout',
  action: 'pause',
  ...given,
});

const matches = (given: Partial<AbortCriterion>, counts: StateCounts, batch: StateCounts = {}): boolean =>
  metCriteria([criterion(given)], () => ({ rollout: counts, batches: new Map([[1, batch]]) })).length > 0;

describe('metCriteria', () => {
  it.each<[string, Partial<AbortCriterion>, StateCounts, boolean]>([
    ['at exactly the percentage', { percent: 50 }, { succeeded: 1, failed: 1 }, true],
    ['not below it', { percent: 50.01 }, { succeeded: 1, failed: 1 }, false],
    ['with decimals of a third', { percent: 33.33 }, { succeeded: 2, failed: 1 }, true],
    ['with decimals above a third', { percent: 33.34 }, { succeeded: 2, failed: 1 }, false],
    ['at the count', { count: 2 }, { failed: 1, refused: 1 }, true],
    ['not before the count', { count: 3 }, { failed: 1, refused: 1 }, false],
    ['not before enough were executed', { percent: 1, minimumExecuted: 10 }, { failed: 9 }, false],
    ['once enough were executed', { percent: 1, minimumExecuted: 10 }, { failed: 1, succeeded: 9 }, true],
    ['on the states it names', { on: ['offline', 'timedOut'], count: 1 }, { failed: 5 }, false],
    ['on one state', { on: 'notFound', count: 1 }, { notFound: 1 }, true],
    ['never on devices that were not tried', { count: 1 }, { cancelled: 5, expired: 5, pending: 5 }, false],
    ['never without a matching device', { percent: 0.01 }, { succeeded: 10 }, false],
  ])('%s', (_title, given, counts, expected) => {
    expect(matches(given, counts)).toBe(expected);
  });

  it('evaluates only the batch for scope batch', () => {
    expect(matches({ scope: 'batch', percent: 50 }, { failed: 9, succeeded: 1 }, { succeeded: 5 })).toBe(false);
    expect(matches({ scope: 'batch', percent: 50 }, { succeeded: 90 }, { failed: 1, succeeded: 1 })).toBe(true);
  });

  it('returns the criteria that are met, in order, with their numbers', () => {
    const criteria = [criterion({ count: 5 }), criterion({ count: 2, action: 'cancel' }), criterion({ count: 1 })];
    const counts = { rollout: { failed: 2, succeeded: 1 }, batches: new Map() };
    expect(metCriteria(criteria, () => counts)).toEqual([
      { index: 1, criterion: criteria[1], matching: 2, executed: 3 },
      { index: 2, criterion: criteria[2], matching: 2, executed: 3 },
    ]);
  });

  it('evaluates a criterion of scope batch on each batch, and returns the one that meets it', () => {
    const batches = new Map([
      [3, { succeeded: 5 }],
      [4, { failed: 1 }],
    ]);
    expect(metCriteria([criterion({ count: 1, scope: 'batch' })], () => ({ rollout: {}, batches }))).toMatchObject([
      { index: 0, batch: 4, matching: 1, executed: 1 },
    ]);
  });
});

describe('finalSince', () => {
  it('excludes devices that were final at the baseline, and open ones', () => {
    const since = finalSince({ failed: 3, succeeded: 7, pending: 4 }, { failed: 2, succeeded: 7, pending: 9 });
    expect(since).toMatchObject({ failed: 1, succeeded: 0, refused: 0 });
    expect(since).not.toHaveProperty('pending');
  });
});

describe('hasPassed', () => {
  it.each<[StateCounts, number, boolean]>([
    [{}, 0, true],
    [{ failed: 3 }, 0, true],
    [{}, 1, false],
    [{ waiting: 3 }, 1, false],
    [{ succeeded: 9, failed: 1 }, 90, true],
    [{ succeeded: 9, failed: 1 }, 90.1, false],
    [{ succeeded: 1, offline: 2 }, 33.33, true],
  ])('%j at %s %%: %s', (counts, percent, passed) => {
    expect(hasPassed(counts, percent)).toBe(passed);
  });
});
