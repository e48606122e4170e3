import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it, where they are missing. Not by `recursive` of Node.js, which never ends where a file
 * system says "no such file" to a folder whose parent is there (as /proc does).
 * @throws the error of the file system
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const folder = resolve(path);
  const failure = await failureOf(mkdir(folder, { mode }));
  if (failure === undefined) return;
  if (failure.code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
  const parent = dirname(folder);
  if (failure.code !== 'ENOENT' || parent === folder || (await isThere(parent))) throw failure;
  await makeFolder(parent, mode);
  await mkdir(folder, { mode });
}

async function failureOf(work: Promise<unknown>): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await failureOf(stat(path))) === undefined;
}
