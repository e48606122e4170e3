import { keyAt } from './key-lookup.js';
import type { KeyKind } from './key-table.js';
import { maskProxy } from './proxy.js';

/** Replaces a secret. */
export const MASK = '********';

/** A copy of a configuration, or of a part of it, with secrets, and users and passwords in URLs, masked. */
export function maskSecrets(value: unknown, path: readonly (string | number)[] = []): unknown {
  if (value === null || value === undefined) return value;
  const key = keyAt(path);
  // Masks any value, because a list that holds a secret is as secret as the secret itself.
  if (key?.isSecret) return MASK;
  if (Array.isArray(value)) return value.map((item, index) => maskSecrets(item, [...path, index]));
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskSecrets(item, [...path, name])]));
  }
  if (typeof value !== 'string') return value;
  if (key?.isProxy) return maskProxy(value, MASK);
  // Text in place of a group could not be parsed and may contain any secret of the group.
  if (key && GROUPS.includes(key.kind)) return MASK;
  // A ThingWorx URL with a user is refused, but the text before the at sign may be a password.
  return key?.path.join('.') === 'thingworx.url' && value.includes('@') ? MASK : maskUser(value);
}

const GROUPS: readonly KeyKind[] = ['group', 'namedGroups', 'list'];

/** Masks up to the last at sign, because passwords may contain at signs and slashes. */
const maskUser = (text: string): string => text.replace(/^\s*(\w+):[/\\]{1,2}.*@/s, `$1://${MASK}@`);
