import type { RolloutEnvironment } from '../environment.js';
import { positionOf } from './keys.js';
import { type RolloutRecord, isFinal } from './records.js';
import type { Timer } from '../../core/clock.js';

const DELETE_AT_ONCE = 1000;

/** Removes a final roll-out with all that belongs to it, but for events that the platform has not acknowledged. */
export async function remove(env: RolloutEnvironment, { rolloutId, sequence }: RolloutRecord): Promise<void> {
  const { keys, store } = env;
  // From here on it does not exist; a crash leaves the note of what is still to be deleted.
  await store.batch([
    { type: 'delete', key: keys.id(rolloutId) },
    { type: 'delete', key: keys.head(sequence) },
    { type: 'put', key: keys.removal(sequence), value: sequence },
  ]);
  await removeRest(env, sequence);
}

/** Ends the removals that a crash or a failed write has cut off. */
export async function endRemovals(env: RolloutEnvironment): Promise<void> {
  for await (const [key] of env.store.entries({ prefix: env.keys.removals })) await removeRest(env, positionOf(key));
}

async function removeRest({ keys, store }: RolloutEnvironment, sequence: number): Promise<void> {
  for (;;) {
    const found: string[] = [];
    for await (const [key] of store.entries({ prefix: keys.within(sequence), limit: DELETE_AT_ONCE })) found.push(key);
    const isLast = found.length < DELETE_AT_ONCE;
    if (isLast) found.push(keys.removal(sequence));
    await store.batch(found.map((key) => ({ type: 'delete', key })));
    if (isLast) return;
  }
}

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
