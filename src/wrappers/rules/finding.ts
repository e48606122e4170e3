import type { DocumentPath } from '../../documents/problem.js';

/** Something wrong with a description, not yet located in its file. */
export interface Finding {
  readonly path: DocumentPath;
  readonly message: string;
  readonly hint?: string;
}

/** Findings of names that occur twice, letters of either case being the same: file systems and ThingWorx think so. */
export function duplicates(names: readonly string[], pathOf: (index: number) => DocumentPath): Finding[] {
  const first = new Map<string, number>();
  return names.flatMap((name, index) => {
    const key = name.toLowerCase();
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      return [];
    }
    return [{ path: pathOf(index), message: `the name ${name} occurs twice`, hint: 'case does not make a difference' }];
  });
}
