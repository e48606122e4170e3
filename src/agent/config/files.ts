import { dirname, resolve } from 'node:path';
import type { DocumentPath, Problem } from '../../documents/problem.js';
import { readConnectionString, readSasToken } from '../../iothub/connection-string.js';
import { databaseUrlFault } from './database-checks.js';
import type { FileRights } from './file-rights.js';
import { MIN_CONSOLE_KEY } from './console-schema.js';
import { keyAt } from './key-lookup.js';
import { type LayeredValue, valueAt } from './layers.js';
import { type FileFault, inspectFile, readFileText, readSecretText } from './secret-file.js';

/** Contents and problems of the files that the configuration names. */
export interface NamedFiles {
  /** Contents of secret files, trimmed, by the formatted path of the secret (without `File`). */
  readonly secrets: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  /** Problems that do not prevent the agent from working but should be fixed. */
  readonly warnings: readonly Problem[];
}

/** Certificates and keys are small; a bundle of all public authorities takes a quarter of a megabyte. */
const MAX_PEM_BYTES = 4 * 1024 * 1024;

/**
 * Resolves the file that a key names: relative to the configuration file that names it, or to the working directory if a
 * variable or a flag does.
 */
export function resolveFile(layered: LayeredValue, path: DocumentPath): string {
  const named = valueAt(layered.value, path) as string;
  const holder = layered.fileOf(path);
  return holder === undefined ? resolve(named) : resolve(dirname(holder), named);
}

/** Paths of all keys that name a file that must exist. */
export function filePaths(root: unknown): DocumentPath[] {
  return leavesOf(root, []).filter((path) => {
    const last = path.at(-1);
    return (typeof last === 'string' && last.endsWith('File')) || path[0] === 'wrappers';
  });
}

/** The secret files that a configuration names, as absolute paths. */
export function secretFilesOf(layered: LayeredValue): string[] {
  return filePaths(layered.value)
    .filter((path) => keyAt(path)?.isSecretFile === true)
    .map((path) => resolveFile(layered, path));
}

function leavesOf(value: unknown, path: DocumentPath): DocumentPath[] {
  if (typeof value === 'string') return value === '' ? [] : [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => leavesOf(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

/** Reads the secret files and inspects all others. */
export async function readNamedFiles(layered: LayeredValue, rights: FileRights): Promise<NamedFiles> {
  const secrets = new Map<string, string>();
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const path of filePaths(layered.value)) {
    const located = (fault: FileFault): Problem => ({ origin: layered.locate(path), path, ...fault });
    const file = resolveFile(layered, path);
    const isSecret = keyAt(path)?.isSecretFile ?? false;
    const { fault, warning } = await inspectFile(file, isSecret || path.at(-1) === 'clientKeyFile', rights);
    if (warning) warnings.push(located(warning));
    const content = fault ? { fault } : await contentOf(path, file, isSecret);
    if ('fault' in content) problems.push(located(content.fault));
    else if (isSecret) secrets.set(secretId(path), content.text);
  }
  return { secrets, problems, warnings };
}

/** The name under which a secret's content is kept. */
export const secretId = (path: DocumentPath): string => path.join('/').replace(/File$/, '');

type Content = { readonly text: string } | { readonly fault: FileFault };

async function contentOf(path: DocumentPath, file: string, isSecret: boolean): Promise<Content> {
  // Wrapper descriptions are read, and their problems found, as documents.
  if (path[0] === 'wrappers') return { text: '' };
  if (!isSecret) return await readFileText(file, MAX_PEM_BYTES);
  const content = await readSecretText(file);
  if ('fault' in content) return content;
  const fault = secretFault(path.at(-1), content.text);
  return fault === undefined ? content : { fault: { message: `the content of the file ${fault}` } };
}

/** Why a string cannot be an application key, which is sent in a header of one line. */
export const appKeyFault = (text: string): string | undefined =>
  /\p{Cc}/u.test(text) ? 'has more than one line or a control character' : undefined;

/** Why a string cannot be the key of the console. */
const consoleKeyFault = (text: string): string | undefined =>
  text.length < MIN_CONSOLE_KEY ? `has fewer than ${MIN_CONSOLE_KEY} characters` : undefined;

function secretFault(key: string | number | undefined, text: string): string | undefined {
  if (key === 'appKeyFile') return appKeyFault(text);
  if (key === 'keyFile') return consoleKeyFault(text);
  if (key === 'urlFile') return databaseUrlFault(text);
  const read = key === 'connectionStringFile' ? readConnectionString(text) : readSasToken(text);
  return read.ok ? undefined : read.fault;
}
