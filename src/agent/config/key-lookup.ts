import type { DocumentPath } from '../../documents/problem.js';
import { ANY_INDEX, ANY_NAME, CONFIGURATION_KEYS, type KeyDescription } from './key-table.js';

/** Removes case and underscores, to compare the names of environment variables with keys. */
export const foldKey = (text: string): string => text.replaceAll('_', '').toLowerCase();

/** A key that was found, with the names that the user chose in its path. */
export interface FoundKey {
  readonly key: KeyDescription;
  readonly path: DocumentPath;
}

/**
 * Finds a key by its parts, compared by `fold`.
 * @param current the value so far: a part that is a user-chosen name takes the spelling of the name that exists.
 */
export function findKey(
  parts: readonly string[],
  fold: (text: string) => string = (text) => text,
  current?: unknown,
): FoundKey | undefined {
  for (const key of CONFIGURATION_KEYS) {
    const path = matchPath(key, parts, fold, current);
    if (path) return { key, path };
  }
  return undefined;
}

/** The description of the key at a path of a value. */
export function keyAt(path: DocumentPath): KeyDescription | undefined {
  return findKey(path.map(String))?.key;
}

function matchPath(
  key: KeyDescription,
  parts: readonly string[],
  fold: (text: string) => string,
  current: unknown,
): DocumentPath | undefined {
  if (key.path.length !== parts.length) return undefined;
  const path: (string | number)[] = [];
  let value = current;
  for (const [index, expected] of key.path.entries()) {
    const step = matchPart(expected, parts[index] ?? '', fold, value);
    if (step === undefined) return undefined;
    path.push(step);
    value = (value as Record<string | number, unknown> | undefined)?.[step];
  }
  return path;
}

function matchPart(
  expected: string,
  part: string,
  fold: (text: string) => string,
  value: unknown,
): string | number | undefined {
  if (expected === ANY_INDEX) return /^\d{1,3}$/.test(part) ? Number(part) : undefined;
  if (expected !== ANY_NAME) return fold(expected) === fold(part) ? expected : undefined;
  const there = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return there.find((name) => fold(name) === fold(part)) ?? fold(part);
}

/** Splits `things[0].name`, `things.0.name` or `iothubs.main.tier` into parts. */
export const splitKey = (text: string): string[] =>
  text
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((part) => part !== '');

/** Formats a key for documentation: `iothubs.<name>.tier`, `things[].name`. */
export const displayKey = (key: KeyDescription): string => formatDisplay(key.path);

function formatDisplay(path: readonly string[]): string {
  return path.reduce((text, part) => {
    if (part === ANY_INDEX) return `${text}[]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** The environment variable that sets the key at `path`. */
export const variableFor = (path: readonly (string | number)[]): string =>
  ['TWX_IOTHUB', ...path.map((part) => String(part).toUpperCase())].join('__');
