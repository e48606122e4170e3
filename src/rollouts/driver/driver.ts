import { setMaxListeners } from 'node:events';
import { AgentError } from '../../core/errors.js';
import { isSoaking } from '../machine/next-action.js';
import { RolloutEdit } from '../records/transaction.js';
import { Cleaning, remove } from '../records/removal.js';
import type { RolloutEnvironment } from '../environment.js';
import { contentChange, readHead, lastSequence, newRecord, type NewRollout } from '../records/head.js';
import { positionOf } from '../records/keys.js';
import {
  type BatchRecord,
  type DeviceRecord,
  type HistoryEntry,
  isFinal,
  type RolloutRecord,
} from '../records/records.js';
import { RolloutRunner, type Waiting } from './runner.js';
import { IDS_PER_CHUNK } from './steps/prepare.js';
import { stateConflict } from './commands.js';
import { RolloutWork } from './open-rollout.js';

export interface DriverOptions {
  /** Roll-outs that are not final, for the hub. */
  readonly maxOpen: number;
  readonly historyDays: number;
  /** The Things of the hub: what others have started rests. */
  readonly things: ReadonlySet<string>;
}

/** A roll-out as it stands, with what it waits for. */
export interface RolloutStatus {
  readonly record: RolloutRecord;
  /** Absent for final ones. */
  readonly waiting?: Waiting;
}

/** A roll-out with everything that GetRollout shows. */
export interface RolloutDetails extends RolloutStatus {
  /** Those that have begun, in order. */
  readonly batches: readonly BatchRecord[];
  /** The current batch is settled, and the next one waits for its soak. */
  readonly isSoaking: boolean;
  /** Oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** One device of a roll-out, for a walk over all of them. */
export interface PositionedDevice {
  readonly position: number;
  readonly device: DeviceRecord;
  /** When its next attempt begins, where that is known. */
  readonly nextAttemptMs?: number;
}

/** All roll-outs of one hub. */
export class RolloutDriver {
  readonly env: RolloutEnvironment;
  readonly #options: DriverOptions;
  readonly #cleaning: Cleaning;
  readonly #runners = new Map<string, RolloutRunner>();
  readonly #stopping = new AbortController();
  /** One roll-out is made after the other. */
  #creation: Promise<unknown> = Promise.resolve();
  #lastSequence = 0;

  constructor(env: RolloutEnvironment, options: DriverOptions) {
    this.env = env;
    this.#options = options;
    this.#cleaning = new Cleaning(env, options.historyDays);
    // Each open roll-out listens: there may be a thousand.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Takes up what an earlier process has left. */
  async start(): Promise<void> {
    const { keys, store } = this.env;
    this.#lastSequence = await lastSequence(this.env);
    const runners: RolloutRunner[] = [];
    for await (const [, value] of store.entries({ prefix: keys.opens })) {
      const record = await readHead(store, keys, value as number);
      if (record && this.#isServed(record)) runners.push(await this.#load(record));
    }
    // Only now: the open hub jobs of all of them, with their places and devices, are known.
    for (const runner of runners) runner.start();
    this.#cleaning.start();
  }

  /** Begins nothing more; what is under way is finished and stored. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the agent stops'));
    this.#cleaning.stop();
    await Promise.all([...this.#runners.values()].map((runner) => runner.stopped()));
  }

  /** Roll-outs that are not final and whose Thing is served. */
  get openCount(): number {
    return this.#runners.size;
  }

  /** Roll-outs that are not final, newest first. */
  open(): RolloutStatus[] {
    const runners = [...this.#runners.values()].sort((a, b) => b.work.record.sequence - a.work.record.sequence);
    return runners.map((runner) => ({ record: runner.work.record, waiting: runner.waiting }));
  }

  /** @throws AgentError `RolloutNotFound`. */
  async status(rolloutId: string): Promise<RolloutStatus> {
    const runner = this.#runners.get(rolloutId);
    if (runner) return { record: runner.work.record, waiting: runner.waiting };
    const record = await this.find(rolloutId);
    if (!record) throw notFound(rolloutId);
    return { record };
  }

  /** With batches and history. @throws AgentError `RolloutNotFound`. */
  async details(rolloutId: string): Promise<RolloutDetails> {
    const status = await this.status(rolloutId);
    const { keys, clock } = this.env;
    const { sequence } = status.record;
    const batches = await this.#values<BatchRecord>(keys.batches(sequence));
    const history = await this.#values<HistoryEntry>(keys.history(sequence));
    const pauseMs = this.#runners.get(rolloutId)?.work.pauses.nowMs() ?? clock.nowMs();
    return { ...status, batches, history, isSoaking: isSoaking(status.record, pauseMs) };
  }

  /** The head of a roll-out; undefined if there is none with this id. */
  async find(rolloutId: string): Promise<RolloutRecord | undefined> {
    const { keys, store } = this.env;
    const sequence = await store.get(keys.id(rolloutId));
    return sequence === undefined ? undefined : await readHead(store, keys, sequence as number);
  }

  /** Newest first. Those that are final come without what they sent to their devices. */
  async *list(): AsyncGenerator<RolloutStatus> {
    const { keys, store } = this.env;
    for await (const [, value] of store.entries({ prefix: keys.heads, reverse: true })) {
      const record = value as RolloutRecord;
      const runner = this.#runners.get(record.rolloutId);
      yield runner ? { record: runner.work.record, waiting: runner.waiting } : { record };
    }
  }

  /**
   * The devices of a roll-out in its order; none before its set is fixed.
   * @param range positions from `from`, included, to `to`, excluded.
   */
  async *devices(
    record: RolloutRecord,
    range: { readonly from?: number; readonly to?: number } = {},
  ): AsyncGenerator<PositionedDevice> {
    const { deviceCount = 0, sequence, batch } = record;
    const { keys, store } = this.env;
    const from = keys.device(sequence, range.from ?? 0);
    const to = keys.device(sequence, Math.min(range.to ?? deviceCount, deviceCount));
    for await (const [key, value] of store.entries({ from, to })) {
      const device = value as DeviceRecord;
      const nextAttemptMs =
        device.state !== 'retrying' ? undefined : device.isLate === true ? device.due : batch?.retryMs;
      yield { position: positionOf(key), device, ...(nextAttemptMs === undefined ? {} : { nextAttemptMs }) };
    }
  }

  /**
   * Makes a roll-out and begins to drive it. Calls come one after the other.
   * @param existing what to do when the id exists.
   * @throws AgentError `RolloutLimitReached`.
   */
  async create(rollout: NewRollout, existing: (record: RolloutRecord) => Promise<void>): Promise<void> {
    const made = this.#creation.then(async () => {
      const found = await this.find(rollout.rolloutId);
      if (!found) return await this.#make(rollout);
      await existing(found);
      // A call that failed may have reached the store all the same.
      if (!this.#runners.has(rollout.rolloutId) && this.#isServed(found)) await this.#run(found);
    });
    this.#creation = made.catch(() => undefined);
    await made;
  }

  /** Runs a user's call on a roll-out. @throws AgentError `RolloutNotFound`, `RolloutStateConflict`. */
  async command(rolloutId: string, run: (work: RolloutWork) => Promise<void>): Promise<RolloutStatus> {
    const runner = this.#runners.get(rolloutId);
    if (!runner) {
      const { record } = await this.status(rolloutId);
      if (!isFinal(record))
        throw new AgentError(
          'ServiceUnavailable',
          `The roll-out ${rolloutId} belongs to a Thing that this agent does not serve now.`,
        );
      await run(new RolloutWork(this.env, record));
      return { record };
    }
    await runner.command(run);
    return { record: runner.work.record, ...(isFinal(runner.work.record) ? {} : { waiting: runner.waiting }) };
  }

  /** Removes a final roll-out with its devices and history. @throws AgentError `RolloutNotFound`, `RolloutStateConflict`. */
  async delete(rolloutId: string): Promise<void> {
    const { record } = await this.status(rolloutId);
    if (!isFinal(record)) throw stateConflict(rolloutId, record.state, 'can be deleted once it is final');
    await remove(this.env, record);
  }

  #isServed(record: RolloutRecord): boolean {
    return !isFinal(record) && this.#options.things.has(record.thing);
  }

  async #make(rollout: NewRollout): Promise<void> {
    const { keys, store, clock } = this.env;
    await this.#refuseAboveLimit();
    const nowMs = clock.nowMs();
    const sequence = this.#lastSequence + 1;
    const edit = new RolloutEdit({ keys, record: newRecord(rollout, sequence, nowMs), plan: [], batches: [], nowMs });
    edit.note({ event: 'created' });
    edit.fire('');
    const chunks = chunksOf(rollout.deviceIds ?? []);
    this.#lastSequence = sequence;
    const idKey = keys.id(rollout.rolloutId);
    await store.batch(
      [
        ...chunks.map((ids, at) => ({ type: 'put' as const, key: keys.idList(sequence, at), value: ids })),
        { type: 'put', key: idKey, value: sequence },
        { type: 'put', key: keys.open(sequence), value: sequence },
        contentChange(keys, edit.record),
        ...edit.changes(),
      ],
      { ifUnchanged: [{ key: idKey }] },
    );
    await this.#run(edit.record);
    this.env.onChange(edit.record);
  }

  async #refuseAboveLimit(): Promise<void> {
    const { maxOpen } = this.#options;
    let open = 0;
    for await (const _entry of this.env.store.entries({ prefix: this.env.keys.opens, limit: maxOpen })) open += 1;
    if (open >= maxOpen)
      throw new AgentError(
        'RolloutLimitReached',
        `${open} roll-outs are open, and rollouts.maxOpen of the agent allows ${maxOpen}; wait for one to end, or cancel one.`,
      );
  }

  async #run(record: RolloutRecord): Promise<void> {
    (await this.#load(record)).start();
  }

  async #load(record: RolloutRecord): Promise<RolloutRunner> {
    const work = new RolloutWork(this.env, record);
    await work.load();
    const runner = new RolloutRunner(work, this.#stopping.signal, () => {
      this.env.places.leave(record.rolloutId);
      this.#runners.delete(record.rolloutId);
      this.#showOpen();
    });
    work.onFreed = () => this.#retryBlocked();
    this.#runners.set(record.rolloutId, runner);
    this.#showOpen();
    return runner;
  }

  #showOpen(): void {
    this.env.instruments.gauge('rollouts_open', this.#runners.size, { hub: this.env.keys.hubName });
  }

  #retryBlocked(): void {
    for (const runner of this.#runners.values()) runner.retryBlocked();
  }

  async #values<T>(prefix: string): Promise<T[]> {
    const values: T[] = [];
    for await (const [, value] of this.env.store.entries({ prefix })) values.push(value as T);
    return values;
  }
}

function chunksOf(ids: readonly string[]): string[][] {
  const chunks = [];
  for (let start = 0; start < ids.length; start += IDS_PER_CHUNK) chunks.push(ids.slice(start, start + IDS_PER_CHUNK));
  return chunks;
}

export function notFound(rolloutId: string): AgentError {
  return new AgentError('RolloutNotFound', `No roll-out has the id ${rolloutId}; look for it with FindRollouts.`, {
    context: { rolloutId },
  });
}
