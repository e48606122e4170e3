import type { SelectItem } from '../../../hub-query/syntax.js';
import { canonicalName, compilePath, type QueryDocument } from './document.js';

export type Row = Readonly<Record<string, unknown>>;

/** One column of a result: its name, and its value for a document. */
export interface Column {
  readonly name: string;
  readonly item: SelectItem;
  readonly value: (document: QueryDocument) => unknown;
}

/** The columns of a select list. An aggregate without an alias is called `$1`, `$2` and so on. */
export function compileColumns(items: readonly SelectItem[]): readonly Column[] {
  let unnamed = 0;
  return items.map((item) => {
    const named = item.alias ?? (item.kind === 'path' ? lastName(item.path.segments) : undefined);
    if (named === undefined) unnamed += 1;
    return {
      name: named ?? `$${unnamed}`,
      item,
      value: item.path ? compilePath(item.path.segments) : () => undefined,
    };
  });
}

function lastName(segments: readonly (string | number)[]): string {
  if (segments.length === 1) return canonicalName(String(segments[0]));
  return String(segments.findLast((segment) => typeof segment === 'string'));
}

/** A row without the cells that have no value. */
export function makeRow(cells: readonly (readonly [name: string, value: unknown])[]): Row {
  return Object.fromEntries(cells.filter(([, value]) => value !== undefined));
}
