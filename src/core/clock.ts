/** A timer that can be cancelled; it does not keep the process alive unless asked to. */
export interface Timer {
  cancel(): void;
}

/** The time, injected wherever it matters, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. May jump. */
  nowMs(): number;
  /** Milliseconds of a clock that never goes back. For durations and deadlines. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs`. */
  schedule(delayMs: number, fire: () => void): Timer;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, fire) {
    const handle = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or rejects with the reason of `signal` as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
