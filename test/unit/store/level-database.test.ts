import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ClassicLevel } from 'classic-level';
import { isDamage, stateError } from '../../../src/store/level-errors.js';
import { openLevelStore } from '../../../src/store/level-store.js';
import { recordingLog } from '../../support/recording-log.js';
import { seededRandom } from '../../support/seeded-random.js';

const RECORDS = 2000;
const NOW_MS = Date.UTC(2026, 1, 3, 4, 5, 6, 789);

let original: string;
let parent: string;
let directory: string;

/**
 * Values that compress to half their length: LevelDB notices damage only in compressed blocks, and compresses a block only
 * if that saves an eighth.
 */
function compressibleTexts(): () => string {
  const random = seededRandom(4711);
  return () => {
    const half = Array.from({ length: 20 }, () => random().toString(36).slice(2)).join('');
    return half + half;
  };
}

/** A database with tables, a log, and a manifest. */
beforeAll(async () => {
  const text = compressibleTexts();
  original = await mkdtemp(join(tmpdir(), 'twx-damage-'));
  const first = new ClassicLevel(join(original, 'db'));
  for (let start = 0; start < RECORDS; start += 100) {
    const records = Array.from({ length: 100 }, (_unused, index) => {
      const key = `k${String(start + index).padStart(5, '0')}`;
      return { type: 'put' as const, key, value: JSON.stringify({ key, text: text() }) };
    });
    await first.batch(records);
  }
  await first.compactRange('a', 'z');
  await first.close();
  const second = new ClassicLevel(join(original, 'db'));
  await second.put('z-last', '"last"', { sync: true });
  await second.close();
});
afterAll(() => rm(original, { recursive: true, force: true }));

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'twx-damage-'));
  directory = join(parent, 'agent');
  await cp(join(original, 'db'), directory, { recursive: true });
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const fileOf = async (kind: string): Promise<string> => {
  const name = (await readdir(directory)).find((file) => file.startsWith(kind) || file.endsWith(kind));
  return join(directory, name ?? kind);
};

const change = async (file: string, edit: (bytes: Buffer) => void): Promise<void> => {
  const bytes = await readFile(file);
  edit(bytes);
  await writeFile(file, bytes);
};

const WAYS: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  gone: (file) => rm(file),
  empty: (file) => truncate(file, 0),
  'cut in half': async (file) => truncate(file, Math.floor((await readFile(file)).length / 2)),
  garbled: (file) =>
    change(file, (bytes) => {
      for (let at = 0; at < bytes.length; at += 3) bytes[at] = (bytes[at] as number) ^ 0x5a;
    }),
  'garbled in the middle': (file) =>
    change(file, (bytes) => {
      const middle = Math.floor(bytes.length / 2);
      for (let at = middle; at < Math.min(bytes.length, middle + 200); at += 1)
        bytes[at] = (bytes[at] as number) ^ 0x5a;
    }),
  'a folder': async (file) => {
    await rm(file);
    await mkdir(file);
  },
};

async function openAll(): Promise<{ readonly keys: string[]; readonly log: ReturnType<typeof recordingLog> }> {
  const log = recordingLog();
  const store = await openLevelStore(directory, { log, nowMs: () => NOW_MS });
  const keys: string[] = [];
  for await (const [key] of store.entries()) keys.push(key);
  await store.put('new', 1);
  expect(await store.get('new')).toBe(1);
  await store.close();
  return { keys, log };
}

describe.each(['CURRENT', 'MANIFEST', '.ldb', '.log', 'LOCK', 'LOG'])('the file %s', (kind) => {
  test.each(Object.keys(WAYS))('does not keep the agent from starting when it is %s', async (way) => {
    await WAYS[way]?.(await fileOf(kind));
    const { keys, log } = await openAll();
    const folders = await readdir(parent);
    const aside = folders.filter((name) => name !== 'agent');
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    expect(aside.length).toBe(warnings.length);
    for (const name of aside) expect(name).toBe('agent.damaged-2026-02-03T04-05-06-789Z');
    if (aside.length === 0) expect(keys.length).toBeGreaterThanOrEqual(RECORDS);
    else expect(warnings[0]?.message).toContain(join(parent, aside[0] as string));
    expect((await openAll()).log.lines).toEqual([]);
  });
});

test('records that can still be read are kept when a part of a table is damaged', async () => {
  await WAYS['garbled in the middle']?.(await fileOf('.ldb'));
  const { keys, log } = await openAll();
  expect(keys.length).toBeGreaterThan(RECORDS * 0.9);
  expect(keys.length).toBeLessThan(RECORDS + 1);
  expect(keys).toContain('z-last');
  expect(log.lines[0]?.fields['rescuedRecords']).toBe(keys.length);
});

test('a damaged value that LevelDB does not notice is skipped with a warning and hides no other', async () => {
  await rm(directory, { recursive: true });
  const raw = new ClassicLevel(directory, { compression: false });
  for (let index = 0; index < 200; index += 1) await raw.put(`k${index}`, JSON.stringify('x'.repeat(1000)));
  await raw.compactRange('a', 'z');
  await raw.close();
  await change(await fileOf('.ldb'), (bytes) => {
    const value = bytes.indexOf('"xxxx', bytes.length / 2);
    // Control characters within one value, which JSON does not allow.
    bytes.fill(0x01, value + 1, value + 201);
  });
  const { keys, log } = await openAll();
  expect(keys).toHaveLength(199);
  expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'a record of the state is not JSON; it is skipped'],
  ]);
  expect(await readdir(parent)).toEqual(['agent']);
});

test('a second damage at the same time gets a folder of its own', async () => {
  await WAYS['empty']?.(join(directory, 'CURRENT'));
  await openAll();
  await WAYS['empty']?.(join(directory, 'CURRENT'));
  await openAll();
  expect((await readdir(parent)).sort()).toEqual([
    'agent',
    'agent.damaged-2026-02-03T04-05-06-789Z',
    'agent.damaged-2026-02-03T04-05-06-789Z-2',
  ]);
});

test('a database in use is not treated as damaged', async () => {
  const store = await openLevelStore(directory);
  const log = recordingLog();
  await expect(openLevelStore(directory, { log })).rejects.toMatchObject({
    code: 'StateUnwritable',
    message: expect.stringMatching(/in use by another process; stop it/),
  });
  expect(await readdir(parent)).toEqual(['agent']);
  expect(log.lines).toEqual([]);
  await store.close();
});

test('a file in place of the directory is not moved', async () => {
  await rename(directory, join(parent, 'other'));
  await writeFile(directory, 'x');
  await expect(openLevelStore(directory)).rejects.toMatchObject({ code: 'StateUnwritable' });
  expect((await readdir(parent)).sort()).toEqual(['agent', 'other']);
});

test('a record that is not JSON is skipped with a warning and hides no other', async () => {
  const raw = new ClassicLevel(directory);
  for (const key of ['a', 'k00500x', 'zzz']) await raw.put(key, '{"broken":');
  await raw.put('', 'x').catch(() => undefined);
  await raw.close();
  const log = recordingLog();
  const store = await openLevelStore(directory, { log });
  let count = 0;
  for await (const [key] of store.entries()) count += key === '' ? 0 : 1;
  expect(count).toBe(RECORDS + 1);
  expect(log.lines.map(({ level, fields }) => [level, fields['key']])).toEqual(
    expect.arrayContaining([
      ['warn', 'a'],
      ['warn', 'k00500x'],
      ['warn', 'zzz'],
    ]),
  );
  expect(await store.get('a')).toBeUndefined();
  expect(await store.get('z-last')).toBe('last');
  await store.close();
});

describe('what an error says', () => {
  const io = (message: string): unknown => ({
    code: 'LEVEL_DATABASE_NOT_OPEN',
    cause: { code: 'LEVEL_IO_ERROR', message: `IO error: /s/agent/LOCK: ${message}` },
  });

  test.each([
    ['Permission denied', /chown -R \S+ \/s\/agent/],
    ['Operation not permitted', /chown -R/],
    ['Read-only file system', /writable/],
    ['No space left on device', /Free space/],
    ['Too many open files', /ulimit -n/],
    ['File too large', /ulimit -f/],
  ])('"%s" is not damage, and contains what to do', (message, remedy) => {
    expect(isDamage(io(message))).toBe(false);
    expect(stateError('/s/agent', io(message))).toMatchObject({
      code: 'StateUnwritable',
      message: expect.stringMatching(remedy),
    });
    expect(stateError('/s/agent', io(message)).message).toContain(message);
  });

  test.each(['No such file or directory', 'Invalid argument', 'Input/output error', 'Is a directory'])(
    '"%s" is damage',
    (message) => {
      expect(isDamage(io(message))).toBe(true);
    },
  );

  test.each([undefined, null, 'text', new Error('x'), Object.assign(new Error('x'), { code: 'EACCES' })])(
    '%p is no damage',
    (error) => {
      expect(isDamage(error)).toBe(false);
      expect(stateError('/s/agent', error).code).toBe('StateUnwritable');
    },
  );
});
