import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BodyBudget, type BodyShare } from '../../../src/iothub/body-budget.js';

const MAX = 1000;
const KEPT = 250;
const CHUNK = 20;

interface Answer {
  readonly share: BodyShare;
  left: number;
  isPaused: boolean;
}

/** Responses that arrive in chunks, in an order that a test chooses; each has at most `KEPT` bytes. */
function openAnswers(budget: BodyBudget, sizes: readonly number[]): Set<Answer> {
  const answers = new Set<Answer>();
  for (const size of sizes) {
    const answer: Answer = { share: budget.open(() => (answer.isPaused = false)), left: size, isPaused: false };
    answers.add(answer);
  }
  return answers;
}

test('every response is read to its end, in any order, and the sum stays within the budget', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: KEPT }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), fc.infiniteStream(fc.nat({ max: 9 })), (all, picks, fates) => {
      const budget = new BodyBudget(MAX, KEPT);
      const answers = openAnswers(budget, all);
      let highest = 0;
      while (answers.size > 0) {
        const ready = [...answers].filter(({ isPaused }) => !isPaused);
        // A deadlock of waiting responses would show here.
        expect(ready.length).toBeGreaterThan(0);
        const answer = ready[(picks.next().value as number) % ready.length] as Answer;
        const bytes = Math.min(CHUNK, answer.left);
        answer.left -= bytes;
        if (!answer.share.add(bytes)) answer.isPaused = true;
        highest = Math.max(highest, budget.usedBytes);
        const isAborted = fates.next().value === 0;
        if (answer.left > 0 && !isAborted) continue;
        answer.share.close();
        answer.share.close();
        answers.delete(answer);
      }
      expect(budget.usedBytes).toBe(0);
      // Each response may have received one more chunk when it is paused.
      expect(highest).toBeLessThanOrEqual(MAX + all.length * CHUNK);
    }),
  );
});

test('responses that stop in the middle delay others only until they are closed', () => {
  const budget = new BodyBudget(MAX, KEPT);
  const stuck = Array.from({ length: 10 }, () => {
    const state = { isPaused: false };
    const share = budget.open(() => (state.isPaused = false));
    if (!share.add(100)) state.isPaused = true;
    return { share, state };
  });
  expect(stuck.filter(({ state }) => state.isPaused).length).toBeGreaterThan(0);
  for (const { share } of stuck.slice(0, 9)) share.close();
  expect(stuck[9]?.state.isPaused).toBe(false);
});
