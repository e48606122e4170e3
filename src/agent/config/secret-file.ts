import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AgentError } from '../../core/errors.js';
import { otherKindOfFile, readFailure, readRegularFile } from '../../core/regular-file.js';
import { decodeText, textFaultSentence } from '../../core/text-encoding.js';
import { type FileRights, PROCESS_FILE_RIGHTS } from './file-rights.js';

/** What is wrong with a file, and what to do about it. */
export interface FileFault {
  readonly message: string;
  readonly hint?: string;
}

/** The result of inspecting a file: why it cannot be used, or what should be fixed about it. */
export interface FileFindings {
  readonly fault?: FileFault;
  readonly warning?: FileFault;
}

/** The mode bit that lets everyone read a file. */
const READABLE_BY_OTHERS = 0o004;
const MAX_SECRET_BYTES = 65_536;

/** Inspects a file without opening it, because opening a named pipe would wait for a writer. */
export async function inspectFile(file: string, mustBePrivate: boolean, rights: FileRights): Promise<FileFindings> {
  try {
    const facts = await stat(file);
    const kind = otherKindOfFile(facts);
    if (kind !== undefined) return { fault: { message: `${file} is ${kind}, not a regular file` } };
    return mustBePrivate ? await inspectMode(file, facts, rights) : {};
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { fault: { message: isMissing ? `the file does not exist: ${file}` : unreadable(file, error) } };
  }
}

const unreadable = (file: string, error: unknown): string => `${file} cannot be read: ${readFailure(error)}`;

/** Only the owner of a file on a writable mount can change its mode; secrets mounted by orchestrators are often neither. */
async function inspectMode(file: string, { mode, uid }: Stats, rights: FileRights): Promise<FileFindings> {
  if ((mode & READABLE_BY_OTHERS) === 0 || rights.userId === undefined) return {};
  const message = `others can read ${file}`;
  const canBeChanged = uid === rights.userId && !(await rights.isOnReadOnlyMount(file));
  if (canBeChanged) return { fault: { message, hint: `run \`chmod 600 ${quoted(file)}\`` } };
  const hint =
    'set `defaultMode: 0400` for the volume in Kubernetes, or `mode: 0400` for the secret in Docker Compose and Swarm';
  return { warning: { message, hint } };
}

const quoted = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`);

/** Reads the text of a file; returns a fault if that is not possible. */
export async function readFileText(
  file: string,
  maxBytes: number,
): Promise<{ readonly text: string } | { readonly fault: FileFault }> {
  try {
    const bytes = await readRegularFile(file, maxBytes);
    if (bytes.length > maxBytes) return { fault: { message: `${file} is larger than ${maxBytes} bytes` } };
    const decoded = decodeText(bytes);
    return decoded.ok ? { text: decoded.text } : { fault: { message: `${file} ${textFaultSentence(decoded.fault)}` } };
  } catch (error) {
    return { fault: { message: unreadable(file, error) } };
  }
}

/** Reads a secret file, without white space around its content; returns a fault if it cannot be a secret. */
export async function readSecretText(file: string): Promise<{ readonly text: string } | { readonly fault: FileFault }> {
  const read = await readFileText(file, MAX_SECRET_BYTES);
  if ('fault' in read) return read;
  const text = read.text.trim();
  return text === '' ? { fault: { message: 'the file is empty' } } : { text };
}

/**
 * Reads a secret from a file that others should not be able to read.
 * @param onWarning is called with a sentence if others can read it but this user cannot change that.
 * @throws AgentError `ConfigurationInvalid` that says what to do.
 */
export async function readPrivateFile(
  file: string,
  onWarning: (sentence: string) => void = () => undefined,
  rights = PROCESS_FILE_RIGHTS,
): Promise<string> {
  const { fault, warning } = await inspectFile(file, true, rights);
  const read = fault ? { fault } : await readSecretText(file);
  if ('fault' in read) throw new AgentError('ConfigurationInvalid', `${file}: ${sentenceOf(read.fault)}`);
  if (warning) onWarning(sentenceOf(warning));
  return read.text;
}

const sentenceOf = ({ message, hint }: FileFault): string => (hint === undefined ? message : `${message} (${hint})`);
