import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { AgentError, messageOf } from './errors.js';
import { decodeText, textFaultSentence } from './text-encoding.js';

/** Returns the kind of a file that is not a regular one; undefined for a regular file. */
export function otherKindOfFile(facts: Stats): string | undefined {
  if (facts.isFile()) return undefined;
  if (facts.isDirectory()) return 'a directory';
  if (facts.isFIFO()) return 'a named pipe';
  return facts.isSocket() ? 'a socket' : 'a device';
}

/**
 * Reads a regular file, but at most `maxBytes` plus one byte, which shows the caller that the file is larger. Named pipes
 * and devices are refused without waiting: a pipe may never have a writer, and a device may never end.
 * @throws Error with a message that completes `FILE: cannot be read: ...`.
 */
export async function readRegularFile(file: string, maxBytes: number): Promise<Buffer> {
  refuseOtherKinds(await statOf(file));
  // A pipe may have replaced the file in the meantime, so it is opened without blocking and checked again.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    refuseOtherKinds(await handle.stat());
    return await readAtMost(handle, maxBytes + 1);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a UTF-8 text file.
 * @param maxBytes default 4 MiB.
 * @throws AgentError `DocumentUnreadable` if it cannot be read, is larger, or is not UTF-8.
 */
export async function readTextFile(file: string, maxBytes = 4 * 1024 * 1024): Promise<string> {
  const bytes = await readRegularFile(file, maxBytes).catch((error: unknown) => {
    throw unreadable(file, `cannot be read: ${readFailure(error)}`, error);
  });
  if (bytes.length > maxBytes) throw unreadable(file, `is larger than ${maxBytes} bytes`);
  const decoded = decodeText(bytes);
  if (decoded.ok) return decoded.text;
  throw unreadable(file, textFaultSentence(decoded.fault));
}

const unreadable = (file: string, why: string, cause?: unknown): AgentError =>
  new AgentError('DocumentUnreadable', `${file}: ${why}`, { cause });

async function statOf(file: string): Promise<Stats> {
  try {
    return await stat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('there is no such file', { cause: error });
  }
}

function refuseOtherKinds(facts: Stats): void {
  const kind = otherKindOfFile(facts);
  if (kind !== undefined) throw new Error(`it is ${kind}, not a regular file`);
}

async function readAtMost(handle: FileHandle, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  while (size < maxBytes) {
    const part = Buffer.alloc(Math.min(65_536, maxBytes - size));
    const { bytesRead } = await handle.read(part, 0, part.length);
    if (bytesRead === 0) break;
    parts.push(part.subarray(0, bytesRead));
    size += bytesRead;
  }
  return Buffer.concat(parts);
}

/** Says why a file could not be read, and what to do, for the error of a file system. */
export function readFailure(error: unknown): string {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM')
    return 'this user has no permission to read it; run `chmod u+r` as its owner';
  if (code === 'EISDIR') return 'it is a directory, not a regular file';
  return messageOf(error);
}
