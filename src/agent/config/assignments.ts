import { parseJson } from '../../core/exact-json.js';
import { INEXACT_NUMBER, inexactNumbers } from '../../documents/document-value.js';
import { nearMiss } from '../../documents/near-miss.js';
import { type DocumentPath, type Origin, type Problem, formatPath } from '../../documents/problem.js';
import { findKey, foldKey, splitKey, variableFor, keyAt } from './key-lookup.js';
import { CONFIGURATION_KEYS, type KeyKind } from './key-table.js';
import { hasProxyCredentials } from './proxy.js';

/** A value from outside the files: an environment variable or a flag. */
export interface Assignment {
  readonly path: DocumentPath;
  readonly value: unknown;
  readonly kind: 'environment' | 'flag';
  readonly origin: Origin;
}

export interface Assignments {
  readonly assignments: readonly Assignment[];
  readonly problems: readonly Problem[];
}

export const ENVIRONMENT_PREFIX = 'TWX_IOTHUB__';

/**
 * Reads the environment variables that set keys. An empty one counts as not set.
 * @param current the value of the files, whose spelling of names is kept.
 */
export function environmentAssignments(
  environment: Readonly<Record<string, string | undefined>>,
  current: unknown,
): Assignments {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  for (const variable of Object.keys(environment).sort()) {
    const text = environment[variable];
    if (!variable.toUpperCase().startsWith(ENVIRONMENT_PREFIX) || !text) continue;
    const found = findKey(variable.slice(ENVIRONMENT_PREFIX.length).split('__'), foldKey, current);
    const origin = { source: variable };
    if (found) {
      const value = valueOfText(text, found.key.kind);
      assignments.push({ path: found.path, value, kind: 'environment', origin });
      problems.push(...numberProblems(value, found.path, origin));
    } else {
      const meant = nearMiss(
        variable.toUpperCase(),
        CONFIGURATION_KEYS.map((key) => variableFor(key.path)),
      );
      const hint = meant ? `did you mean ${meant}?` : 'see docs/configuration.md';
      problems.push({ origin, path: [], message: 'is not a configuration key', hint });
    }
  }
  return { assignments, problems };
}

/** Reads the values of flags, each `key=value`. */
export function flagAssignments(settings: readonly string[]): Assignments {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  for (const setting of settings) {
    const equals = setting.indexOf('=');
    const key = equals < 0 ? setting : setting.slice(0, equals);
    // Text that does not look like a key may be a misplaced secret.
    const origin = { source: `--set ${/^[\w.[\]-]*/.exec(key)?.[0]}` };
    const found = equals < 0 ? undefined : findKey(splitKey(key));
    if (found) {
      const value = valueOfText(setting.slice(equals + 1), found.key.kind);
      assignments.push({ path: found.path, value, kind: 'flag', origin });
      problems.push(...numberProblems(value, found.path, origin));
    } else {
      problems.push({ origin, path: [], message: equals < 0 ? 'must be key=value' : 'unknown key' });
    }
  }
  return { assignments, problems };
}

/** The problems of whole numbers in a value that a double cannot hold. */
const numberProblems = (value: unknown, path: DocumentPath, origin: Origin): Problem[] =>
  inexactNumbers(value).map((inner) => ({ origin, path: [...path, ...inner], ...INEXACT_NUMBER }));

/** Converts a string to a value; returns the text itself if it does not fit, so that the schema reports the problem. */
function valueOfText(text: string, kind: KeyKind): unknown {
  switch (kind) {
    case 'boolean':
      return /^(?:true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text;
    case 'integer':
    case 'number':
      return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
    case 'textList':
      return text.startsWith('[') ? jsonOrText(text) : splitList(text);
    case 'list':
    case 'group':
    case 'namedGroups':
      return jsonOrText(text);
    case 'text':
      return text;
  }
}

const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function jsonOrText(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/**
 * Warnings about secrets in flags: a process list shows them to every user of the machine, and the shell keeps them in
 * its history.
 */
export function flagWarnings(assignments: readonly Assignment[]): Problem[] {
  return assignments.flatMap(({ origin, path, value }) =>
    leavesOf(value, path).flatMap(([leaf, text]): Problem[] => {
      const hint = hintFor(leaf, text);
      return hint === undefined
        ? []
        : [{ origin, path: [], message: 'every user can see this secret in the process list', hint }];
    }),
  );
}

function hintFor(path: DocumentPath, text: string): string | undefined {
  const key = keyAt(path);
  if (key?.isSecret) return `set ${formatPath(path)}File to a file of mode 0600 that contains it`;
  if (!key?.isProxy || !hasProxyCredentials(text)) return undefined;
  return `set ${formatPath(path)} in a configuration file of mode 0600, or with the variable ${variableFor(path)}`;
}

function leavesOf(value: unknown, path: DocumentPath): (readonly [path: DocumentPath, text: string])[] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  const steps: readonly (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return steps.flatMap((step) =>
    leavesOf((value as Readonly<Record<string | number, unknown>>)[step], [...path, step]),
  );
}
