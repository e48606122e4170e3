import type { Timer } from '../core/clock.js';
import type { RolloutEnvironment } from './environment.js';
import { isFinal, type RolloutRecord } from './records.js';
import { endRemovals, remove } from './removal.js';

const CLEAN_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Removes roll-outs that ended too long ago, and what a crash has left of others: at the start, then every hour. */
export class Cleaning {
  readonly #env: RolloutEnvironment;
  readonly #historyDays: number;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(env: RolloutEnvironment, historyDays: number) {
    this.#env = env;
    this.#historyDays = historyDays;
  }

  start(): void {
    void this.#clean().finally(() => {
      if (!this.#isStopped) this.#timer = this.#env.clock.schedule(CLEAN_EVERY_MS, () => this.start());
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #clean(): Promise<void> {
    const { keys, store, clock, log } = this.#env;
    const oldestMs = clock.nowMs() - this.#historyDays * DAY_MS;
    try {
      await endRemovals(this.#env);
      for await (const [, value] of store.entries({ prefix: keys.heads })) {
        if (this.#isStopped) return;
        const record = value as RolloutRecord;
        if (isFinal(record) && (record.endMs ?? 0) < oldestMs) await remove(this.#env, record);
      }
    } catch (error) {
      log.warn({ err: error }, 'old roll-outs could not be removed; the agent tries again in an hour');
    }
  }
}
