import path from 'node:path';
import type { BuiltFiles } from '../build.js';
import { generatedNames, type Manifest, readManifest } from './manifest.js';
import { filesBelow, inBatches, obstaclesTo, readPart } from './parts.js';

/** How a folder differs from the output of a build; paths are relative to the output folder. */
export interface Drift {
  readonly missing: readonly string[];
  /** Includes links and folders in place of a file. */
  readonly different: readonly string[];
  /** Written by an earlier build, or with a name that only builds use. */
  readonly stale: readonly string[];
}

/** Compares a folder with what a build of one bundle would write into it. Links are not followed. */
export async function findDrift(directory: string, bundleName: string, files: BuiltFiles): Promise<Drift> {
  const { missing, different } = await compareFiles(directory, files);
  const manifest = await readManifest(directory, bundleName);
  const stale = await staleFiles(directory, bundleName, files, manifest);
  return { missing, different, stale };
}

/** The files of a build that are missing, and those whose content differs. */
export async function compareFiles(directory: string, files: BuiltFiles): Promise<Omit<Drift, 'stale'>> {
  const missing: string[] = [];
  const different: string[] = [];
  const names = [...files.keys()];
  const blocked = (await obstaclesTo(directory, names)).map(({ part }) => part);
  const same = new Map<string, boolean>();
  await inBatches([...files], async ([file, content]) => {
    const found = await readPart(directory, file);
    if (found) same.set(file, found.equals(content));
  });
  for (const file of names) {
    if (same.get(file)) continue;
    (same.has(file) || blocked.some((part) => file === part || file.startsWith(`${part}/`)) ? different : missing).push(
      file,
    );
  }
  return { missing, different };
}

async function staleFiles(
  directory: string,
  bundleName: string,
  files: BuiltFiles,
  manifest: Manifest | undefined,
): Promise<string[]> {
  const isGenerated = generatedNames(bundleName);
  const found = await filesBelow(path.join(directory, bundleName));
  return found
    .filter((file) => isGenerated(file) && !manifest?.others.includes(file))
    .map((file) => `${bundleName}/${file}`)
    .filter((file) => !files.has(file));
}
