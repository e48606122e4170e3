import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openLevelStore } from '../../../src/store/level-store.js';

/** Puts increasing numbers until it is killed, and prints each one that was acknowledged. */
const WRITER = `
const { ClassicLevel } = require(process.argv[1]);
const db = new ClassicLevel(process.argv[2]);
(async () => {
  for (let i = 0; ; i++) { await db.batch([{ type: 'put', key: 'n', value: String(i) }], { sync: true }); console.log(i); }
})();`;

describe('a store on disk', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'twx-level-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  test('keeps its entries when it is closed and opened again', async () => {
    const store = await openLevelStore(directory);
    await store.put('k', { a: 1 });
    await store.close();
    const again = await openLevelStore(directory);
    expect(await again.get('k')).toEqual({ a: 1 });
    await again.close();
  });

  test('keeps what was acknowledged before a kill -9', async () => {
    const child = spawn(process.execPath, ['-e', WRITER, require.resolve('classic-level'), directory]);
    let acknowledged = -1;
    let output = '';
    child.stdout.setEncoding('utf8');
    for await (const chunk of child.stdout as AsyncIterable<string>) {
      output += chunk;
      acknowledged = Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1));
      if (acknowledged >= 20) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const store = await openLevelStore(directory);
    expect(await store.get('n')).toBeGreaterThanOrEqual(acknowledged);
    await store.close();
  });

  test('reports that another process has it open', async () => {
    const store = await openLevelStore(directory);
    await expect(openLevelStore(directory)).rejects.toMatchObject({
      code: 'StateUnwritable',
      message: expect.stringContaining('in use by another process'),
    });
    await store.close();
  });

  test('reports a directory that cannot be created', async () => {
    const file = join(directory, 'file');
    await writeFile(file, 'x');
    await expect(openLevelStore(join(file, 'state'))).rejects.toMatchObject({
      code: 'StateUnwritable',
      message: expect.stringContaining('file/state'),
    });
  });

  test('fails once it is closed', async () => {
    const store = await openLevelStore(directory);
    await store.close();
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(store.put('k', 1)).rejects.toMatchObject({ code: 'StateUnwritable' });
    }
    await expect(store.get('k')).rejects.toMatchObject({ code: 'StateUnwritable' });
  });
});
