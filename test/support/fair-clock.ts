import type { Clock } from '../../src/core/clock.js';
import { ManualClock } from './manual-clock.js';

const TICK_MS = 2;
/** The most time that one turn of the event loop counts for. */
const MAX_TURN_MS = 8;

/**
 * A clock whose time passes only while this process runs. On an idle machine it goes like the wall clock; when other
 * processes hold the processors, or one turn of the event loop takes long, a turn counts for a few milliseconds only.
 * Its deadlines therefore never expire because the machine is busy.
 */
export interface FairClock extends Clock {
  stop(): void;
}

export function startFairClock(): FairClock {
  const clock = new ManualClock(Date.now());
  let lastMs = performance.now();
  const ticker = setInterval(() => {
    const nowMs = performance.now();
    clock.advance(Math.min(nowMs - lastMs, MAX_TURN_MS));
    lastMs = nowMs;
  }, TICK_MS);
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    schedule: (delayMs, fire) => clock.schedule(delayMs, fire),
    stop: () => clearInterval(ticker),
  };
}
