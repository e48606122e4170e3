import { rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BuiltFiles } from './build.js';
import { findDrift } from './drift.js';
import { makeFolder } from '../core/make-folder.js';

export interface WriteReport {
  readonly written: number;
  readonly removed: readonly string[];
}

/** Writes what has changed of a bundle, and removes what an earlier build left there and this one does not make. */
export async function writeBundle(directory: string, bundleName: string, files: BuiltFiles): Promise<WriteReport> {
  const { missing, different, stale } = await findDrift(directory, bundleName, files);
  const changed = [...missing, ...different];
  for (const file of changed) {
    const target = path.join(directory, file);
    await makeFolder(path.dirname(target));
    await writeFile(target, files.get(file) ?? '');
  }
  for (const file of stale) {
    await rm(path.join(directory, file));
    await removeIfEmpty(path.dirname(path.join(directory, file)));
  }
  return { written: changed.length, removed: stale };
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
