import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BuiltFiles } from './build.js';

/** How a folder differs from what a build makes; paths are relative to the output folder. */
export interface Drift {
  readonly missing: readonly string[];
  readonly different: readonly string[];
  /** Left there by an earlier build. */
  readonly stale: readonly string[];
}

/** Compares a folder with what a build of one bundle would write into it. */
export async function findDrift(directory: string, bundleName: string, files: BuiltFiles): Promise<Drift> {
  const missing: string[] = [];
  const different: string[] = [];
  for (const [file, content] of files) {
    const found = await readIfThere(path.join(directory, file));
    if (!found) missing.push(file);
    else if (!found.equals(content)) different.push(file);
  }
  const stale = (await generatedFiles(directory, bundleName)).filter((file) => !files.has(file));
  return { missing, different, stale };
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Files in a bundle's folder that have names as only builds give them; whatever else people keep there is theirs. */
async function generatedFiles(directory: string, bundleName: string): Promise<string[]> {
  const escaped = bundleName.replaceAll('.', String.raw`\.`);
  const patterns = [
    new RegExp(String.raw`^${escaped}-\d+\.\d+\.\d+\.zip$`),
    new RegExp(String.raw`^${escaped}\.(?:xml|d\.ts)$`),
    /^README\.md$/,
    new RegExp(String.raw`^device/${escaped}\.ts$`),
    /^schemas\/[A-Za-z][A-Za-z0-9_]*\.json$/,
    /^source-control\/(?:Projects|DataShapes|ThingShapes|ThingTemplates|Things)\/[^/]+\.xml$/,
  ];
  const root = path.join(directory, bundleName);
  const found = await filesBelow(root, '', 3);
  return found.filter((file) => patterns.some((pattern) => pattern.test(file))).map((file) => `${bundleName}/${file}`);
}

async function filesBelow(root: string, folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => []);
  const nested = entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(async (entry): Promise<string[]> => {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return depth > 1 ? filesBelow(root, name, depth - 1) : [];
      return entry.isFile() ? [name] : [];
    });
  return (await Promise.all(nested)).flat();
}
