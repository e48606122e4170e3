import { readPart } from './parts.js';

/** The files in the folder of a bundle after a build; names are relative to that folder. */
export interface Manifest {
  /** Files that the build wrote, which the next build may overwrite or remove. */
  readonly files: readonly string[];
  /** Files that existed before with names that builds use; they are left unchanged. */
  readonly others: readonly string[];
}

const MAX_BYTES = 4 * 1024 * 1024;

/** Next to the bundle's folder, which contains only files that are imported or used. */
export const manifestName = (bundleName: string): string => `.${bundleName}.manifest.json`;

export const manifestText = ({ files, others }: Manifest): string =>
  `${JSON.stringify({ about: 'Files that twx-iothub wrappers build has written: only these are overwritten or removed.', files, others }, undefined, 2)}\n`;

/**
 * Reads the manifest of a bundle. One that cannot be parsed counts as missing. Names that builds never use are ignored, so
 * that a manipulated manifest cannot cause other files to be removed.
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

/** Returns a test for names, relative to a bundle's folder, that only builds use. Other files belong to the user. */
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
