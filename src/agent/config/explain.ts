import type { DocumentPath, Origin } from '../../documents/problem.js';
import { formatPath } from '../../documents/problem.js';
import { displayKey, findKey, splitKey } from './key-lookup.js';
import { CONFIGURATION_KEYS, type KeyDescription } from './key-table.js';
import { type LayeredValue, valueAt } from './layers.js';
import { maskSecrets } from './mask.js';

/** Where the value of a key comes from. */
export interface Explanation {
  readonly key: string;
  readonly description: string;
  /** Masked; undefined if the key has neither a value nor a default. */
  readonly value: unknown;
  readonly source: 'file' | 'environment' | 'flag' | 'default' | 'none';
  readonly origin?: Origin;
  /** Other sources that were overridden, the nearest first. */
  readonly overruled: readonly Origin[];
}

/**
 * Explains a key, or every key with a value in a group; undefined if there is no such key.
 * @param text for example `log.level`, `iothubs.main.tier`, `things[0].name` or `admin`.
 */
export function explainKey(text: string, layered: LayeredValue): Explanation[] | undefined {
  const found = findKey(splitKey(text));
  if (!found) return undefined;
  return leavesBelow(found.key, found.path, layered).map(([key, path]) => explain(key, path, layered));
}

type Leaf = readonly [key: KeyDescription, path: DocumentPath];

function leavesBelow(key: KeyDescription, path: DocumentPath, layered: LayeredValue): Leaf[] {
  if (key.kind === 'group') {
    const members = CONFIGURATION_KEYS.filter(
      (member) => member.path.length === key.path.length + 1 && key.path.every((part, at) => part === member.path[at]),
    );
    return members.flatMap((member) => leavesBelow(member, [...path, member.path.at(-1) ?? ''], layered));
  }
  const value = valueAt(layered.value, path);
  if (key.kind !== 'namedGroups' && key.kind !== 'list') return [[key, path]];
  const steps = Array.isArray(value) ? [...value.keys()] : typeof value === 'object' ? Object.keys(value ?? {}) : [];
  if (steps.length === 0) return [[key, path]];
  const member = CONFIGURATION_KEYS[CONFIGURATION_KEYS.indexOf(key) + 1] as KeyDescription;
  return steps.flatMap((step) => leavesBelow(member, [...path, step], layered));
}

function explain(key: KeyDescription, path: DocumentPath, layered: LayeredValue): Explanation {
  const [first, ...others] = layered.given(path);
  const base = { key: formatPath(path), description: key.description };
  if (first) {
    const overruled = others.map(({ origin }) => origin);
    return { ...base, value: maskSecrets(first.value, path), source: first.kind, origin: first.origin, overruled };
  }
  return {
    ...base,
    value: key.defaultValue,
    source: key.defaultValue === undefined ? 'none' : 'default',
    overruled: [],
  };
}

/** Every key that can be explained, as the documentation writes it. */
export const knownKeys = (): string[] => CONFIGURATION_KEYS.map(displayKey);
