import { Unzip, UnzipInflate, type UnzipFile } from 'fflate';
import { messageOf } from '../../../core/errors.js';
import { ImportRefused } from './import-refused.js';

const MEBIBYTE = 1_048_576;
const MAX_UNPACKED_BYTES = 32 * MEBIBYTE;
const MAX_ENTRIES = 5000;
const MAX_NAME_LENGTH = 512;
/** Bytes read at a time. Bounds what is unpacked before the total is checked, and how long the event loop is blocked. */
const STEP_BYTES = 16_384;

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Whether the bytes begin like a zip file. */
export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03;

/** macOS adds resource forks to a zip, named after the files that they belong to. */
const isResourceFork = (name: string): boolean => /(?:^|\/)(?:__MACOSX\/|\._)/.test(name);

/**
 * Unpacks the entries that `wanted` accepts, and yields after each piece. The sizes that the file declares are not
 * trusted; entries that macOS adds (`__MACOSX/`, `._*`) are ignored.
 * @throws ImportRefused for bytes that are not a zip, too much data, or names that point outside the zip.
 */
export function* unzip(bytes: Uint8Array, wanted: (name: string) => boolean): Generator<void, ZipEntry[]> {
  const reading = new Reading(wanted);
  try {
    const unzipping = new Unzip((file) => reading.take(file));
    unzipping.register(UnzipInflate);
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      unzipping.push(bytes.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= bytes.length);
      yield;
    }
  } catch (error) {
    if (error instanceof ImportRefused) throw error;
    throw new ImportRefused(`the zip cannot be read: ${messageOf(error)}`);
  }
  return reading.entries();
}

class Reading {
  readonly #wanted: (name: string) => boolean;
  readonly #parts = new Map<string, { readonly parts: Uint8Array[]; isComplete: boolean }>();
  readonly #names = new Set<string>();
  #bytes = 0;

  constructor(wanted: (name: string) => boolean) {
    this.#wanted = wanted;
  }

  take(file: UnzipFile): void {
    this.#checkName(file.name);
    if (file.name.endsWith('/') || isResourceFork(file.name) || !this.#wanted(file.name)) return;
    const entry = { parts: [] as Uint8Array[], isComplete: false };
    this.#parts.set(file.name, entry);
    Object.assign(file, {
      ondata: (error: Error | null, part: Uint8Array, isLast: boolean) => {
        if (error) throw new ImportRefused(`the zip entry ${file.name} cannot be read: ${error.message}`);
        this.#bytes += part.length;
        if (this.#bytes > MAX_UNPACKED_BYTES)
          throw new ImportRefused(`the zip unpacks to more than ${MAX_UNPACKED_BYTES / MEBIBYTE} MiB`);
        entry.parts.push(part.slice());
        entry.isComplete ||= isLast;
      },
    });
    file.start();
  }

  entries(): ZipEntry[] {
    if (this.#names.size === 0) throw new ImportRefused('the zip has no entries');
    return [...this.#parts].map(([name, { parts, isComplete }]) => {
      if (!isComplete) throw new ImportRefused(`the zip entry ${name} is truncated`);
      return { name, bytes: Buffer.concat(parts) };
    });
  }

  #checkName(name: string): void {
    if (this.#names.size >= MAX_ENTRIES) throw new ImportRefused(`the zip has more than ${MAX_ENTRIES} entries`);
    const isElsewhere =
      /[\p{Cc}\\]/u.test(name) || name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.split('/').includes('..');
    if (name === '' || name.length > MAX_NAME_LENGTH || isElsewhere)
      throw new ImportRefused('the zip has an entry with an invalid name; use relative names, separated by /');
    const key = name.toLowerCase();
    if (this.#names.has(key)) throw new ImportRefused(`the zip has the entry ${name} twice`);
    this.#names.add(key);
  }
}
