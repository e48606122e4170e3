import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openLevelStore } from '../../../src/store/level-store.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { Store, StoreRange } from '../../../src/store/store.js';

const kinds: [string, (directory: string) => Promise<Store>][] = [
  ['memory', () => Promise.resolve(new MemoryStore())],
  ['level', (directory) => openLevelStore(directory)],
];

async function read(store: Store, range?: StoreRange): Promise<[string, unknown][]> {
  const found: [string, unknown][] = [];
  for await (const [key, value] of store.entries(range)) found.push([key, value]);
  return found;
}

describe.each(kinds)('a store on %s', (_kind, open) => {
  let directory: string;
  let store: Store;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'twx-store-'));
    store = await open(join(directory, 'db'));
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('returns a value that was put, and undefined for an unknown key', async () => {
    const value = { text: 'ä\u{1f600}', list: [1, null, { deep: true }], nothing: null };
    await store.put('a', value);
    expect(await store.get('a')).toEqual(value);
    expect(await store.get('b')).toBeUndefined();
    await store.put('b', null);
    expect(await store.get('b')).toBeNull();
  });

  test('shares no object with its user', async () => {
    const value = { list: [1] };
    await store.put('a', value);
    value.list.push(2);
    const first = (await store.get('a')) as { list: number[] };
    first.list.push(3);
    expect(await store.get('a')).toEqual({ list: [1] });
  });

  test('deletes keys, including ones that do not exist', async () => {
    await store.put('a', 1);
    await store.delete('a');
    await store.delete('a');
    expect(await store.get('a')).toBeUndefined();
  });

  test('applies a whole batch in order', async () => {
    await store.put('gone', 1);
    await store.batch([
      { type: 'put', key: 'a', value: 1 },
      { type: 'put', key: 'a', value: 2 },
      { type: 'delete', key: 'gone' },
    ]);
    expect(await read(store)).toEqual([['a', 2]]);
    await store.batch([]);
  });

  test('applies none of a batch if one of its values cannot be written', async () => {
    const changes = [
      { type: 'put' as const, key: 'a', value: 1 },
      { type: 'put' as const, key: 'b', value: undefined },
    ];
    await expect(store.batch(changes)).rejects.toThrow(/b/u);
    expect(await read(store)).toEqual([]);
  });

  test('lists keys in the order of their UTF-8 bytes, by prefix, by bounds, up to a limit', async () => {
    const keys = ['\u{1f600}', '\uffee', 'b', 'a/1', 'a/2', 'a0', 'a', 'é'];
    await store.batch(keys.map((key, value) => ({ type: 'put' as const, key, value })));
    const names = async (range?: StoreRange): Promise<string[]> => (await read(store, range)).map(([key]) => key);
    expect(await names()).toEqual(['a', 'a/1', 'a/2', 'a0', 'b', 'é', '\uffee', '\u{1f600}']);
    expect(await names({ prefix: 'a/' })).toEqual(['a/1', 'a/2']);
    expect(await names({ from: 'a/2', to: 'b' })).toEqual(['a/2', 'a0']);
    expect(await names({ from: 'é' })).toEqual(['é', '\uffee', '\u{1f600}']);
    expect(await names({ limit: 2 })).toEqual(['a', 'a/1']);
    expect(await names({ prefix: 'a/', limit: 1 })).toEqual(['a/1']);
    expect(await names({ prefix: 'zz' })).toEqual([]);
  });

  test('lists the entries that existed when the listing began', async () => {
    await store.batch(['a', 'b', 'c'].map((key) => ({ type: 'put' as const, key, value: 1 })));
    const seen: string[] = [];
    for await (const [key] of store.entries()) {
      seen.push(key);
      await store.batch([
        { type: 'delete', key: 'c' },
        { type: 'put', key: 'd', value: 1 },
      ]);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
  });
});
