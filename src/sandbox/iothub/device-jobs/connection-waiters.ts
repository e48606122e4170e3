import type { Clock } from '../../../core/clock.js';
import { endpointKey } from '../model/endpoint.js';
import type { EndpointId } from '../ports.js';

/** Operations of jobs that wait for a device to come online. */
export class ConnectionWaiters {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `proceed` once: when the device has connected, or after `timeoutMs`. Answers how to stop waiting. */
  wait(id: EndpointId, timeoutMs: number, proceed: (isConnected: boolean) => void): () => void {
    const key = endpointKey(id);
    const stop = (): void => {
      timer?.cancel();
      const waiters = this.#waiting.get(key);
      waiters?.delete(onConnected);
      if (waiters?.size === 0) this.#waiting.delete(key);
    };
    const onConnected = (): void => {
      stop();
      proceed(true);
    };
    const onTimeout = (): void => {
      stop();
      proceed(false);
    };
    const timer = Number.isFinite(timeoutMs) ? this.#clock.schedule(timeoutMs, onTimeout) : undefined;
    const waiters = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiters.add(onConnected));
    return stop;
  }

  /** A device has connected. */
  announce(id: EndpointId): void {
    for (const proceed of this.#waiting.get(endpointKey(id)) ?? []) proceed();
  }
}
