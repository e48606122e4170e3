import { keyAt } from './key-lookup.js';
import type { KeyKind } from './key-table.js';
import { maskProxy } from './proxy.js';

/** What stands in the place of a secret. */
export const MASK = '********';

/** A copy of a configuration, or of a part of it, that may be shown: secrets, and users and passwords in URLs, masked. */
export function maskSecrets(value: unknown, path: readonly (string | number)[] = []): unknown {
  if (value === null || value === undefined) return value;
  const key = keyAt(path);
  // Whatever stands where a secret should: a list of one secret is as secret as the secret.
  if (key?.isSecret) return MASK;
  if (Array.isArray(value)) return value.map((item, index) => maskSecrets(item, [...path, index]));
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskSecrets(item, [...path, name])]));
  }
  if (typeof value !== 'string') return value;
  if (key?.isProxy) return maskProxy(value, MASK);
  // The text of a group that could not be read as one may have any of its secrets.
  if (key && GROUPS.includes(key.kind)) return MASK;
  // An address of ThingWorx with a user is refused; what stands before the at sign may be a password.
  return key?.path.join('.') === 'thingworx.url' && value.includes('@') ? MASK : maskUser(value);
}

const GROUPS: readonly KeyKind[] = ['group', 'namedGroups', 'list'];

/** Up to the last at sign: passwords may have one, as they may have slashes. */
const maskUser = (text: string): string => text.replace(/^\s*(\w+):[/\\]{1,2}.*@/s, `$1://${MASK}@`);
