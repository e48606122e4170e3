import type { StoreChange } from '../../store/store.js';
import type { RolloutKeys } from './keys.js';
import { type Batch, batchAt, orderKey } from '../plan/batches.js';
import { withPoint } from './course.js';
import { headChange } from './head.js';
import { indexOf } from '../machine/device-transitions.js';
import { type DeviceState, FAILURE_STATES, type FailureState, type StateCounts } from '../machine/device-states.js';
import {
  type BatchRecord,
  type DeviceRecord,
  type HistoryEntry,
  isFinal,
  type PartRecord,
  type RolloutEvent,
  type RolloutOutcome,
  type RolloutRecord,
  type RolloutState,
} from './records.js';

/** Maximum number of entries that the history shows; if there are more, the first one says how many were dropped. */
export const MAX_HISTORY = 200;
/** Maximum number of pairs of state and code that are counted; further ones are counted under `OTHER_CODES`. */
const MAX_FAILURE_KINDS = 200;
const OTHER_CODES = 'other';

export interface TransactionOptions {
  readonly keys: RolloutKeys;
  readonly record: RolloutRecord;
  /** Empty until the set of devices is fixed. */
  readonly plan: readonly Batch[];
  /** The batches of all devices that the transaction moves. */
  readonly batches: Iterable<BatchRecord>;
  readonly nowMs: number;
}

/**
 * The changes of one step of a roll-out, which the store writes all or nothing. Counts, indexes, history and events follow
 * from the changes. Nothing is written until `changes` is passed to the store.
 */
export class RolloutTransaction {
  readonly nowMs: number;
  readonly #keys: RolloutKeys;
  readonly #plan: readonly Batch[];
  readonly #batches: Map<number, BatchRecord>;
  readonly #changedBatches = new Set<number>();
  readonly #changes = new Map<string, StoreChange>();
  readonly #entered: DeviceState[] = [];
  #record: RolloutRecord;
  /** The counts that the course ends with. */
  #courseCounts: StateCounts;

  constructor({ keys, record, plan, batches, nowMs }: TransactionOptions) {
    this.#keys = keys;
    this.#record = record;
    this.#courseCounts = record.counts;
    this.#plan = plan;
    this.#batches = new Map([...batches].map((batch) => [batch.batch, batch]));
    this.nowMs = nowMs;
  }

  get record(): RolloutRecord {
    return this.#record;
  }

  /** The batches that the transaction has changed. */
  get changedBatches(): BatchRecord[] {
    return [...this.#changedBatches].map((batch) => this.#batches.get(batch) as BatchRecord);
  }

  /** Everything to write, the head last. */
  changes(): StoreChange[] {
    this.#followCourse();
    const { sequence } = this.#record;
    return [
      ...this.#changes.values(),
      ...this.changedBatches.map((batch) => put(this.#keys.batch(sequence, batch.batch), batch)),
      headChange(this.#keys, this.#record),
    ];
  }

  #followCourse(): void {
    const { counts } = this.#record;
    if (counts === this.#courseCounts) return;
    const { course, change } = withPoint(this.#keys, this.#record, counts, this.nowMs);
    this.#courseCounts = counts;
    this.#changes.set(change.key, change);
    this.update({ course });
  }

  update(fields: Partial<RolloutRecord>): void {
    this.#record = { ...this.#record, ...fields };
  }

  /** Replaces the head, to remove fields from it. */
  replace(record: RolloutRecord): void {
    this.#record = record;
  }

  /** A batch of the transaction; undefined for one that was not passed to it. */
  loadedBatch(batch: number): BatchRecord | undefined {
    return this.#batches.get(batch);
  }

  /** Returns the batch that a position belongs to, which must have been passed to the transaction. */
  batchOf(position: number): BatchRecord {
    const number = batchAt(this.#plan, position)?.batch;
    const batch = number === undefined ? undefined : this.#batches.get(number);
    if (!batch) throw new Error(`The batch of position ${position} was not loaded.`);
    return batch;
  }

  beginBatch(batch: BatchRecord): void {
    this.#batches.set(batch.batch, batch);
    this.#changedBatches.add(batch.batch);
  }

  updateBatch(batch: BatchRecord, fields: Partial<BatchRecord>): void {
    this.#batches.set(batch.batch, { ...batch, ...fields });
    this.#changedBatches.add(batch.batch);
  }

  /** Writes a device after a transition, and updates the indexes and the counts of the roll-out and of its batch. */
  moveDevice(position: number, before: DeviceRecord, after: DeviceRecord): void {
    this.#put(this.#keys.device(this.#record.sequence, position), after);
    this.#updateIndexes(position, before, after);
    if (before.state === after.state) return;
    this.#entered.push(after.state);
    this.update({ counts: moved(this.#record.counts, before.state, after.state) });
    // Devices of batches that have not begun are counted only in the roll-out.
    const batch = this.#batches.get(batchAt(this.#plan, position)?.batch ?? 0);
    const released = Number(keepsBatchOpen(before)) - Number(keepsBatchOpen(after));
    if (batch)
      this.updateBatch(batch, {
        counts: moved(batch.counts, before.state, after.state),
        unsettledCount: batch.unsettledCount - released,
      });
    if (isFailure(after.state)) this.#countFailure(after.state, after);
  }

  /** Adds devices after all others. @param joined the sizes of all groups that have joined by then. */
  addDevices(targets: readonly string[], joined: readonly number[]): void {
    const { rolloutId, sequence, deviceCount = 0, counts } = this.#record;
    for (const [at, deviceId] of targets.entries()) {
      const position = deviceCount + at;
      const device: DeviceRecord = { deviceId, state: 'pending', attempts: 0, tries: 0 };
      this.#put(this.#keys.device(sequence, position), device);
      this.#put(this.#keys.member(sequence, orderKey(rolloutId, deviceId)), position);
    }
    this.update({
      joined,
      deviceCount: deviceCount + targets.length,
      counts: { ...counts, pending: (counts.pending ?? 0) + targets.length },
    });
  }

  /** The states that devices have entered, one item for each transition. */
  get entered(): readonly DeviceState[] {
    return this.#entered;
  }

  #updateIndexes(position: number, before: DeviceRecord, after: DeviceRecord): void {
    const { sequence } = this.#record;
    const from = indexOf(before);
    const to = indexOf(after);
    if (from) this.#delete(this.#keys.indexed(sequence, from, position, before.due));
    if (to) this.#put(this.#keys.indexed(sequence, to, position, after.due), after.due ?? 0);
  }

  putPart(part: PartRecord): void {
    this.#put(this.#keys.part(this.#record.sequence, part.jobId), part);
  }

  deletePart(part: PartRecord): void {
    this.#delete(this.#keys.part(this.#record.sequence, part.jobId));
  }

  /** Enters a state, and adds it to the history and to the events. */
  enter(state: RolloutState, reason = '', comment?: string): void {
    const previousState = this.#record.state;
    this.update({
      state,
      reason,
      ...(isFinal({ state })
        ? { endMs: Math.max(this.nowMs, this.#record.createdMs), outcome: this.#finalOutcome(state) }
        : {}),
    });
    if (isFinal({ state })) this.#delete(this.#keys.open(this.#record.sequence));
    this.note({ event: 'state', reason, ...(comment === undefined ? {} : { comment }) });
    this.fire(previousState);
  }

  /** Adds an entry to the history. Its time is never before that of the previous entry. */
  note(entry: Omit<HistoryEntry, 'timeMs' | 'state'>): void {
    const { sequence, historyLength, lastHistoryMs, state } = this.#record;
    const timeMs = Math.max(this.nowMs, lastHistoryMs);
    this.#put(this.#keys.historyEntry(sequence, historyLength), { ...entry, timeMs, state } satisfies HistoryEntry);
    const dropped = historyLength + 1 - MAX_HISTORY;
    // One more entry is deleted for the one that says how many were dropped.
    if (dropped === 1) this.#delete(this.#keys.historyEntry(sequence, 0));
    if (dropped >= 1) this.#delete(this.#keys.historyEntry(sequence, dropped));
    this.update({ historyLength: historyLength + 1, lastHistoryMs: timeMs });
  }

  /** Adds an event, which is kept until the platform has acknowledged it. */
  fire(previousState: string = this.#record.state): void {
    const { rolloutId, thing, sequence, eventCount, batch, deviceCount, countedDevices } = this.#record;
    const { state, outcome, reason, counts } = this.#record;
    this.#put(this.#keys.event(sequence, eventCount), {
      rolloutId,
      thing,
      state,
      previousState,
      outcome,
      reason,
      batch: batch?.batch ?? 0,
      batchCount: this.#plan.length,
      deviceCount: deviceCount ?? countedDevices ?? 0,
      counts,
      timeMs: this.nowMs,
    } satisfies RolloutEvent);
    this.update({ eventCount: eventCount + 1 });
  }

  #finalOutcome(state: RolloutState): RolloutOutcome {
    if (state !== 'completed') return state as 'cancelled' | 'failed';
    const { deviceCount, counts, recurring } = this.#record;
    if (recurring)
      return recurring.runs === 0 ? 'noTargets' : recurring.failed === 0 ? 'succeeded' : 'completedWithErrors';
    if (deviceCount === 0) return 'noTargets';
    return deviceCount !== undefined && counts.succeeded === deviceCount ? 'succeeded' : 'completedWithErrors';
  }

  #countFailure(state: FailureState, { errorCode, methodStatus }: DeviceRecord): void {
    const { failures } = this.#record;
    const code = errorCode ?? (methodStatus === undefined ? '' : String(methodStatus));
    const isKnown = failures.some((failure) => failure.state === state && failure.code === code);
    const counted = isKnown || failures.length < MAX_FAILURE_KINDS ? code : OTHER_CODES;
    const found = failures.find((failure) => failure.state === state && failure.code === counted);
    const others = failures.filter((failure) => failure !== found);
    this.update({ failures: [...others, { state, code: counted, count: (found?.count ?? 0) + 1 }] });
  }

  #put(key: string, value: unknown): void {
    this.#changes.set(key, put(key, value));
  }

  #delete(key: string): void {
    this.#changes.set(key, { type: 'delete', key });
  }
}

const put = (key: string, value: unknown): StoreChange => ({ type: 'put', key, value });

const KEEPS_BATCH_OPEN: ReadonlySet<DeviceState> = new Set(['pending', 'running', 'verifying', 'retrying']);

const keepsBatchOpen = ({ state, isDeferred }: DeviceRecord): boolean =>
  isDeferred !== true && KEEPS_BATCH_OPEN.has(state);

const isFailure = (state: DeviceState): state is FailureState => FAILURE_STATES.some((failure) => failure === state);

function moved(counts: StateCounts, from: DeviceState, to: DeviceState): StateCounts {
  const left = (counts[from] ?? 0) - 1;
  if (left < 0) throw new Error(`No device is counted as ${from}.`);
  const { [from]: _from, ...others } = counts;
  return { ...others, ...(left > 0 ? { [from]: left } : {}), [to]: (counts[to] ?? 0) + 1 };
}
