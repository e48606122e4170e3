import path from 'node:path';
import type { BuiltFiles } from '../build.js';
import { compareFiles } from './drift.js';
import { generatedNames, type Manifest, manifestName, readManifest } from './manifest.js';
import { OutputRefused } from './output-refused.js';
import { filesBelow, obstaclesTo } from './parts.js';

/** What a build is going to do to the folder of one bundle. */
export interface WritePlan {
  readonly bundleName: string;
  /** To be written, relative to the output folder. */
  readonly changed: readonly string[];
  /** To be removed, relative to the bundle's folder. */
  readonly removed: readonly string[];
  /** Under names that builds use, but made by none: they stay. Relative to the bundle's folder. */
  readonly leftAlone: readonly string[];
  readonly manifest: Manifest;
}

/**
 * Plans a build without changing anything. Only what the manifest of an earlier build lists is overwritten or removed.
 * @param isForced files of other origin may be overwritten; none is removed for that.
 * @throws OutputRefused when a part of the output is a link, or holds files that no build has made.
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
      ? `${part} is a link, which a build does not follow; remove it, or choose another --out`
      : `${part} is in the way of what is to be written; remove it, or choose another --out`,
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
 * Files of other origin that forbid the build: with a manifest those that would be overwritten, without one all that
 * are not already what the build makes, since the folder may be of quite another kind.
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
    `the folder ${bundleName} holds files that no build is known to have made: ${list}; choose another --out, or use --force, which overwrites those that are in the way and removes none`,
  ]);
}
