import { describe, expect, it, jest } from '@jest/globals';
import { sleep } from '../../../src/core/clock.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('sleep', () => {
  it('ends in time, or at once when aborted', async () => {
    const clock = new ManualClock();
    const woke = jest.fn();
    const sleeping = sleep(clock, 100).then(woke);
    clock.advance(100);
    await sleeping;
    expect(woke).toHaveBeenCalledTimes(1);

    const controller = new AbortController();
    const aborted = sleep(clock, 100, controller.signal);
    controller.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    expect(clock.armed).toBe(0);
  });
});
