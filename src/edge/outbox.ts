import { type Cell, type InfoTable, TypedCell, Primitive } from '../alwayson/codec/values-model.js';

/** How much may wait for the platform. */
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
 * A bounded queue of what waits for the platform. Overflow rule: the oldest entries make room for the newest, and
 * entries above the age limit go first; each of them is handed to `onDrop`, so that nothing vanishes unnoticed.
 */
export class Outbox<Item> {
  readonly #limits: OutboxLimits;
  readonly #onDrop: (item: Item) => void;
  #entries: OutboxEntry<Item>[] = [];
  #bytes = 0;

  constructor(limits: OutboxLimits, onDrop: (item: Item) => void) {
    this.#limits = limits;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#entries.length;
  }

  add(entry: OutboxEntry<Item>): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    this.#trim(entry.sinceMs);
  }

  /** Takes the oldest entries out: at most `maxCount`, and at most `maxBytes` unless the first alone is larger. */
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
    return taken;
  }

  /** Puts back what could not be sent, in front of everything. */
  putBack(entries: readonly OutboxEntry<Item>[], nowMs: number): void {
    this.#entries.unshift(...entries);
    for (const entry of entries) this.#bytes += entry.bytes;
    this.#trim(nowMs);
  }

  /** Keeps only the entries that pass; the others vanish, they were not wanted. */
  filter(isWanted: (item: Item) => boolean): void {
    this.#entries = this.#entries.filter((entry) => isWanted(entry.item));
    this.#bytes = this.#entries.reduce((sum, entry) => sum + entry.bytes, 0);
  }

  some(test: (item: Item) => boolean): boolean {
    return this.#entries.some((entry) => test(entry.item));
  }

  /** Takes everything out. */
  clear(): Item[] {
    const items = this.#entries.map((entry) => entry.item);
    this.#entries = [];
    this.#bytes = 0;
    return items;
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
    for (const { item } of this.#entries.splice(0, count)) this.#onDrop(item);
  }
}

/** About how many bytes a cell takes on the wire; for limits, where a few bytes do not matter. */
export function approximateBytes(cell: Cell): number {
  if (cell === null) return 1;
  if (typeof cell === 'string') return 5 + Buffer.byteLength(cell);
  if (typeof cell !== 'object') return 9;
  if (cell instanceof TypedCell || cell instanceof Primitive) return 1 + approximateBytes(cell.value);
  if (cell instanceof Uint8Array) return 5 + cell.length;
  return 'rows' in cell ? tableBytes(cell) : 25;
}

/** About how many bytes a table takes on the wire. */
export function tableBytes({ fields, rows }: InfoTable): number {
  let bytes = 2;
  for (const { name, description, aspects } of fields)
    bytes += 16 + Buffer.byteLength(name) + Buffer.byteLength(description) + 40 * aspects.size;
  for (const row of rows) for (const cell of row) bytes += 1 + approximateBytes(cell);
  return bytes;
}
