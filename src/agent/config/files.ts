import { open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AgentError, messageOf } from '../../core/errors.js';
import type { DocumentPath, Problem } from '../../documents/problem.js';
import { connectionStringFault, sasTokenFault } from './credentials.js';
import { keyAt } from './key-lookup.js';
import { type LayeredValue, valueAt } from './layers.js';

/** What the files that the configuration names are, and what is wrong with them. */
export interface NamedFiles {
  /** Contents of secret files, trimmed, by the formatted path of the secret (without `File`). */
  readonly secrets: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

const MAX_SECRET_BYTES = 65_536;
/** The bit of a file's mode that lets everybody read it. */
const READABLE_BY_OTHERS = 0o004;

/**
 * The path of a file as a key names it: from the folder of the configuration file that names it, or from the working
 * folder when a variable or a flag does.
 */
export function resolveFile(layered: LayeredValue, path: DocumentPath): string {
  const named = valueAt(layered.value, path) as string;
  const holder = layered.fileOf(path);
  return holder === undefined ? resolve(named) : resolve(dirname(holder), named);
}

/** Paths of all keys that name a file that must be there. */
export function filePaths(root: unknown): DocumentPath[] {
  return leavesOf(root, []).filter((path) => {
    const last = path.at(-1);
    return (typeof last === 'string' && last.endsWith('File')) || path[0] === 'wrappers';
  });
}

function leavesOf(value: unknown, path: DocumentPath): DocumentPath[] {
  if (typeof value === 'string') return value === '' ? [] : [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => leavesOf(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

/** Reads the secrets' files and looks at all the others. */
export async function readNamedFiles(layered: LayeredValue): Promise<NamedFiles> {
  const secrets = new Map<string, string>();
  const problems: Problem[] = [];
  for (const path of filePaths(layered.value)) {
    const file = resolveFile(layered, path);
    const isSecret = keyAt(path)?.isSecretFile ?? false;
    const mustBePrivate = isSecret || path.at(-1) === 'clientKeyFile';
    const fault = await faultOfFile(file, mustBePrivate);
    const content = fault === undefined && isSecret ? await readSecret(file) : undefined;
    const contentFault = content === undefined ? undefined : faultOfSecret(path, content);
    const found = fault ?? contentFault;
    if (found) problems.push({ origin: layered.locate(path), path, ...found });
    else if (content !== undefined) secrets.set(secretId(path), content);
  }
  return { secrets, problems };
}

/** The name under which a secret's content is kept. */
export const secretId = (path: DocumentPath): string => path.join('/').replace(/File$/, '');

/**
 * Reads a secret from a file that others must not be able to read.
 * @throws AgentError `ConfigurationInvalid` with the command that mends it.
 */
export async function readPrivateFile(file: string): Promise<string> {
  const fault = await faultOfFile(file, true);
  const content = fault ? '' : await readSecret(file);
  const found = fault ?? (content === '' ? { message: 'the file is empty' } : undefined);
  if (!found) return content;
  const hint = found.hint === undefined ? '' : ` (${found.hint})`;
  throw new AgentError('ConfigurationInvalid', `${file}: ${found.message}${hint}`);
}

interface FileFault {
  readonly message: string;
  readonly hint?: string;
}

async function faultOfFile(file: string, mustBePrivate: boolean): Promise<FileFault | undefined> {
  try {
    const facts = await stat(file);
    if (facts.isDirectory()) return { message: `${file} is a folder, not a file` };
    if (mustBePrivate && (facts.mode & READABLE_BY_OTHERS) !== 0) {
      return { message: `others may read ${file}`, hint: `mend it with: chmod o-rwx ${quoted(file)}` };
    }
    await (await open(file, 'r')).close();
    return undefined;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { message: isMissing ? `there is no file ${file}` : `${file} cannot be read: ${messageOf(error)}` };
  }
}

const quoted = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`);

async function readSecret(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await handle.close();
  }
}

function faultOfSecret(path: DocumentPath, content: string): FileFault | undefined {
  if (content === '') return { message: 'the file is empty' };
  if (content.length > MAX_SECRET_BYTES) return { message: 'the file is too large for a secret' };
  const fault =
    path.at(-1) === 'connectionStringFile'
      ? connectionStringFault(content)
      : path.at(-1) === 'sasTokenFile'
        ? sasTokenFault(content)
        : undefined;
  return fault === undefined ? undefined : { message: `the content of the file ${fault}` };
}
