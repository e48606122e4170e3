import { dirname } from 'node:path';
import { messageOf } from './errors.js';

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

/** The same for one that could not be read. */
export function readFailure(error: unknown): string {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM')
    return 'this user has no permission to read it; run `chmod u+r` as its owner';
  if (code === 'EISDIR') return 'it is a directory, not a regular file';
  return messageOf(error);
}
