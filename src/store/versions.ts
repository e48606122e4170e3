import { createHash } from 'node:crypto';
import { AgentError } from '../core/errors.js';
import type { Unchanged } from './store.js';

/** The version of a value: a digest of its JSON text. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** @throws AgentError `StoreConflict` unless the text of every key has the version that was read. */
export function requireUnchanged(expected: readonly Unchanged[], texts: readonly (string | undefined)[]): void {
  for (const [index, { key, version }] of expected.entries()) {
    const text = texts[index];
    if ((text === undefined ? undefined : versionOf(text)) !== version)
      throw new AgentError('StoreConflict', `The record ${JSON.stringify(key)} has changed since it was read.`);
  }
}
