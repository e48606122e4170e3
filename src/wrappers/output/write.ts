import { realpath, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, replaceFile } from '../../core/write-files.js';
import type { BuiltFiles } from '../build.js';
import { manifestName, manifestText } from './manifest.js';
import { OutputRefused } from './plan.js';
import { inBatches } from './parts.js';
import type { WritePlan } from './plan.js';

export interface WriteReport {
  readonly written: number;
  readonly removed: readonly string[];
}

/**
 * Executes a plan: writes the files that changed, removes files of an earlier build that are no longer generated, and
 * records both for the next build.
 * @throws OutputRefused if a part of the folder has become a link since the plan was made.
 */
export async function writeBundle(directory: string, plan: WritePlan, files: BuiltFiles): Promise<WriteReport> {
  await makeFolder(directory);
  const root = await realpath(directory);
  // The manifest is written first, so that the next build recognizes files that were written before a failure.
  const manifest = manifestText(plan.manifest);
  const early = manifestText({ ...plan.manifest, files: [...plan.manifest.files, ...plan.removed].sort() });
  if (plan.changed.length > 0 || plan.removed.length > 0) await writeBelow(root, manifestName(plan.bundleName), early);
  // Sequential, because two folders may share a missing parent.
  for (const folder of new Set(plan.changed.map((file) => path.dirname(file)))) {
    await makeFolder(path.join(root, folder));
  }
  await inBatches(plan.changed, (file) => writeBelow(root, file, files.get(file) ?? ''));
  const removed = plan.removed.map((name) => `${plan.bundleName}/${name}`);
  for (const file of removed) await removeFile(root, file);
  await writeBelow(root, manifestName(plan.bundleName), manifest);
  return { written: plan.changed.length, removed };
}

async function writeBelow(root: string, file: string, content: string | Uint8Array): Promise<void> {
  await assertBelowRoot(root, file);
  await replaceFile(path.join(root, file), content);
}

async function removeFile(root: string, file: string): Promise<void> {
  await assertBelowRoot(root, file);
  await rm(path.join(root, file), { force: true });
  await removeIfEmpty(path.dirname(path.join(root, file)));
}

/** A folder may have been replaced by a link after the plan was made. */
async function assertBelowRoot(root: string, file: string): Promise<void> {
  const folder = path.dirname(path.join(root, file));
  if ((await realpath(folder)) === folder) return;
  throw new OutputRefused([
    `${file}: its folder was replaced by a link, which builds do not follow; remove the link and build again`,
  ]);
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
