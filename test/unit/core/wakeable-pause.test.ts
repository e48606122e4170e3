import { describe, expect, it } from '@jest/globals';
import { WakeablePause } from '../../../src/core/wakeable-pause.js';
import { ManualClock } from '../../support/manual-clock.js';

function begin(
  start: (pause: WakeablePause) => Promise<void>,
  prepare: (pause: WakeablePause) => void = () => undefined,
) {
  const clock = new ManualClock();
  const pause = new WakeablePause(clock);
  prepare(pause);
  let isOver = false;
  void start(pause).then(() => (isOver = true));
  return { clock, pause, isOver: () => isOver };
}

describe('WakeablePause', () => {
  it('lasts for its length, and for a minute at most', async () => {
    const short = begin((pause) => pause.forMs(5000));
    await short.clock.advanceAsync(4999);
    expect(short.isOver()).toBe(false);
    await short.clock.advanceAsync(1);
    expect(short.isOver()).toBe(true);
    const long = begin((pause) => pause.forMs(Infinity));
    await long.clock.advanceAsync(60_000);
    expect(long.isOver()).toBe(true);
  });

  it('ends when woken', async () => {
    const { clock, pause, isOver } = begin((paused) => paused.forMs(5000));
    pause.wake();
    await clock.advanceAsync(0);
    expect(isOver()).toBe(true);
  });

  it('is skipped after a wake-up, unless that was forgotten', async () => {
    const skipped = begin(
      (pause) => pause.forMs(5000),
      (pause) => pause.wake(),
    );
    await skipped.clock.advanceAsync(0);
    expect(skipped.isOver()).toBe(true);
    const forgotten = begin(
      (pause) => pause.forMs(5000),
      (pause) => {
        pause.wake();
        pause.reset();
      },
    );
    await forgotten.clock.advanceAsync(4999);
    expect(forgotten.isOver()).toBe(false);
  });
});
