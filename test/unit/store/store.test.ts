import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isAgentError } from '../../../src/core/errors.js';
import { openLevelStore } from '../../../src/store/level-store.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { openPostgresStore } from '../../../src/store/postgres-store.js';
import type { Store, StoreRange } from '../../../src/store/store.js';
import { testDatabase } from '../../support/postgres/test-database.js';

const kinds: [string, (directory: string) => Promise<Store>][] = [
  ['memory', () => Promise.resolve(new MemoryStore())],
  ['level', (directory) => openLevelStore(directory)],
  ['PostgreSQL', async () => openPostgresStore(await database.settings())],
];

const database = testDatabase();

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

  test('lists from the last key to the first', async () => {
    await store.batch(['a/1', 'a/2', 'a/3', 'b'].map((key) => ({ type: 'put' as const, key, value: 1 })));
    const names = async (range?: StoreRange): Promise<string[]> => (await read(store, range)).map(([key]) => key);
    expect(await names({ reverse: true })).toEqual(['b', 'a/3', 'a/2', 'a/1']);
    expect(await names({ prefix: 'a/', reverse: true, limit: 2 })).toEqual(['a/3', 'a/2']);
    expect(await names({ from: 'a/2', to: 'b', reverse: true })).toEqual(['a/3', 'a/2']);
  });

  test('keeps its order while keys come, go and come back', async () => {
    const present = new Set<string>();
    for (let step = 0; step < 300; step += 1) {
      const key = `k${(step * 37) % 53}`;
      if (present.delete(key)) await store.delete(key);
      else {
        present.add(key);
        await store.put(key, step);
      }
      if (step % 7 === 0) expect((await read(store)).map(([found]) => found)).toEqual([...present].sort());
    }
    expect((await read(store)).map(([found]) => found)).toEqual([...present].sort());
  });

  test('reads a value with a version that moves when it changes', async () => {
    expect(await store.read('a')).toBeUndefined();
    await store.put('a', { n: 1 });
    const first = await store.read('a');
    expect(first?.value).toEqual({ n: 1 });
    await store.put('b', 1);
    expect(await store.read('a')).toEqual(first);
    await store.put('a', { n: 2 });
    expect((await store.read('a'))?.version).not.toBe(first?.version);
  });

  test('does a batch only if what it was based on is unchanged, all or nothing', async () => {
    await store.batch(['a', 'b'].map((key) => ({ type: 'put' as const, key, value: 1 })));
    const versions = await Promise.all(
      ['a', 'b', 'none'].map(async (key) => ({ key, version: (await store.read(key))?.version })),
    );
    await store.batch([{ type: 'put', key: 'a', value: 2 }], { ifUnchanged: versions });
    const changes = [
      { type: 'put' as const, key: 'c', value: 3 },
      { type: 'delete' as const, key: 'b' },
    ];
    const second = store.batch(changes, { ifUnchanged: versions });
    await expect(second).rejects.toMatchObject({ code: 'StoreConflict' });
    const mustNotExist = store.batch(changes, { ifUnchanged: [{ key: 'a' }] });
    await expect(mustNotExist).rejects.toMatchObject({ code: 'StoreConflict' });
    expect(await read(store)).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  test('lets one of many conditional batches win, whatever else is written meanwhile', async () => {
    await store.put('count', 0);
    const add = async (): Promise<void> => {
      for (;;) {
        const found = await store.read('count');
        const ifUnchanged = [{ key: 'count', version: found?.version }];
        try {
          return await store.batch([{ type: 'put', key: 'count', value: Number(found?.value) + 1 }], { ifUnchanged });
        } catch (error) {
          if (!isAgentError(error, 'StoreConflict')) throw error;
        }
      }
    };
    const others = Array.from({ length: 20 }, (_, at) => store.put(`other/${at}`, at));
    await Promise.all([...Array.from({ length: 8 }, add), ...others]);
    expect(await store.get('count')).toBe(8);
    expect(await read(store, { prefix: 'other/' })).toHaveLength(20);
  });

  test('grants a lease to one holder, with tokens that grow', async () => {
    const first = await store.lease('hub', 'a', 30);
    expect(await store.lease('hub', 'b', 30)).toBeUndefined();
    expect(await first?.renew()).toBe(true);
    await store.batch([{ type: 'put', key: 'k', value: 1 }], { lease: { name: 'hub', token: first?.token ?? 0 } });
    await first?.release();
    const second = await store.lease('hub', 'b', 30);
    expect(second?.token).toBeGreaterThan(first?.token ?? Infinity);
    expect(await first?.renew()).toBe(false);
    const late = store.batch([{ type: 'put', key: 'k', value: 2 }], {
      lease: { name: 'hub', token: first?.token ?? 0 },
    });
    await expect(late).rejects.toMatchObject({ code: 'LeaseLost' });
    expect(await store.get('k')).toBe(1);
  });
});
