import { keyAt } from './key-lookup.js';

/** What stands in the place of a secret. */
export const MASK = '********';

/** A copy of a configuration, or of a part of it, that may be shown: secrets masked, passwords taken out of URLs. */
export function maskSecrets(value: unknown, path: readonly (string | number)[] = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => maskSecrets(item, [...path, index]));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskSecrets(item, [...path, key])]));
  }
  const key = keyAt(path);
  if (key?.isSecret) return MASK;
  return typeof value === 'string' ? maskUrl(value) : value;
}

const maskUrl = (text: string): string => text.replace(/^(\w+:\/\/)[^/@\s]+@/, `$1${MASK}@`);
