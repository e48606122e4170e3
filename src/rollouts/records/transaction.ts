import type { StoreChange } from '../../store/store.js';
import type { RolloutKeys } from './keys.js';
import { type Batch, batchAt } from '../plan/batches.js';
import { headChange } from './head.js';
import { listOf } from '../machine/device-transitions.js';
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

/** Entries of the history that are shown; of more, the first is the count of those that were dropped. */
export const MAX_HISTORY = 200;
/** Kinds of failure that are counted apart; what comes beyond is counted under one code. */
const MAX_FAILURE_KINDS = 200;
const OTHER_CODES = 'other';

export interface EditOptions {
  readonly keys: RolloutKeys;
  readonly record: RolloutRecord;
  /** The batches of the plan; empty until the set is fixed. */
  readonly plan: readonly Batch[];
  /** The batch records of every device that the edit moves. */
  readonly batches: Iterable<BatchRecord>;
  readonly nowMs: number;
}

/**
 * One step of a roll-out: what changes together in the store. It keeps the counts, the history and the events right, so
 * that no caller has to; nothing is written before the changes are handed to the store, all or nothing.
 */
export class RolloutEdit {
  readonly nowMs: number;
  readonly #keys: RolloutKeys;
  readonly #plan: readonly Batch[];
  readonly #batches: Map<number, BatchRecord>;
  readonly #changedBatches = new Set<number>();
  readonly #changes = new Map<string, StoreChange>();
  readonly #entered: DeviceState[] = [];
  #record: RolloutRecord;

  constructor({ keys, record, plan, batches, nowMs }: EditOptions) {
    this.#keys = keys;
    this.#record = record;
    this.#plan = plan;
    this.#batches = new Map([...batches].map((batch) => [batch.batch, batch]));
    this.nowMs = nowMs;
  }

  get record(): RolloutRecord {
    return this.#record;
  }

  /** The batch records that the edit has changed. */
  get changedBatches(): BatchRecord[] {
    return [...this.#changedBatches].map((batch) => this.#batches.get(batch) as BatchRecord);
  }

  /** What the step writes, the head last. */
  changes(): StoreChange[] {
    const { sequence } = this.#record;
    return [
      ...this.#changes.values(),
      ...this.changedBatches.map((batch) => put(this.#keys.batch(sequence, batch.batch), batch)),
      headChange(this.#keys, this.#record),
    ];
  }

  update(fields: Partial<RolloutRecord>): void {
    this.#record = { ...this.#record, ...fields };
  }

  /** Replaces the head, for fields that are to go. */
  replace(record: RolloutRecord): void {
    this.#record = record;
  }

  /** A batch record, if the edit has it. */
  loadedBatch(batch: number): BatchRecord | undefined {
    return this.#batches.get(batch);
  }

  /** The batch that a position belongs to. */
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

  /** Writes a device in its new state, and moves it in the lists and in the counts of the roll-out and of its batch. */
  moveDevice(position: number, before: DeviceRecord, after: DeviceRecord): void {
    this.#put(this.#keys.device(this.#record.sequence, position), after);
    this.#moveInLists(position, before, after);
    if (before.state === after.state) return;
    this.#entered.push(after.state);
    this.update({ counts: moved(this.#record.counts, before.state, after.state) });
    // Devices of batches that have not begun are counted in the roll-out alone.
    const batch = this.#batches.get(batchAt(this.#plan, position)?.batch ?? 0);
    const released = Number(holdsBatch(before)) - Number(holdsBatch(after));
    if (batch)
      this.updateBatch(batch, {
        counts: moved(batch.counts, before.state, after.state),
        holding: batch.holding - released,
      });
    if (isFailure(after.state)) this.#countFailure(after.state, after);
  }

  /** The states that devices have entered, once for each device. */
  get entered(): readonly DeviceState[] {
    return this.#entered;
  }

  #moveInLists(position: number, before: DeviceRecord, after: DeviceRecord): void {
    const { sequence } = this.#record;
    const from = listOf(before);
    const to = listOf(after);
    if (from) this.#delete(this.#keys.indexed(sequence, from, position, before.due));
    if (to) this.#put(this.#keys.indexed(sequence, to, position, after.due), after.due ?? 0);
  }

  putPart(part: PartRecord): void {
    this.#put(this.#keys.part(this.#record.sequence, part.jobId), part);
  }

  deletePart(part: PartRecord): void {
    this.#delete(this.#keys.part(this.#record.sequence, part.jobId));
  }

  /** Enters a state, with its history and its event. */
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

  /** Adds an entry to the history. Its time never goes back, whatever the clock does. */
  note(entry: Omit<HistoryEntry, 'timeMs' | 'state'>): void {
    const { sequence, historyLength, lastHistoryMs, state } = this.#record;
    const timeMs = Math.max(this.nowMs, lastHistoryMs);
    this.#put(this.#keys.historyEntry(sequence, historyLength), { ...entry, timeMs, state } satisfies HistoryEntry);
    const dropped = historyLength + 1 - MAX_HISTORY;
    // One more makes room for the entry that says how many were dropped.
    if (dropped === 1) this.#delete(this.#keys.historyEntry(sequence, 0));
    if (dropped >= 1) this.#delete(this.#keys.historyEntry(sequence, dropped));
    this.update({ historyLength: historyLength + 1, lastHistoryMs: timeMs });
  }

  /** Adds an event for the platform, stored with what it is about and kept until it has been acknowledged. */
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
    const { deviceCount, counts } = this.#record;
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

const HOLDING: ReadonlySet<DeviceState> = new Set(['pending', 'running', 'verifying', 'retrying']);

const holdsBatch = ({ state, isLate }: DeviceRecord): boolean => isLate !== true && HOLDING.has(state);

const isFailure = (state: DeviceState): state is FailureState => FAILURE_STATES.some((failure) => failure === state);

function moved(counts: StateCounts, from: DeviceState, to: DeviceState): StateCounts {
  const left = (counts[from] ?? 0) - 1;
  if (left < 0) throw new Error(`No device is counted as ${from}.`);
  const { [from]: _from, ...others } = counts;
  return { ...others, ...(left > 0 ? { [from]: left } : {}), [to]: (counts[to] ?? 0) + 1 };
}
