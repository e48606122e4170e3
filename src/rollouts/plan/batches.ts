/**
 * The order of the devices of a roll-out, and the batches of that order. Pure: the same parameters and number of devices
 * always result in the same batches, so that a preview and the roll-out agree, and batches need not be stored.
 */
import { createHash } from 'node:crypto';

/** The parameters that determine the batches. */
export interface BatchShape {
  /** At most one of the two; without either, all devices are one batch. */
  readonly batchSize?: number | undefined;
  /** Share of all devices, above 0 to 100; rounded up to whole devices. */
  readonly batchPercent?: number | undefined;
  /** Size of the first batch. */
  readonly canarySize?: number | undefined;
  /** Each batch after the first of the base size is the previous one times this, rounded down. */
  readonly batchGrowth: number;
  /** Largest size of a batch other than a canary. */
  readonly maxBatchSize?: number | undefined;
}

/** Maximum number of batches: all of them must fit one response of GetRollout. */
export const MAX_BATCHES = 1000;

/** A roll-out, as far as its batches depend on it. */
export interface PlannedRollout {
  readonly definition: BatchShape;
  /** Number of devices; absent until they are fixed. */
  readonly deviceCount?: number | undefined;
  /** Number of devices that a condition has selected for the first batch; 0 for no such batch. */
  readonly canaryCount?: number | undefined;
  /** Sizes of the groups that joined later, which are batches of their own; included in `deviceCount`. */
  readonly joined?: readonly number[] | undefined;
}

/** Returns the batches of a roll-out; none until its devices are fixed. Only the first group begins with a canary. */
export function batchesOf({ definition, deviceCount = 0, canaryCount, joined = [] }: PlannedRollout): readonly Batch[] {
  const fixed = joined.reduce((rest, size) => rest - size, deviceCount);
  if (joined.length === 0) return planBatches(withCanary(definition, canaryCount), fixed) ?? [];
  const { canarySize: _canarySize, ...later } = definition;
  const batches: Batch[] = [];
  let from = 0;
  for (const size of [fixed, ...joined]) {
    const shape = from === 0 ? withCanary(definition, canaryCount) : later;
    for (const batch of planBatches(shape, size, Infinity) ?? [])
      batches.push({ batch: batches.length + 1, start: from + batch.start, size: batch.size });
    from += size;
  }
  return batches;
}

/** Makes the devices that a condition has selected the first batch. */
export const withCanary = (shape: BatchShape, canaryCount = 0): BatchShape =>
  canaryCount === 0 ? shape : { ...shape, canarySize: canaryCount };

/** A range of devices in the order of the roll-out. */
export interface Batch {
  /** From 1. */
  readonly batch: number;
  /** Position of the first device, from 0. */
  readonly start: number;
  readonly size: number;
}

/** Returns the batches of `deviceCount` devices; undefined if there would be more than `maxBatches`. */
export function planBatches(shape: BatchShape, deviceCount: number, maxBatches = MAX_BATCHES): Batch[] | undefined {
  const batches: Batch[] = [];
  let size = 0;
  for (let start = 0; start < deviceCount; start += size) {
    if (batches.length === maxBatches) return undefined;
    size = Math.min(nextSize(shape, deviceCount, batches.length, size), deviceCount - start);
    batches.push({ batch: batches.length + 1, start, size });
  }
  return batches;
}

/** The wanted size of the batch at `index`; the batch before it has `previous` devices. */
function nextSize(shape: BatchShape, deviceCount: number, index: number, previous: number): number {
  const { canarySize, batchGrowth, maxBatchSize = Infinity } = shape;
  if (index === 0 && canarySize !== undefined) return canarySize;
  const isBase = index === 0 || (index === 1 && canarySize !== undefined);
  const wanted = isBase ? baseSize(shape, deviceCount) : Math.floor(scaled(previous, batchGrowth));
  return Math.min(wanted, maxBatchSize);
}

function baseSize({ batchSize, batchPercent }: BatchShape, deviceCount: number): number {
  if (batchSize !== undefined) return batchSize;
  if (batchPercent === undefined) return deviceCount;
  return Math.max(1, Math.ceil(scaled(deviceCount, batchPercent) / 100));
}

/** Multiplies without errors of binary fractions: 100 times 1.1 is 110, not 110.00000000000001, which would round up to 111. */
function scaled(count: number, factor: number): number {
  return Number((count * factor).toPrecision(12));
}

/** Returns the batch that a position belongs to, by binary search. */
export function batchAt(batches: readonly Batch[], position: number): Batch | undefined {
  let low = 0;
  let high = batches.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const batch = batches[middle] as Batch;
    if (position < batch.start) high = middle - 1;
    else if (position >= batch.start + batch.size) low = middle + 1;
    else return batch;
  }
  return undefined;
}

/** Hexadecimal digits of a sort key: 80 bits, so that no two of a million devices share one. */
const KEY_LENGTH = 20;

/**
 * Returns the sort key of a device in a roll-out whose devices come from a condition. It is the same for the same two ids and
 * differs between roll-outs, so that a canary is not always the same machines or one site.
 */
export function orderKey(rolloutId: string, deviceId: string): string {
  return createHash('sha256').update(`${rolloutId}\0${deviceId}`).digest('hex').slice(0, KEY_LENGTH);
}
