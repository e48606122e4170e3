import type { Clock } from '../../../core/clock.js';

/** Who waits for a device to be ready for methods, by the device's key. */
export class Readiness {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<(isReady: boolean) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with true once `announce(key)` is called, with false after `timeoutMs` (Infinity: never) or on abort. */
  wait(key: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (timeoutMs <= 0 || signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (isReady: boolean): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', giveUp);
        this.#remove(key, settle);
        resolve(isReady);
      };
      const giveUp = (): void => settle(false);
      const timer = Number.isFinite(timeoutMs) ? this.#clock.schedule(timeoutMs, giveUp) : undefined;
      signal?.addEventListener('abort', giveUp, { once: true });
      const others = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, others.add(settle));
    });
  }

  announce(key: string): void {
    for (const settle of this.#waiting.get(key) ?? []) settle(true);
  }

  /** Settles all waits: the device will not be ready. */
  close(): void {
    for (const settlers of this.#waiting.values()) for (const settle of settlers) settle(false);
  }

  #remove(key: string, settle: (isReady: boolean) => void): void {
    const others = this.#waiting.get(key);
    others?.delete(settle);
    if (others?.size === 0) this.#waiting.delete(key);
  }
}
