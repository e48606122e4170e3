import { type Batch, batchAt, planBatches } from '../plan/batches.js';
import { RolloutEdit } from '../records/transaction.js';
import type { RolloutEnvironment } from '../environment.js';
import { readHead } from '../records/head.js';
import { positionOf } from '../records/keys.js';
import type { JobSource, OpenPart } from '../machine/next-action.js';
import { PauseClock } from '../machine/pause-clock.js';
import type { BatchRecord, DeviceIndex, DeviceRecord, PartRecord, RolloutRecord } from '../records/records.js';
import { Windows } from '../plan/windows.js';

/** One roll-out that is not final, as its steps see it: what is in memory of it, and how it reaches the store. */
export class RolloutWork {
  readonly env: RolloutEnvironment;
  readonly windows: Windows;
  readonly pauses: PauseClock;
  /** Ends a rest of the runner. */
  wake: () => void = () => undefined;
  /** Called when devices have left a hub job, which others may be waiting for. */
  onFreed: () => void = () => undefined;
  /** The fixing of the set, page by page; begun anew after a failure. */
  preparation: AsyncGenerator<void, void> | undefined;
  readonly parts = new Map<string, OpenPart>();
  /** Hub jobs that the hub has surely not been asked for. */
  readonly untried = new Set<string>();
  /** Positions of devices that were waited for and are connected. */
  readonly late = new Set<number>();
  /** Where the next hub job could come from but for devices that are in those of other roll-outs. */
  readonly blocked = new Set<JobSource>();
  /** Devices of a job whose note has failed. */
  reserved: readonly string[] = [];
  /** How often devices have left hub jobs of the hub's roll-outs. */
  freedTimes = 0;
  record: RolloutRecord;
  plan: readonly Batch[];
  /** The record of the current batch. */
  batch: BatchRecord | undefined;
  isInLine = false;
  /** Where the next question about devices that verify, or wait, begins, and when it is due. */
  verify: Cursor = { position: 0 };
  connections: Cursor = { position: 0 };

  constructor(env: RolloutEnvironment, record: RolloutRecord) {
    this.env = env;
    this.record = record;
    this.pauses = new PauseClock(env.clock);
    this.windows = new Windows(record.definition.windows, record.definition.timeZone);
    this.plan = planOf(record);
  }

  /** Takes up what the store has: what an earlier process has left, or what is sure after a write that failed. */
  async load(): Promise<void> {
    const { keys, store } = this.env;
    const { sequence } = this.record;
    this.record = (await readHead(store, keys, sequence)) ?? this.record;
    const { batch } = this.record;
    this.plan = planOf(this.record);
    this.batch = batch && ((await store.get(keys.batch(sequence, batch.batch))) as BatchRecord);
    await this.#loadParts();
    this.preparation = undefined;
    this.late.clear();
    this.verify = (await this.first('verifying')) === undefined ? { position: 0 } : { position: 0, dueMs: 0 };
    this.connections = (await this.first('waiting')) === undefined ? { position: 0 } : { position: 0, dueMs: 0 };
  }

  /** Hub jobs that are noted, of which nobody knows whether they were made, but for those that are known already. */
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
      this.parts.set(part.jobId, { lookMs: 0, ...known, record: part });
      if (known) continue;
      if (!part.ended) places.adopt(part.jobId);
      const devices = await this.devicesAt(part.positions);
      for (const { deviceId } of devices) busyDevices.add(deviceId);
      const noted = new Set(devices.map(({ deviceId }) => deviceId));
      this.reserved = this.reserved.filter((deviceId) => !noted.has(deviceId));
    }
    this.freeDevices(this.reserved);
    this.reserved = [];
  }

  /** Begins a step. @param positions the devices that it moves. */
  async edit(positions: readonly number[] = []): Promise<RolloutEdit> {
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
    return new RolloutEdit({ keys, record: this.record, plan: this.plan, batches, nowMs: clock.nowMs() });
  }

  /** Stores a step; after it, memory and store agree. */
  async commit(edit: RolloutEdit): Promise<void> {
    await this.env.store.batch(edit.changes());
    this.record = edit.record;
    this.plan = planOf(edit.record, this.plan);
    const current = this.record.batch?.batch;
    this.batch = edit.changedBatches.find(({ batch }) => batch === current) ?? this.batch;
    this.#countDevices(edit);
    this.env.onChange(this.record);
  }

  #countDevices({ entered }: RolloutEdit): void {
    const counts = new Map<string, number>();
    for (const state of entered) counts.set(state, (counts.get(state) ?? 0) + 1);
    const hub = this.env.keys.hubName;
    for (const [state, count] of counts) this.env.instruments.count('rollout_devices_total', { hub, state }, count);
  }

  /** Counts a hub job that has reached its end. */
  countJob(result: JobEnd): void {
    this.env.instruments.count('rollout_jobs_total', { hub: this.env.keys.hubName, result });
  }

  /** The devices at these positions, in this order. */
  async devicesAt(positions: readonly number[]): Promise<DeviceRecord[]> {
    const { keys, store } = this.env;
    const { sequence } = this.record;
    return (await Promise.all(positions.map((at) => store.get(keys.device(sequence, at))))) as DeviceRecord[];
  }

  /** Positions of a list with what they are due in, in its order, from `position` on for lists without. */
  async indexed(index: DeviceIndex, limit: number, position = 0): Promise<IndexEntry[]> {
    const { keys, store } = this.env;
    const from = keys.indexed(this.record.sequence, index, position);
    const entries: IndexEntry[] = [];
    for await (const [key, value] of store.entries({ from, to: `${keys.index(this.record.sequence, index)}~`, limit }))
      entries.push({ position: positionOf(key), due: value as number });
    return entries;
  }

  /** The first entry of a list. */
  async first(index: DeviceIndex): Promise<IndexEntry | undefined> {
    return (await this.indexed(index, 1))[0];
  }

  /** @param inMs when the hub is asked about it next. */
  keepPart(part: PartRecord, inMs: number): void {
    const known = this.parts.get(part.jobId);
    this.parts.set(part.jobId, { ...known, record: part, lookMs: this.pauses.nowMs() + inMs });
  }

  /** Asks the hub about every open job at once. */
  lookNow(): void {
    for (const [jobId, part] of this.parts) this.parts.set(jobId, { ...part, lookMs: 0 });
  }

  /** A hub job is over, or was never made: its place and its devices are free again. */
  forgetPart(part: PartRecord, devices: readonly DeviceRecord[]): void {
    this.parts.delete(part.jobId);
    this.untried.delete(part.jobId);
    this.freeDevices(devices.map(({ deviceId }) => deviceId));
    this.env.places.release(part.jobId);
  }

  /** Devices are in no hub job any more, or will not be in the one that they were chosen for. */
  freeDevices(deviceIds: readonly string[]): void {
    for (const deviceId of deviceIds) this.env.busyDevices.delete(deviceId);
    if (deviceIds.length > 0) this.onFreed();
  }
}

/** How a hub job ended, as it is measured. */
export type JobEnd = 'completed' | 'failed' | 'cancelled' | 'lost' | 'refused';

export interface IndexEntry {
  readonly position: number;
  readonly due: number;
}

interface Cursor {
  readonly position: number;
  /** Absent while no device is in the list. */
  readonly dueMs?: number;
}

function planOf(record: RolloutRecord, known: readonly Batch[] = []): readonly Batch[] {
  if (record.deviceCount === undefined || known.length > 0) return known;
  return planBatches(record.definition, record.deviceCount) ?? [];
}
