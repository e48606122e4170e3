import { readPart } from './parts.js';

/** What a build has left in the folder of a bundle; names are relative to that folder. */
export interface Manifest {
  /** What the build made: the next one may overwrite or remove it. */
  readonly files: readonly string[];
  /** What was there before under a name that builds use: it is left alone. */
  readonly others: readonly string[];
}

const MAX_BYTES = 4 * 1024 * 1024;

/** Beside the bundle's folder, which holds only what is imported or used. */
export const manifestName = (bundleName: string): string => `.${bundleName}.manifest.json`;

export const manifestText = ({ files, others }: Manifest): string =>
  `${JSON.stringify({ about: 'What twx-iothub wrappers build made: only this is overwritten or removed.', files, others }, undefined, 2)}\n`;

/**
 * Reads the manifest of a bundle. One that cannot be read counts as none, and a name that builds never use is passed
 * over: whoever can write the manifest must not be able to have other files removed.
 */
export async function readManifest(directory: string, bundleName: string): Promise<Manifest | undefined> {
  const content = await readPart(directory, manifestName(bundleName), MAX_BYTES);
  if (!content) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
  const { files, others } = (value ?? {}) as { readonly files?: unknown; readonly others?: unknown };
  if (!Array.isArray(files)) return undefined;
  const isGenerated = generatedNames(bundleName);
  const names = (list: unknown): string[] =>
    (Array.isArray(list) ? list : []).filter((name): name is string => typeof name === 'string' && isGenerated(name));
  return { files: names(files), others: names(others) };
}

/** A test for the names, below a bundle's folder, that only builds use. Whatever else people keep there is theirs. */
export function generatedNames(bundleName: string): (file: string) => boolean {
  const escaped = bundleName.replaceAll('.', String.raw`\.`);
  const patterns = [
    new RegExp(String.raw`^${escaped}-\d+\.\d+\.\d+\.zip$`),
    new RegExp(String.raw`^${escaped}\.(?:xml|d\.ts)$`),
    /^README\.md$/,
    new RegExp(String.raw`^device/${escaped}\.ts$`),
    /^schemas\/[A-Za-z][A-Za-z0-9_]*\.json$/,
    /^source-control\/(?:Projects|DataShapes|ThingShapes|ThingTemplates|Things)\/[A-Za-z][A-Za-z0-9_.-]*\.xml$/,
  ];
  return (file) => patterns.some((pattern) => pattern.test(file));
}
