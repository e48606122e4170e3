import type { Clock } from '../../../core/clock.js';
import type { ScriptOrder } from './script-protocol.js';
import { type ScriptEnd, type ScriptHost, ScriptThread } from './script-thread.js';

export interface ScriptPoolOptions {
  /** How many scripts run at the same time, not counting those called by other scripts. */
  readonly maxThreads: number;
  /** How many scripts may wait for a thread. */
  readonly maxWaiting: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export type PoolEnd = ScriptEnd | { readonly kind: 'timedOut' } | { readonly kind: 'overloaded' };

/** A pool of threads for scripts. Idle threads are reused; a script that takes too long is stopped with its thread. */
export class ScriptPool {
  readonly #options: ScriptPoolOptions;
  readonly #idle: ScriptThread[] = [];
  readonly #all = new Set<ScriptThread>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: ScriptPoolOptions) {
    this.#options = options;
  }

  /**
   * Runs a script. One that another script calls never waits for a thread: its caller occupies a thread until it ends,
   * so waiting could deadlock.
   */
  async run(order: Omit<ScriptOrder, 'signal'>, host: ScriptHost, isNested: boolean): Promise<PoolEnd> {
    if (isNested) return this.#runNow(order, host);
    const { maxThreads, maxWaiting } = this.#options;
    if (this.#running >= maxThreads) {
      if (this.#waiting.length >= maxWaiting) return { kind: 'overloaded' };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await this.#runNow(order, host);
    } finally {
      const next = this.#waiting.shift();
      // The next script takes the place of this one, so the count does not change.
      if (next) next();
      else this.#running -= 1;
    }
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.terminate()));
    this.#all.clear();
  }

  async #runNow(order: Omit<ScriptOrder, 'signal'>, host: ScriptHost): Promise<PoolEnd> {
    const thread = this.#take();
    let isLate = false;
    const timer = this.#options.clock.schedule(this.#options.timeoutMs, () => {
      isLate = true;
      void thread.terminate();
    });
    const end = await thread.run(order, host);
    timer.cancel();
    this.#giveBack(thread);
    return isLate ? { kind: 'timedOut' } : end;
  }

  #take(): ScriptThread {
    const idle = this.#idle.pop();
    if (idle?.isAlive) return idle;
    const thread = new ScriptThread();
    this.#all.add(thread);
    return thread;
  }

  #giveBack(thread: ScriptThread): void {
    if (thread.isAlive && this.#idle.length < this.#options.maxThreads) {
      this.#idle.push(thread);
      return;
    }
    this.#all.delete(thread);
    if (thread.isAlive) void thread.terminate();
  }
}
