import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { wrapperFiles } from '../../../scripts/wrapper-files.js';

const root = path.join(__dirname, '..', '..', '..');

const filesIn = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));

describe('the files that are generated from descriptions and tables', () => {
  it('are up to date: otherwise run npx tsx scripts/generate-wrappers.ts', async () => {
    const { files } = await wrapperFiles();
    for (const [file, content] of files) {
      expect({ file, isFresh: readFileSync(path.join(root, file)).equals(content) }).toEqual({ file, isFresh: true });
    }
  });

  it('are the only files in their folders', async () => {
    const { folders, files } = await wrapperFiles();
    const made = [...files.keys()].filter((file) => file.startsWith('wrappers/'));
    expect(folders.flatMap(filesIn).sort()).toEqual(made.sort());
  });
});
