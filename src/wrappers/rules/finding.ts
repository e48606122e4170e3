import type { DocumentPath } from '../../documents/problem.js';

/** A problem in a description that has not been located in its file yet. */
export interface Finding {
  readonly path: DocumentPath;
  readonly message: string;
  readonly hint?: string;
}

/** Findings for names that occur twice. */
export const duplicates = (names: readonly string[], pathOf: (index: number) => DocumentPath): Finding[] =>
  repeated(names, pathOf, (name) => name).map(({ path, name }) => ({ path, message: `the name ${name} occurs twice` }));

/** The same for names of entities and files, ignoring case. */
export const duplicatesOfAnyCase = (names: readonly string[], pathOf: (index: number) => DocumentPath): Finding[] =>
  repeated(names, pathOf, (name) => name.toLowerCase()).map(({ path, name }) => ({
    path,
    message: `the name ${name} occurs twice`,
    hint: 'names that differ only in case are equal',
  }));

function repeated(
  names: readonly string[],
  pathOf: (index: number) => DocumentPath,
  keyOf: (name: string) => string,
): { readonly path: DocumentPath; readonly name: string }[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    const isRepeated = seen.has(keyOf(name));
    seen.add(keyOf(name));
    return isRepeated ? [{ path: pathOf(index), name }] : [];
  });
}
