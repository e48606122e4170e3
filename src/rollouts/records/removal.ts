import type { RolloutEnvironment } from '../environment.js';
import { positionOf } from './keys.js';
import { type RolloutRecord, isFinal } from './records.js';
import type { Timer } from '../../core/clock.js';

const DELETE_AT_ONCE = 1000;
const CLEAN_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Removes a final roll-out with its devices, batches and history; events that were not acknowledged are kept. */
export async function removeRollout(env: RolloutEnvironment, { rolloutId, sequence }: RolloutRecord): Promise<void> {
  const { keys, store } = env;
  // From here on the roll-out does not exist; after a crash, the removal record says what is still to be deleted.
  await store.batch([
    { type: 'delete', key: keys.id(rolloutId) },
    { type: 'delete', key: keys.head(sequence) },
    { type: 'put', key: keys.removal(sequence), value: sequence },
  ]);
  await removeRecords(env, sequence);
}

/** Completes removals that a crash or a failed write has interrupted. */
async function completeRemovals(env: RolloutEnvironment): Promise<void> {
  for await (const [key] of env.store.entries({ prefix: env.keys.removals })) await removeRecords(env, positionOf(key));
}

async function removeRecords({ keys, store }: RolloutEnvironment, sequence: number): Promise<void> {
  for (;;) {
    const found: string[] = [];
    for await (const [key] of store.entries({ prefix: keys.within(sequence), limit: DELETE_AT_ONCE })) found.push(key);
    const isLast = found.length < DELETE_AT_ONCE;
    if (isLast) found.push(keys.removal(sequence));
    await store.batch(found.map((key) => ({ type: 'delete', key })));
    if (isLast) return;
  }
}

/** Removes roll-outs that ended more than `historyDays` ago, and completes interrupted removals: at the start and every hour. */
export class HistoryCleaner {
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
      await completeRemovals(this.#env);
      for await (const [, value] of store.entries({ prefix: keys.heads })) {
        if (this.#isStopped) return;
        const record = value as RolloutRecord;
        if (isFinal(record) && (record.endMs ?? 0) < oldestMs) await removeRollout(this.#env, record);
      }
    } catch (error) {
      log.warn({ err: error }, 'old roll-outs could not be removed; the agent tries again in an hour');
    }
  }
}
