import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { makeFolder } from '../../../src/core/make-folder.js';

describe('makeFolder', () => {
  const root = mkdtempSync(join(tmpdir(), 'twx-iothub-folder-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('makes what is missing above it too, and takes what is there', async () => {
    await makeFolder(join(root, 'a/b/c'), 0o700);
    await makeFolder(join(root, 'a/b/c'), 0o700);
    expect(statSync(join(root, 'a/b/c')).isDirectory()).toBe(true);
  });

  it('fails where a file stands in the way', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(makeFolder(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(root, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('fails, instead of trying for ever, where the file system takes no folders', async () => {
    await expect(makeFolder('/proc/nothing/here')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
