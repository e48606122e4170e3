import { setMaxListeners } from 'node:events';
import { AgentError } from '../../core/errors.js';
import { isSoaking } from '../machine/next-action.js';
import type { Waiting } from '../machine/waiting.js';
import { type CoursePoint, readCourse } from '../records/course.js';
import { HistoryCleaner, removeRollout } from '../records/removal.js';
import type { RolloutEnvironment } from '../environment.js';
import { readHead, type NewRollout } from '../records/head.js';
import { positionOf } from '../records/keys.js';
import {
  type BatchRecord,
  type DeviceRecord,
  type HistoryEntry,
  isFinal,
  type RolloutOutcome,
  type RolloutRecord,
} from '../records/records.js';
import { RolloutCreation } from './creation.js';
import { RolloutRunner } from './runner.js';
import { stateConflict } from './commands.js';
import { OpenRollout } from './open-rollout.js';

export interface DriverOptions {
  /** Maximum number of roll-outs of the hub that are not final. */
  readonly maxOpen: number;
  readonly historyDays: number;
  /** The Things of the hub. Roll-outs that were started through other Things are kept and not driven. */
  readonly things: ReadonlySet<string>;
}

/** The state of a roll-out, with what it waits for. */
export interface RolloutStatus {
  readonly record: RolloutRecord;
  /** Absent for final ones. */
  readonly waiting?: Waiting;
}

/** Everything about a roll-out that GetRollout returns. */
export interface RolloutDetails extends RolloutStatus {
  /** The batches that have begun, in order. */
  readonly batches: readonly BatchRecord[];
  /** Whether the current batch is settled and the next one waits for the end of its soak. */
  readonly isSoaking: boolean;
  /** Oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** A device with its position in the order of the roll-out. */
export interface PositionedDevice {
  readonly position: number;
  readonly device: DeviceRecord;
  /** When its next attempt begins, where that is known. */
  readonly nextAttemptMs?: number;
}

/** Drives all roll-outs of one hub. */
export class RolloutDriver {
  readonly env: RolloutEnvironment;
  readonly #options: DriverOptions;
  readonly #cleaner: HistoryCleaner;
  readonly #runners = new Map<string, RolloutRunner>();
  readonly #stopping = new AbortController();
  readonly #creation: RolloutCreation;

  constructor(env: RolloutEnvironment, options: DriverOptions) {
    this.env = env;
    this.#options = options;
    this.#cleaner = new HistoryCleaner(env, options.historyDays);
    this.#creation = new RolloutCreation(env, {
      maxOpen: options.maxOpen,
      find: (rolloutId) => this.find(rolloutId),
      drive: (record) => this.#drive(record),
    });
    // Each open roll-out adds a listener, and there may be a thousand.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Continues the roll-outs of an earlier process. */
  async start(): Promise<void> {
    const { keys, store } = this.env;
    await this.#creation.load();
    const runners: RolloutRunner[] = [];
    for await (const [, value] of store.entries({ prefix: keys.opens })) {
      const record = await readHead(store, keys, value as number);
      if (record && this.#isServed(record)) runners.push(await this.#load(record));
    }
    // Started only now, because the places and devices of the open hub jobs of all roll-outs must be known first.
    for (const runner of runners) runner.start();
    this.#cleaner.start();
  }

  /** Resolves when the current steps have ended and are stored; none is started any more. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the agent stops'));
    this.#cleaner.stop();
    await Promise.all([...this.#runners.values()].map((runner) => runner.stopped()));
  }

  /** Number of roll-outs that are not final and whose Thing is served. */
  get openCount(): number {
    return this.#runners.size;
  }

  /** Returns the roll-outs that are not final and whose Thing is served, newest first. */
  open(): RolloutStatus[] {
    const runners = [...this.#runners.values()].sort((a, b) => b.rollout.record.sequence - a.rollout.record.sequence);
    return runners.map((runner) => ({ record: runner.rollout.record, waiting: runner.waiting }));
  }

  /** Returns the state of a roll-out. @throws AgentError `RolloutNotFound`. */
  async status(rolloutId: string): Promise<RolloutStatus> {
    const runner = this.#runners.get(rolloutId);
    if (runner) return { record: runner.rollout.record, waiting: runner.waiting };
    const record = await this.find(rolloutId);
    if (!record) throw notFound(rolloutId);
    return { record };
  }

  /** Returns a roll-out with its batches and history. @throws AgentError `RolloutNotFound`. */
  async details(rolloutId: string): Promise<RolloutDetails> {
    const status = await this.status(rolloutId);
    const { keys, clock } = this.env;
    const { sequence } = status.record;
    const batches = await this.#valuesOf<BatchRecord>(keys.batches(sequence));
    const history = await this.#valuesOf<HistoryEntry>(keys.history(sequence));
    const pauseMs = this.#runners.get(rolloutId)?.rollout.pauses.nowMs() ?? clock.nowMs();
    return { ...status, batches, history, isSoaking: isSoaking(status.record, pauseMs) };
  }

  /** Reads the counts of a roll-out over time, at most `maxPoints`. @throws AgentError `RolloutNotFound`. */
  async course(rolloutId: string, maxPoints: number): Promise<CoursePoint[]> {
    const { record } = await this.status(rolloutId);
    return await readCourse(this.env.store, this.env.keys, record.sequence, maxPoints);
  }

  /** Reads the head of a roll-out; undefined for an unknown id. */
  async find(rolloutId: string): Promise<RolloutRecord | undefined> {
    const { keys, store } = this.env;
    const sequence = await store.get(keys.id(rolloutId));
    return sequence === undefined ? undefined : await readHead(store, keys, sequence as number);
  }

  /**
   * Lists the roll-outs, newest first. Those that are not driven come without payload and patch.
   * @param before only those that were made before the one with this sequence number.
   */
  async *list(before?: number): AsyncGenerator<RolloutStatus> {
    const { keys, store } = this.env;
    const range = before === undefined ? { prefix: keys.heads } : { from: keys.heads, to: keys.head(before) };
    for await (const [, value] of store.entries({ ...range, reverse: true })) {
      const record = value as RolloutRecord;
      const runner = this.#runners.get(record.rolloutId);
      yield runner ? { record: runner.rollout.record, waiting: runner.waiting } : { record };
    }
  }

  /**
   * Reads the devices of a roll-out in its order; none before its set is fixed.
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
        device.state !== 'retrying' ? undefined : device.isDeferred === true ? device.due : batch?.retryMs;
      yield { position: positionOf(key), device, ...(nextAttemptMs === undefined ? {} : { nextAttemptMs }) };
    }
  }

  /**
   * Creates a roll-out and starts driving it.
   * @param existing called with the roll-out that has the id, if there is one; throws if it is another one.
   * @throws AgentError `RolloutLimitReached`.
   */
  async create(rollout: NewRollout, existing: (record: RolloutRecord) => Promise<void>): Promise<void> {
    await this.#creation.create(rollout, existing);
  }

  /** Runs a call of a user on a roll-out. @throws AgentError `RolloutNotFound`, `RolloutStateConflict`. */
  async command(rolloutId: string, run: (rollout: OpenRollout) => Promise<void>): Promise<RolloutStatus> {
    const runner = this.#runners.get(rolloutId);
    if (!runner) {
      const { record } = await this.status(rolloutId);
      if (!isFinal(record))
        throw new AgentError(
          'ServiceUnavailable',
          `The roll-out ${rolloutId} was started through a Thing that this agent does not serve; call the service on that Thing, or ask the operator to add it to the configuration.`,
        );
      await run(new OpenRollout(this.env, record));
      return { record };
    }
    await runner.command(run);
    return { record: runner.rollout.record, ...(isFinal(runner.rollout.record) ? {} : { waiting: runner.waiting }) };
  }

  /** Removes a final roll-out with its devices and history. @throws AgentError `RolloutNotFound`, `RolloutStateConflict`. */
  async delete(rolloutId: string): Promise<void> {
    const { record } = await this.status(rolloutId);
    if (!isFinal(record)) throw stateConflict(rolloutId, record.state, 'can be deleted once it is final');
    await removeRollout(this.env, record);
    this.env.onDeleted?.(rolloutId);
  }

  #isServed(record: RolloutRecord): boolean {
    return !isFinal(record) && this.#options.things.has(record.thing);
  }

  async #drive(record: RolloutRecord): Promise<void> {
    if (!this.#runners.has(record.rolloutId) && this.#isServed(record)) (await this.#load(record)).start();
  }

  async #load(record: RolloutRecord): Promise<RolloutRunner> {
    const rollout = new OpenRollout(this.env, record);
    await rollout.load();
    const runner = new RolloutRunner(rollout, this.#stopping.signal, () => {
      this.env.places.leave(record.rolloutId);
      this.#runners.delete(record.rolloutId);
      this.#showOpen();
      this.#runEnded(record.rolloutId);
    });
    rollout.onFreed = () => this.#retryBlocked();
    rollout.runs = {
      start: (run, more) => this.#creation.create(run, refuseExisting, more),
      outcomeOf: (rolloutId) => this.#outcomeOf(rolloutId),
    };
    this.#runners.set(record.rolloutId, runner);
    this.#showOpen();
    return runner;
  }

  /** Wakes the recurring roll-out that a roll-out is a run of. */
  #runEnded(rolloutId: string): void {
    for (const { rollout } of this.#runners.values())
      if (rollout.record.recurring?.openRun === rolloutId) rollout.wake();
  }

  async #outcomeOf(rolloutId: string): Promise<RolloutOutcome | undefined> {
    const record = this.#runners.get(rolloutId)?.rollout.record ?? (await this.find(rolloutId));
    // The write that created a run may have reached the store although it failed.
    if (record) await this.#drive(record);
    return record?.outcome;
  }

  #showOpen(): void {
    this.env.instruments.gauge('rollouts_open', this.#runners.size, { hub: this.env.keys.hubName });
  }

  /** To be called when what all roll-outs depend on has changed. */
  wake(): void {
    for (const runner of this.#runners.values()) runner.wake();
  }

  #retryBlocked(): void {
    for (const runner of this.#runners.values()) runner.retryBlocked();
  }

  async #valuesOf<T>(prefix: string): Promise<T[]> {
    const values: T[] = [];
    for await (const [, value] of this.env.store.entries({ prefix })) values.push(value as T);
    return values;
  }
}

function refuseExisting({ rolloutId }: RolloutRecord): Promise<never> {
  return Promise.reject(new AgentError('RolloutAlreadyExists', `Another roll-out has the id ${rolloutId}.`));
}

export function notFound(rolloutId: string): AgentError {
  return new AgentError(
    'RolloutNotFound',
    `No roll-out has the id ${rolloutId}; list the roll-outs with FindRollouts.`,
    {
      context: { rolloutId },
    },
  );
}
