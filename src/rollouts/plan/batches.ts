import { createHash } from 'node:crypto';

/**
 * The sizes of the batches of a roll-out. Pure: the same parameters and the same count of devices always make the same
 * batches, so a preview and the roll-out itself agree, and a batch need not be stored to be known.
 */

/** The parameters that shape the batches. */
export interface BatchShape {
  /** At most one of the two; without either, all devices are one batch. */
  readonly batchSize?: number | undefined;
  /** Share of all devices, above 0 to 100; rounded up to whole devices. */
  readonly batchPercent?: number | undefined;
  /** Size of the first batch. */
  readonly canarySize?: number | undefined;
  /** Each batch after the base is the one before times this, rounded down. */
  readonly batchGrowth: number;
  /** No batch but a canary is larger. */
  readonly maxBatchSize?: number | undefined;
}

/** More batches than these are refused: their records must fit one answer of GetRollout. */
export const MAX_BATCHES = 1000;

/** A run of devices in the order of the roll-out. */
export interface Batch {
  /** From 1. */
  readonly batch: number;
  /** Position of the first device, from 0. */
  readonly start: number;
  readonly size: number;
}

/** The batches of `deviceCount` devices; undefined when there would be more than `MAX_BATCHES`. */
export function planBatches(shape: BatchShape, deviceCount: number): Batch[] | undefined {
  const batches: Batch[] = [];
  let size = 0;
  for (let start = 0; start < deviceCount; start += size) {
    if (batches.length === MAX_BATCHES) return undefined;
    size = Math.min(nextSize(shape, deviceCount, batches.length, size), deviceCount - start);
    batches.push({ batch: batches.length + 1, start, size });
  }
  return batches;
}

/** The size of the batch after `index` others, the last of which had `previous` devices. */
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

/**
 * A count times a factor with the decimals that a person writes: 100 times 1.1 is 110 and not 110.00000000000001, which
 * would be rounded up to 111.
 */
function scaled(count: number, factor: number): number {
  return Number((count * factor).toPrecision(12));
}

/** The batch that holds a position, by binary search. */
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

/** Hexadecimal digits of an order key: 80 bits, so that two of a million devices never share one. */
const KEY_LENGTH = 20;

/**
 * Where a device stands in the order of a roll-out that takes its devices from a condition: by this key, as text. It is the
 * same for the same two ids, and differs between roll-outs, so a canary is not always the same machines or one site.
 */
export function orderKey(rolloutId: string, deviceId: string): string {
  return createHash('sha256').update(`${rolloutId}\0${deviceId}`).digest('hex').slice(0, KEY_LENGTH);
}
