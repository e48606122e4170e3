import type { Clock } from '../../core/clock.js';
import { endpointKey } from './model/endpoint.js';
import type { EndpointId } from './ports.js';

/** Calls and operations of jobs that wait for a device to become ready. */
export class DeviceWaiters {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<(isReady: boolean) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls `proceed` once, unless the returned function is called first: with true when the device is announced, with
   * false after `timeoutMs` (Infinity waits without a limit) or on `close`.
   */
  wait(id: EndpointId, timeoutMs: number, proceed: (isReady: boolean) => void): () => void {
    const key = endpointKey(id);
    const waiters = this.#waiting.get(key) ?? new Set();
    const stop = (): void => {
      timer?.cancel();
      waiters.delete(settle);
      if (waiters.size === 0 && this.#waiting.get(key) === waiters) this.#waiting.delete(key);
    };
    const settle = (isReady: boolean): void => {
      stop();
      proceed(isReady);
    };
    const timer = Number.isFinite(timeoutMs) ? this.#clock.schedule(timeoutMs, () => settle(false)) : undefined;
    this.#waiting.set(key, waiters.add(settle));
    return stop;
  }

  /** Resolves with true when the device is announced, with false after `timeoutMs`, on abort or on `close`. */
  whenReady(id: EndpointId, timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (timeoutMs <= 0 || signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const giveUp = (): void => {
        stop();
        resolve(false);
      };
      const stop = this.wait(id, timeoutMs, (isReady) => {
        signal?.removeEventListener('abort', giveUp);
        resolve(isReady);
      });
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Ends all waits for a device that is ready now. */
  announce(id: EndpointId): void {
    for (const settle of this.#waiting.get(endpointKey(id)) ?? []) settle(true);
  }

  /** Ends all waits: no device will become ready any more. */
  close(): void {
    for (const waiters of this.#waiting.values()) for (const settle of waiters) settle(false);
  }
}
