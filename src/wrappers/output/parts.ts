import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import path from 'node:path';

export type PartKind = 'nothing' | 'file' | 'folder' | 'link' | 'other';

const NOTHING: readonly string[] = ['ENOENT', 'ENOTDIR'];

/** The kind of file at a path, without following a link. @throws the error of the file system. */
export async function kindOfPart(file: string): Promise<PartKind> {
  try {
    return kindOf(await lstat(file));
  } catch (error) {
    if (NOTHING.includes((error as NodeJS.ErrnoException).code ?? '')) return 'nothing';
    throw error;
  }
}

function kindOf(entry: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): PartKind {
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}

/** A part of a path that is not of the required kind. */
export interface Obstacle {
  /** Relative to the output folder. */
  readonly part: string;
  readonly kind: PartKind;
}

/**
 * The parts of `files` below `root` that prevent regular files from being written: links, files in place of folders, and
 * anything else that is neither a file nor a folder.
 */
export async function obstaclesTo(root: string, files: readonly string[]): Promise<Obstacle[]> {
  const wanted = new Map<string, PartKind>();
  for (const file of files) {
    for (let slash = file.indexOf('/'); slash !== -1; slash = file.indexOf('/', slash + 1)) {
      wanted.set(file.slice(0, slash), 'folder');
    }
    wanted.set(file, 'file');
  }
  const found = await Promise.all(
    [...wanted].map(async ([part, want]) => ({ part, want, kind: await kindOfPart(path.join(root, part)) })),
  );
  return found.filter(({ kind, want }) => kind !== 'nothing' && kind !== want);
}

const MAX_BYTES = 64 * 1024 * 1024;
/** Opens without following a link or waiting for the other end of a pipe; Windows has no such flags. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The content of a regular file; undefined if there is none or it exceeds the limit. No part of its path below `root` may be a link. */
export async function readPart(root: string, file: string, maxBytes = MAX_BYTES): Promise<Buffer | undefined> {
  if ((await obstaclesTo(root, [file])).length > 0) return undefined;
  try {
    const handle = await open(path.join(root, file), READ_FLAGS);
    try {
      const { size } = await handle.stat();
      return size > maxBytes ? Buffer.alloc(0) : await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ([...NOTHING, 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

const BATCH_SIZE = 16;

/** Runs `work` for each item, a few at a time: sequential work is slow, and all at once may open too many files. */
export async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH_SIZE) {
    await Promise.all(items.slice(start, start + BATCH_SIZE).map(work));
  }
}

const MAX_DEPTH = 3;
const MAX_FILES = 20_000;

/** All files in a folder, sorted by name, without following links; only a part of huge folders. */
export async function filesBelow(root: string): Promise<string[]> {
  const files: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    if ((await kindOfPart(path.join(root, folder))) !== 'folder') return;
    const entries = await readdir(path.join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (files.length >= MAX_FILES) return;
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && depth < MAX_DEPTH) await visit(name, depth + 1);
      else files.push(name);
    }
  };
  await visit('', 1);
  return files;
}
