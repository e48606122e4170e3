import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Creates a folder and its missing parents. The option `recursive` of Node.js is not used: it never returns if a file
 * system answers "no such file" although the parent exists, as /proc does.
 * @throws the error of the file system.
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
