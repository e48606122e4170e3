import { signal } from '@preact/signals-core';
import { type ApiFailure, asFailure } from '../client/api-failure.js';
import { sleep } from './sleep.js';

/** What is read again at once when it changes, but never more often than this. */
export const REFRESH_INTERVAL_MS = 1000;
/** All pages share answers of the hub for 2 s, so what is read right after a change may be older than the change. */
export const SETTLE_MS = 2500;

export interface ResourceOptions<T> {
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly minIntervalMs?: number;
  readonly sleep?: typeof sleep;
}

/**
 * Something that is read from the agent and kept fresh. The last value stays while it is read again, and when that fails.
 * One request at a time: calls of `refresh` in the meantime, however many, lead to one more.
 */
export class Resource<T> {
  readonly value = signal<T | null>(null);
  readonly failure = signal<ApiFailure | null>(null);
  readonly isLoading = signal(false);
  readonly #options: ResourceOptions<T>;
  readonly #closed = new AbortController();
  #isRunning = false;
  #isWanted = false;
  #isSettling = false;
  #isUnsettled = false;

  constructor(options: ResourceOptions<T>) {
    this.#options = options;
  }

  refresh(): void {
    this.#isWanted = true;
    if (!this.#isRunning) void this.#run();
  }

  /** Reads again once the answers that are older than a change have run out. */
  settle(): void {
    this.#isUnsettled = true;
    if (!this.#isSettling) void this.#settle();
  }

  /** Takes a newer value that came another way, such as in a change. */
  set(value: T): void {
    this.value.value = value;
  }

  /** Ends a pending request; later values are dropped. */
  close(): void {
    this.#closed.abort();
  }

  async #settle(): Promise<void> {
    const { sleep: pause = sleep } = this.#options;
    this.#isSettling = true;
    while (this.#isUnsettled && !this.#closed.signal.aborted) {
      this.#isUnsettled = false;
      await pause(SETTLE_MS, this.#closed.signal);
      this.refresh();
    }
    this.#isSettling = false;
  }

  async #run(): Promise<void> {
    const { sleep: pause = sleep, minIntervalMs = REFRESH_INTERVAL_MS } = this.#options;
    this.#isRunning = true;
    while (this.#isWanted && !this.#closed.signal.aborted) {
      this.#isWanted = false;
      await this.#loadOnce();
      await pause(minIntervalMs, this.#closed.signal);
    }
    this.#isRunning = false;
  }

  async #loadOnce(): Promise<void> {
    this.isLoading.value = true;
    try {
      const value = await this.#options.load(this.#closed.signal);
      if (this.#closed.signal.aborted) return;
      this.value.value = value;
      this.failure.value = null;
    } catch (error) {
      if (!this.#closed.signal.aborted) this.failure.value = asFailure(error);
    } finally {
      this.isLoading.value = false;
    }
  }
}
