import { type DocumentPath, formatPath, type Problem } from '../../documents/problem.js';
import type { Assignment } from './assignments.js';
import { keyAt, variableFor } from './key-lookup.js';
import { hasProxyCredentials } from './proxy.js';

/**
 * Warnings of secrets that were given as flags: a process list shows them to every user of the machine, and the history
 * of a shell keeps them.
 */
export function flagWarnings(assignments: readonly Assignment[]): Problem[] {
  return assignments.flatMap(({ origin, path, value }) =>
    leavesOf(value, path).flatMap(([leaf, text]): Problem[] => {
      const hint = hintFor(leaf, text);
      return hint === undefined ? [] : [{ origin, path: [], message: 'the list of processes shows this secret', hint }];
    }),
  );
}

function hintFor(path: DocumentPath, text: string): string | undefined {
  const key = keyAt(path);
  if (key?.isSecret) return `set ${formatPath(path)}File to a file of mode 0600 that holds it`;
  if (!key?.isProxy || !hasProxyCredentials(text)) return undefined;
  return `set ${formatPath(path)} in a configuration file of mode 0600, or by the variable ${variableFor(path)}`;
}

function leavesOf(value: unknown, path: DocumentPath): (readonly [path: DocumentPath, text: string])[] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  const steps: readonly (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return steps.flatMap((step) =>
    leavesOf((value as Readonly<Record<string | number, unknown>>)[step], [...path, step]),
  );
}
