import { parseJson, stringifyJson } from '../core/exact-json.js';
import { LocalLeases } from './local-leases.js';
import type { BatchOptions, Lease, Store, StoreChange, StoredValue, StoreRange } from './store.js';
import { requireUnchanged, versionOf } from './versions.js';

/**
 * A Store in memory. Values are kept as JSON text, so that returned values share no objects with stored ones, as with a
 * store on disk.
 */
export class MemoryStore implements Store {
  readonly #values = new Map<string, string>();
  /** The keys in order, including some that were removed. */
  #sortedKeys: string[] = [];
  /** The keys added since; they are sorted when the next range is read. */
  readonly #newKeys = new Set<string>();
  #goneKeys = 0;
  readonly #leases = new LocalLeases();

  async get(key: string): Promise<unknown> {
    const text = this.#values.get(key);
    return text === undefined ? undefined : parseJson(text);
  }

  put(key: string, value: unknown): Promise<void> {
    return this.batch([{ type: 'put', key, value }]);
  }

  delete(key: string): Promise<void> {
    return this.batch([{ type: 'delete', key }]);
  }

  async read(key: string): Promise<StoredValue | undefined> {
    const text = this.#values.get(key);
    return text === undefined ? undefined : { value: parseJson(text), version: versionOf(text) };
  }

  async batch(changes: readonly StoreChange[], { ifUnchanged = [], lease }: BatchOptions = {}): Promise<void> {
    // All values are encoded first: one that cannot be must leave the store unchanged.
    const texts = changes.map((change) => (change.type === 'put' ? encodeValue(change.key, change.value) : undefined));
    if (lease) this.#leases.require(lease);
    requireUnchanged(
      ifUnchanged,
      ifUnchanged.map(({ key }) => this.#values.get(key)),
    );
    for (const [index, change] of changes.entries()) this.#apply(change.key, texts[index]);
  }

  async *entries(range: StoreRange = {}): AsyncIterable<readonly [key: string, value: unknown]> {
    for (const [key, text] of this.#snapshot(range)) yield [key, parseJson(text)];
  }

  async lease(name: string, holder: string, _seconds: number): Promise<Lease | undefined> {
    return this.#leases.take(name, holder);
  }

  async close(): Promise<void> {
    this.#values.clear();
    this.#sortedKeys = [];
    this.#newKeys.clear();
  }

  #apply(key: string, text: string | undefined): void {
    const known = this.#values.has(key);
    if (text === undefined) this.#values.delete(key);
    else this.#values.set(key, text);
    if (known && text === undefined) this.#goneKeys += this.#newKeys.delete(key) ? 0 : 1;
    if (!known && text !== undefined) this.#newKeys.add(key);
  }

  /** Puts what has come into its place, and leaves out what is gone: two ordered lists become one. */
  #keysInOrder(): readonly string[] {
    if (this.#newKeys.size === 0 && this.#goneKeys === 0) return this.#sortedKeys;
    const added = [...this.#newKeys].sort(compareKeys);
    const merged: string[] = [];
    let next = 0;
    for (const key of this.#sortedKeys) {
      while (next < added.length && compareKeys(added[next] as string, key) < 0) merged.push(added[next++] as string);
      // A key that went and came back is among the new ones.
      if (this.#values.has(key) && !this.#newKeys.has(key)) merged.push(key);
    }
    while (next < added.length) merged.push(added[next++] as string);
    this.#newKeys.clear();
    this.#goneKeys = 0;
    this.#sortedKeys = merged;
    return merged;
  }

  #snapshot(range: StoreRange): [string, string][] {
    const keys = this.#keysInOrder();
    const start = firstAtOrAfter(keys, range.prefix ?? range.from ?? '');
    let end = start;
    while (end < keys.length && !isBeyond(keys[end] as string, range)) end++;
    const limit = range.limit ?? Infinity;
    const [from, to] =
      range.reverse === true ? [Math.max(start, end - limit), end] : [start, Math.min(end, start + limit)];
    const found = keys.slice(from, to).map((key): [string, string] => [key, this.#values.get(key) as string]);
    return range.reverse === true ? found.reverse() : found;
  }
}

/** Returns the JSON text of a value. @throws TypeError for `undefined` and other values without a JSON form. */
export function encodeValue(key: string, value: unknown): string {
  const text = stringifyJson(value);
  if (text === undefined) throw new TypeError(`The value of ${JSON.stringify(key)} has no JSON form.`);
  return text;
}

function isBeyond(key: string, range: StoreRange): boolean {
  if (range.prefix !== undefined) return !key.startsWith(range.prefix);
  return range.to !== undefined && compareKeys(key, range.to) >= 0;
}

function firstAtOrAfter(keys: readonly string[], from: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keys[middle] as string, from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Compares two keys like their UTF-8 bytes, that is by code points. This differs from UTF-16 order for surrogates, which
 * come before U+E000 as code units but after U+FFFF as code points.
 */
function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

const codePointRank = (unit: number): number => (isSurrogate(unit) ? unit + 0x10000 : unit);
