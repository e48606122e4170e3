import path from 'node:path';
import type { BuiltFiles } from '../build.js';
import { compareFiles } from './drift.js';
import { type Manifest, generatedNames, manifestName, readManifest } from './manifest.js';
import { filesBelow, obstaclesTo } from './parts.js';

/** The changes that a build makes to the folder of one bundle. */
export interface WritePlan {
  readonly bundleName: string;
  /** Files to write, relative to the output folder. */
  readonly changed: readonly string[];
  /** Files to remove, relative to the bundle's folder. */
  readonly removed: readonly string[];
  /** Files with names that builds use but that no build wrote; they stay. Relative to the bundle's folder. */
  readonly leftAlone: readonly string[];
  readonly manifest: Manifest;
}

/**
 * Plans a build without changing anything. Only what the manifest of an earlier build lists is overwritten or removed.
 * @param isForced whether files of other origin may be overwritten; none of them is removed.
 * @throws OutputRefused if a part of the output is a link or contains files that no build wrote.
 */
export async function planBundle(
  directory: string,
  bundleName: string,
  files: BuiltFiles,
  isForced: boolean,
): Promise<WritePlan> {
  const names = new Set([...files.keys()].map((file) => file.slice(bundleName.length + 1)));
  const manifest = await readManifest(directory, bundleName);
  const own = new Set(manifest?.files);
  const stale = [...own].filter((name) => !names.has(name));
  await assertNoObstacles(directory, [
    manifestName(bundleName),
    ...files.keys(),
    ...stale.map((name) => `${bundleName}/${name}`),
  ]);
  const found = await filesBelow(path.join(directory, bundleName));
  const { missing, different } = await compareFiles(directory, files);
  const foreign = foreignFiles({ bundleName, names, found, different, manifest });
  if (foreign.length > 0 && !isForced) throw refusal(bundleName, foreign);
  const isGenerated = generatedNames(bundleName);
  const others = found.filter((name) => isGenerated(name) && !names.has(name) && !own.has(name));
  return {
    bundleName,
    changed: [...missing, ...different],
    removed: stale.filter((name) => found.includes(name)),
    leftAlone: others,
    manifest: { files: [...names].sort(), others },
  };
}

async function assertNoObstacles(directory: string, files: readonly string[]): Promise<void> {
  const lines = (await obstaclesTo(directory, files)).map(({ part, kind }) =>
    kind === 'link'
      ? `${part} is a link, which a build does not follow; remove it or choose another --out`
      : `${part} prevents files from being written; remove it or choose another --out`,
  );
  if (lines.length > 0) throw new OutputRefused(lines.slice(0, MAX_NAMED));
}

interface Findings {
  readonly bundleName: string;
  readonly names: ReadonlySet<string>;
  readonly found: readonly string[];
  readonly different: readonly string[];
  readonly manifest: Manifest | undefined;
}

/**
 * Files of other origin that prevent the build: with a manifest, those that would be overwritten; without one, all that
 * differ from the output, because the folder may serve a different purpose.
 */
function foreignFiles({ bundleName, names, found, different, manifest }: Findings): readonly string[] {
  const overwritten = new Set(different.map((file) => file.slice(bundleName.length + 1)));
  const own = new Set(manifest?.files);
  if (manifest) return [...overwritten].filter((name) => !own.has(name));
  return found.filter((name) => !names.has(name) || overwritten.has(name));
}

const MAX_NAMED = 5;

function refusal(bundleName: string, foreign: readonly string[]): OutputRefused {
  const named = foreign.slice(0, MAX_NAMED).map((name) => `${bundleName}/${name}`);
  const rest = foreign.length - named.length;
  const list = `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return new OutputRefused([
    `the folder ${bundleName} contains files that no known build has written: ${list}; choose another --out, or use --force, which overwrites those with the same names and removes none`,
  ]);
}

/** Thrown for an output folder that must not be written to. Each line says what is wrong with which file and what to do. */
export class OutputRefused extends Error {
  override readonly name = 'OutputRefused';

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
  }
}
