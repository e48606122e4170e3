import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeFolder, replaceFile } from '../../../src/core/write-files.js';
import { link, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { writeReadyFile } from '../../../src/sandbox/ready-file.js';

describe('makeFolder', () => {
  const root = mkdtempSync(join(tmpdir(), 'twx-iothub-folder-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('creates missing parents, and accepts a folder that exists', async () => {
    await makeFolder(join(root, 'a/b/c'), 0o700);
    await makeFolder(join(root, 'a/b/c'), 0o700);
    expect(statSync(join(root, 'a/b/c')).isDirectory()).toBe(true);
  });

  it('fails if a file has the name of the folder or of a parent', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(makeFolder(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(root, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('fails instead of retrying for ever if the file system accepts no folders', async () => {
    await expect(makeFolder('/proc/nothing/here')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('replacing a file', () => {
  let folder = '';
  const at = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'replace-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('creates or replaces the file, and leaves no partial file', async () => {
    await replaceFile(at('a'), 'one');
    await replaceFile(at('a'), 'two', 0o600);
    expect(await readFile(at('a'), 'utf8')).toBe('two');
    expect((await lstat(at('a'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['a']);
  });

  it.each(['symbolic', 'hard'])('replaces a %s link and leaves what it leads to', async (kind) => {
    await writeFile(at('target'), 'theirs');
    await (kind === 'hard' ? link : symlink)(at('target'), at('a'));
    await replaceFile(at('a'), 'ours');
    expect(await readFile(at('target'), 'utf8')).toBe('theirs');
    expect((await lstat(at('a'))).isFile()).toBe(true);
  });

  it('fails if a folder has its name, and leaves no partial file', async () => {
    await mkdir(at('a'));
    await expect(replaceFile(at('a'), 'x')).rejects.toMatchObject({ syscall: 'rename' });
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('uses a name for the partial file that cannot be prepared beforehand', async () => {
    await writeFile(at('target'), 'theirs');
    const pid = process.pid;
    for (const name of ['ready.tmp', `ready.${pid}.tmp`]) await symlink(at('target'), at(name));
    await writeReadyFile(at('ready'), { pid });
    expect(await readFile(at('target'), 'utf8')).toBe('theirs');
    expect(JSON.parse(await readFile(at('ready'), 'utf8'))).toEqual({ pid });
    expect((await lstat(at('ready'))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['ready', `ready.${pid}.tmp`, 'ready.tmp', 'target']);
  });

  it('reports a ready file that cannot be written', async () => {
    await expect(writeReadyFile(at('none/ready'), { pid: 1 })).rejects.toMatchObject({ code: 'StateUnwritable' });
  });
});
