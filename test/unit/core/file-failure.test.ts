import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFailure } from '../../../src/core/regular-file.js';
import { writeFailure } from '../../../src/core/write-files.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-failure-'));
  await writeFile(join(root, 'file'), '');
});
afterAll(() => rm(root, { recursive: true }));

async function sentenceFor(...path: string[]): Promise<string> {
  const file = join(root, ...path);
  const error: unknown = await writeFile(file, '', { flag: 'wx' }).catch((failure: unknown) => failure);
  return writeFailure(file, error).replaceAll(root, 'ROOT');
}

describe('why a file cannot be written', () => {
  it.each([
    [['file'], 'it already exists; choose another name, or delete it first'],
    [['none', 'new'], 'the folder ROOT/none does not exist; create it first'],
    [['file', 'new'], 'a part of ROOT/file is a file, not a folder; choose another folder'],
    [['n'.repeat(300)], 'the name is too long; choose a shorter one'],
  ])('%j: is said with what to do', async (path, sentence) => {
    expect(await sentenceFor(...path)).toBe(sentence);
  });

  it('names neither code nor system call for a folder in the place of a file', async () => {
    await mkdir(join(root, 'folder'));
    const error: unknown = await writeFile(join(root, 'folder'), '').catch((failure: unknown) => failure);
    expect(writeFailure(join(root, 'folder'), error)).toBe('it is a folder; name a file in it');
  });
});

describe('why a file cannot be read', () => {
  it.each([
    ['ENOENT', 'there is no such file'],
    ['EACCES', 'this user has no permission to read it; run `chmod u+r` as its owner'],
    ['EWEIRD', 'the text of Node.js'],
  ])('%s', (code, sentence) => {
    expect(readFailure(Object.assign(new Error('the text of Node.js'), { code }))).toBe(sentence);
  });
});
