import { setImmediate } from 'node:timers/promises';

/** Runs work that pauses (`yield`), handling other events at each pause: a large upload must not hold the event loop. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    // oxlint-disable-next-line no-await-in-loop -- letting others in between is the purpose
    await setImmediate();
  }
}
