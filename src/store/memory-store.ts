import { parseJson, stringifyJson } from '../core/exact-json.js';
import type { Store, StoreChange, StoreRange } from './store.js';

/**
 * A Store in memory. Values are kept as JSON text, so that returned values share no objects with stored ones, as with a
 * store on disk.
 */
export class MemoryStore implements Store {
  readonly #values = new Map<string, string>();
  /** The keys in order; undefined after a key was added or removed, until the next range is read. */
  #sortedKeys: string[] | undefined;

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

  async batch(changes: readonly StoreChange[]): Promise<void> {
    // All values are encoded first: one that cannot be must leave the store unchanged.
    const texts = changes.map((change) => (change.type === 'put' ? encodeValue(change.key, change.value) : undefined));
    for (const [index, change] of changes.entries()) this.#apply(change.key, texts[index]);
  }

  async *entries(range: StoreRange = {}): AsyncIterable<readonly [key: string, value: unknown]> {
    for (const [key, text] of this.#snapshot(range)) yield [key, parseJson(text)];
  }

  async close(): Promise<void> {
    this.#values.clear();
    this.#sortedKeys = undefined;
  }

  #apply(key: string, text: string | undefined): void {
    const known = this.#values.has(key);
    if (text === undefined) this.#values.delete(key);
    else this.#values.set(key, text);
    if (known !== (text !== undefined)) this.#sortedKeys = undefined;
  }

  #snapshot(range: StoreRange): [string, string][] {
    this.#sortedKeys ??= [...this.#values.keys()].sort(compareKeys);
    const keys = this.#sortedKeys;
    const limit = range.limit ?? Infinity;
    const found: [string, string][] = [];
    for (let index = firstAtOrAfter(keys, range.prefix ?? range.from ?? ''); index < keys.length; index++) {
      const key = keys[index] as string;
      if (found.length >= limit || isBeyond(key, range)) break;
      found.push([key, this.#values.get(key) as string]);
    }
    return found;
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
