import { type Batch, batchAt, batchesOf } from '../plan/batches.js';
import { RolloutTransaction } from '../records/transaction.js';
import type { RolloutEnvironment } from '../environment.js';
import { thinnedCourse } from '../records/course.js';
import { headChange, type NewRollout, readHead } from '../records/head.js';
import type { StoreChange } from '../../store/store.js';
import { positionOf } from '../records/keys.js';
import type { JobSource, OpenPart } from '../machine/next-action.js';
import { PauseClock } from '../machine/pause-clock.js';
import type {
  BatchRecord,
  DeviceIndex,
  DeviceRecord,
  PartRecord,
  RolloutOutcome,
  RolloutRecord,
} from '../records/records.js';
import { DirectCalls } from './direct-calls.js';
import { Windows } from '../plan/windows.js';

/** A roll-out that is not final: what is in memory of it, and how its steps read and write the store. */
export class OpenRollout {
  readonly env: RolloutEnvironment;
  readonly windows: Windows;
  readonly pauses: PauseClock;
  /** Ends a pause of the runner. */
  wake: () => void = () => undefined;
  /** Called when devices have left a hub job, because other roll-outs may wait for them. */
  onFreed: () => void = () => undefined;
  /** The open calls of a roll-out via `direct`. */
  readonly calls: DirectCalls;
  /** When a continuous roll-out asks for devices that match by now, and where it goes on if it has asked for a part of them. */
  join: { readonly dueMs: number; readonly continuationToken?: string } = { dueMs: 0 };
  /** Starts and follows the runs of a recurring roll-out. */
  runs: Runs | undefined;
  /** Since when the roll-out is driven and may begin runs; earlier times of its recurrence have been missed. */
  attentiveSinceMs: number;
  /** The preparation in progress, which continues with each step; a failed one starts again from the beginning. */
  preparation: AsyncGenerator<void, void> | undefined;
  readonly parts = new Map<string, OpenPart>();
  /** Ids of the recorded hub jobs that have certainly not been sent to the hub. */
  readonly unsent = new Set<string>();
  /** Positions of the deferred devices that are connected. */
  readonly deferred = new Set<number>();
  /** Sources all of whose devices are in hub jobs of other roll-outs. */
  readonly blocked = new Set<JobSource>();
  /** Ids of the devices of a hub job whose record may or may not have been written. */
  reserved: readonly string[] = [];
  /** How often devices of any roll-out of the hub have left a hub job. */
  freedCount = 0;
  record: RolloutRecord;
  plan: readonly Batch[];
  /** The record of the current batch. */
  batch: BatchRecord | undefined;
  isInLine = false;
  /** Where the next check of the `verifying` devices, and of the `waiting` ones, begins, and when it is due. */
  verify: Cursor = { position: 0 };
  connections: Cursor = { position: 0 };

  constructor(env: RolloutEnvironment, record: RolloutRecord) {
    this.env = env;
    this.record = record;
    this.pauses = new PauseClock(env.clock);
    this.calls = new DirectCalls(env.clock);
    this.attentiveSinceMs = env.clock.nowMs();
    this.windows = new Windows(record.definition.windows, record.definition.timeZone);
    this.plan = planOf(record);
  }

  /** Reads the roll-out from the store: at the start of the agent, and after a write whose effect is unknown. */
  async load(): Promise<void> {
    const { keys, store } = this.env;
    const { sequence } = this.record;
    this.record = (await readHead(store, keys, sequence)) ?? this.record;
    const { batch } = this.record;
    this.plan = planOf(this.record);
    this.batch = batch && ((await store.get(keys.batch(sequence, batch.batch))) as BatchRecord);
    await this.#loadParts();
    this.preparation = undefined;
    this.deferred.clear();
    this.verify = (await this.first('verifying')) === undefined ? { position: 0 } : { position: 0, dueMs: 0 };
    this.connections = (await this.first('waiting')) === undefined ? { position: 0 } : { position: 0, dueMs: 0 };
  }

  /** Reads the recorded hub jobs. Whether one that was not in memory exists is unknown until the hub was asked. */
  async #loadParts(): Promise<void> {
    const { keys, store, places, busyDevices } = this.env;
    const stored = new Map<string, PartRecord>();
    for await (const [, value] of store.entries({ prefix: keys.parts(this.record.sequence) })) {
      const part = value as PartRecord;
      stored.set(part.jobId, part);
    }
    for (const { record } of this.parts.values())
      if (!stored.has(record.jobId)) this.forgetPart(record, await this.devicesAt(record.positions));
    for (const part of stored.values()) {
      const known = this.parts.get(part.jobId);
      this.parts.set(part.jobId, { pollMs: 0, ...known, record: part });
      if (known) continue;
      if (!part.ended && !part.isDirect) places.adopt(part.jobId);
      const devices = await this.devicesAt(part.positions);
      for (const { deviceId } of devices) busyDevices.add(deviceId);
      const recorded = new Set(devices.map(({ deviceId }) => deviceId));
      this.reserved = this.reserved.filter((deviceId) => !recorded.has(deviceId));
    }
    this.freeDevices(this.reserved);
    this.reserved = [];
  }

  /** Begins a transaction. @param positions the devices that it moves. */
  async transaction(positions: readonly number[] = []): Promise<RolloutTransaction> {
    const { keys, store, clock } = this.env;
    const numbers = new Set(positions.map((position) => batchAt(this.plan, position)?.batch ?? 0));
    const batches: BatchRecord[] = [];
    for (const number of numbers) {
      const isCurrent = number === this.batch?.batch;
      const batch = isCurrent
        ? this.batch
        : ((await store.get(keys.batch(this.record.sequence, number))) as BatchRecord);
      if (batch) batches.push(batch);
    }
    if (this.batch && !numbers.has(this.batch.batch)) batches.push(this.batch);
    return new RolloutTransaction({ keys, record: this.record, plan: this.plan, batches, nowMs: clock.nowMs() });
  }

  /** Writes a transaction to the store, then updates memory. */
  async commit(
    transaction: RolloutTransaction,
    write: (changes: StoreChange[]) => Promise<void> = (changes) => this.env.store.batch(changes),
  ): Promise<void> {
    await write(transaction.changes());
    this.record = transaction.record;
    await this.#thinCourse();
    this.plan = planOf(transaction.record, this.plan);
    const current = this.record.batch?.batch;
    this.batch = transaction.changedBatches.find(({ batch }) => batch === current) ?? this.batch;
    this.#countDevices(transaction);
    this.env.onChange(this.record);
  }

  async #thinCourse(): Promise<void> {
    const { keys, store } = this.env;
    const thinned = await thinnedCourse(store, keys, this.record);
    if (!thinned) return;
    const record = { ...this.record, course: thinned.course };
    await store.batch([...thinned.changes, headChange(keys, record)]);
    this.record = record;
  }

  /** Whether the open run of a recurring roll-out has ended; undefined without one. */
  async isRunOver(): Promise<boolean | undefined> {
    const { openRun } = this.record.recurring ?? {};
    return openRun === undefined ? undefined : (await this.runs?.outcomeOf(openRun)) !== 'inProgress';
  }

  #countDevices({ entered }: RolloutTransaction): void {
    const counts = new Map<string, number>();
    for (const state of entered) counts.set(state, (counts.get(state) ?? 0) + 1);
    const hub = this.env.keys.hubName;
    for (const [state, count] of counts) this.env.instruments.count('rollout_devices_total', { hub, state }, count);
  }

  /** Counts a hub job in the metrics. */
  countJob(result: JobEnd): void {
    this.env.instruments.count('rollout_jobs_total', { hub: this.env.keys.hubName, result });
  }

  /** Reads the devices at `positions`, in the same order. */
  async devicesAt(positions: readonly number[]): Promise<DeviceRecord[]> {
    const { keys, store } = this.env;
    const { sequence } = this.record;
    return (await Promise.all(positions.map((at) => store.get(keys.device(sequence, at))))) as DeviceRecord[];
  }

  /** Reads the first `limit` entries of an index; of one without due values, from `position` on. */
  async indexed(index: DeviceIndex, limit: number, position = 0): Promise<IndexEntry[]> {
    const { keys, store } = this.env;
    const from = keys.indexed(this.record.sequence, index, position);
    const entries: IndexEntry[] = [];
    for await (const [key, value] of store.entries({ from, to: `${keys.index(this.record.sequence, index)}~`, limit }))
      entries.push({ position: positionOf(key), due: value as number });
    return entries;
  }

  /** Reads the first entry of an index. */
  async first(index: DeviceIndex): Promise<IndexEntry | undefined> {
    return (await this.indexed(index, 1))[0];
  }

  /** Keeps a hub job in memory. @param inMs milliseconds until it is polled. */
  keepPart(part: PartRecord, inMs: number, isRefused = false): void {
    const known = this.parts.get(part.jobId);
    this.parts.set(part.jobId, { ...known, record: part, pollMs: this.pauses.nowMs() + inMs, isRefused });
  }

  /** Makes all open hub jobs due to be polled. */
  pollNow(): void {
    for (const [jobId, part] of this.parts) this.parts.set(jobId, { ...part, pollMs: 0 });
  }

  /** Removes a hub job from memory, and frees its place and its devices. */
  forgetPart(part: PartRecord, devices: readonly DeviceRecord[]): void {
    this.parts.delete(part.jobId);
    this.unsent.delete(part.jobId);
    this.freeDevices(devices.map(({ deviceId }) => deviceId));
    this.env.places.release(part.jobId);
  }

  /** Frees devices, which hub jobs of other roll-outs may include from now on. */
  freeDevices(deviceIds: readonly string[]): void {
    for (const deviceId of deviceIds) this.env.busyDevices.delete(deviceId);
    if (deviceIds.length > 0) this.onFreed();
  }
}

/** The result of a hub job in the metric `rollout_jobs_total`. */
export type JobEnd = 'completed' | 'failed' | 'cancelled' | 'lost' | 'refused';

/** How a recurring roll-out starts its runs, which are roll-outs of their own. */
export interface Runs {
  /**
   * Starts a run. @param more changes that the store writes together with it.
   * @throws AgentError `RolloutLimitReached`; `RolloutAlreadyExists` if another roll-out has its id.
   */
  start(run: NewRollout, more: readonly StoreChange[]): Promise<void>;
  /** Returns the outcome of a run; undefined for one that was deleted. */
  outcomeOf(rolloutId: string): Promise<RolloutOutcome | undefined>;
}

export interface IndexEntry {
  readonly position: number;
  readonly due: number;
}

interface Cursor {
  readonly position: number;
  /** Absent while the index is empty. */
  readonly dueMs?: number;
}

function planOf(record: RolloutRecord, known: readonly Batch[] = []): readonly Batch[] {
  const last = known.at(-1);
  return last && last.start + last.size === record.deviceCount ? known : batchesOf(record);
}
