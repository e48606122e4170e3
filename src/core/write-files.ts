import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { messageOf } from './errors.js';

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

/**
 * Replaces a file atomically: a new file with an unguessable name, which must not exist, is written beside it and renamed.
 * A link is replaced, never followed.
 * @param mode the mode of the new file, before the umask.
 * @throws the error of the file system.
 */
export async function replaceFile(file: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  const partial = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  let isOurs = false;
  try {
    const handle = await open(partial, 'wx', mode);
    isOurs = true;
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    if (isOurs) await rm(partial, { force: true });
    throw error;
  }
}

type Explain = (path: string) => string;

/** What is wrong, and what to do, by the error code of the operating system. */
const SENTENCES: Readonly<Record<string, Explain>> = {
  ENOENT: (path) => `the folder ${dirname(path)} does not exist; create it first`,
  EEXIST: () => 'it already exists; choose another name, or delete it first',
  ENOTDIR: (path) => `a part of ${dirname(path)} is a file, not a folder; choose another folder`,
  EISDIR: () => 'it is a folder; name a file in it',
  ENOTEMPTY: () => 'the folder is not empty; choose another one, or delete what is in it',
  EACCES: () => 'this user has no permission; run the command as another user, or change the permissions of the folder',
  EPERM: () => 'this user has no permission; run the command as another user, or change the permissions of the folder',
  EROFS: () => 'the file system is read-only; choose a folder on another one',
  ENOSPC: () => 'the disk is full; free some space',
  EDQUOT: () => 'the quota of this user is used up; free some space',
  ENAMETOOLONG: () => 'the name is too long; choose a shorter one',
  ELOOP: () => 'a link leads back to itself; delete it',
  EMFILE: () => 'this process has too many files open; raise its limit (`ulimit -n`)',
};

/** Says why a file or folder could not be written, and what to do, for the error of a file system. */
export function writeFailure(path: string, error: unknown): string {
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
  return SENTENCES[code]?.(path) ?? messageOf(error);
}
