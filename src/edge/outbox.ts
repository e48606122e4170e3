import { type Cell, type InfoTable, TypedCell, Primitive } from '../alwayson/codec/values-model.js';

/** How much may be queued for the platform. */
export interface OutboxLimits {
  readonly maxCount: number;
  /** Approximate bytes on the wire. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export const DEFAULT_OUTBOX_LIMITS: OutboxLimits = { maxCount: 1_000, maxBytes: 1_048_576, maxAgeMs: 86_400_000 };

export interface OutboxEntry<Item> {
  readonly item: Item;
  readonly bytes: number;
  readonly sinceMs: number;
}

/**
 * A bounded queue for the platform. Entries above the age limit are dropped, and the oldest entries when there are too
 * many; each of them is passed to `onDrop`, so that none is lost unnoticed.
 */
export class Outbox<Item> {
  readonly #limits: OutboxLimits;
  readonly #onDrop: (item: Item) => void;
  readonly #onSize: (change: number) => void;
  #reportedSize = 0;
  #entries: OutboxEntry<Item>[] = [];
  #bytes = 0;

  /** @param onSize is called with the difference when the number of entries has changed. */
  constructor(limits: OutboxLimits, onDrop: (item: Item) => void, onSize: (change: number) => void = () => undefined) {
    this.#limits = limits;
    this.#onDrop = onDrop;
    this.#onSize = onSize;
  }

  get size(): number {
    return this.#entries.length;
  }

  add(entry: OutboxEntry<Item>): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    this.#trim(entry.sinceMs);
  }

  /** Removes and returns the oldest entries: at most `maxCount`, and at most `maxBytes` unless the first alone is larger. */
  take(nowMs: number, maxCount: number, maxBytes: number): OutboxEntry<Item>[] {
    this.#trim(nowMs);
    const taken: OutboxEntry<Item>[] = [];
    let bytes = 0;
    for (const entry of this.#entries) {
      if (taken.length === maxCount || (taken.length > 0 && bytes + entry.bytes > maxBytes)) break;
      taken.push(entry);
      bytes += entry.bytes;
    }
    this.#entries.splice(0, taken.length);
    this.#bytes -= bytes;
    this.#reportSize();
    return taken;
  }

  /** Puts back entries that could not be sent, in front of all others. */
  putBack(entries: readonly OutboxEntry<Item>[], nowMs: number): void {
    this.#entries.unshift(...entries);
    for (const entry of entries) this.#bytes += entry.bytes;
    this.#trim(nowMs);
  }

  /** Removes the entries that are no longer wanted, without passing them to `onDrop`. */
  filter(isWanted: (item: Item) => boolean): void {
    this.#entries = this.#entries.filter((entry) => isWanted(entry.item));
    this.#bytes = this.#entries.reduce((sum, entry) => sum + entry.bytes, 0);
    this.#reportSize();
  }

  some(test: (item: Item) => boolean): boolean {
    return this.#entries.some((entry) => test(entry.item));
  }

  /** Removes and returns all items. */
  clear(): Item[] {
    const items = this.#entries.map((entry) => entry.item);
    this.#entries = [];
    this.#bytes = 0;
    this.#reportSize();
    return items;
  }

  #reportSize(): void {
    const change = this.#entries.length - this.#reportedSize;
    if (change === 0) return;
    this.#reportedSize = this.#entries.length;
    this.#onSize(change);
  }

  #trim(nowMs: number): void {
    const { maxCount, maxBytes, maxAgeMs } = this.#limits;
    let count = 0;
    for (const { bytes, sinceMs } of this.#entries) {
      const isOver = this.#entries.length - count > maxCount || this.#bytes > maxBytes || nowMs - sinceMs > maxAgeMs;
      if (!isOver) break;
      this.#bytes -= bytes;
      count += 1;
    }
    const dropped = this.#entries.splice(0, count);
    this.#reportSize();
    for (const { item } of dropped) this.#onDrop(item);
  }
}

/** Estimates the bytes of a cell on the wire, for limits where a few bytes do not matter. */
export function approximateBytes(cell: Cell): number {
  if (cell === null) return 1;
  if (typeof cell === 'string') return 5 + Buffer.byteLength(cell);
  if (typeof cell !== 'object') return 9;
  if (cell instanceof TypedCell || cell instanceof Primitive) return 1 + approximateBytes(cell.value);
  if (cell instanceof Uint8Array) return 5 + cell.length;
  return 'rows' in cell ? tableBytes(cell) : 25;
}

/** Estimates the bytes of a table on the wire. */
export function tableBytes({ fields, rows }: InfoTable): number {
  let bytes = 2;
  for (const { name, description, aspects } of fields)
    bytes += 16 + Buffer.byteLength(name) + Buffer.byteLength(description) + 40 * aspects.size;
  for (const row of rows) for (const cell of row) bytes += 1 + approximateBytes(cell);
  return bytes;
}
