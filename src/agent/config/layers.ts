import { isPlainObject } from '../../core/objects.js';
import type { DocumentPath, Origin } from '../../documents/problem.js';
import type { LocatedValue, SourceDocument } from '../../documents/read.js';
import type { Assignment } from './assignments.js';

/** A source of a value, with the value that it sets. */
export interface GivenValue {
  readonly kind: 'file' | 'environment' | 'flag';
  readonly origin: Origin;
  readonly value: unknown;
}

/** The merged value of several files and assignments; knows where each part comes from. */
export interface LayeredValue extends LocatedValue {
  /** Every source of the value at `path`, the effective one first. */
  given(path: DocumentPath): readonly GivenValue[];
  /** The file that sets the value at `path`; undefined if no file does. */
  fileOf(path: DocumentPath): string | undefined;
}

/**
 * Merges files, then assignments, in order; later ones win. Maps are merged key by key, everything else is replaced. A
 * key without a value (`null`) counts as not set.
 */
export function layer(documents: readonly SourceDocument[], assignments: readonly Assignment[]): LayeredValue {
  let value: unknown = {};
  for (const document of documents) value = merged(value, document.value);
  for (const { path, value: assigned } of assignments) value = withValueAt(value, path, assigned);
  const given = (path: DocumentPath): GivenValue[] => givenBy(documents, assignments, path);
  return {
    value,
    given,
    locate: (path, part) => locate(documents, given, { path, part: part ?? 'value' }),
    fileOf: (path) => {
      const [first] = given(path);
      return first?.kind === 'file' ? first.origin.source : undefined;
    },
  };
}

/** Uses Object.fromEntries, which creates own properties for all names, including `__proto__`. */
function merged(below: unknown, above: unknown): unknown {
  if (!isPlainObject(above)) return above ?? below;
  const entries = new Map(isPlainObject(below) ? Object.entries(below) : []);
  for (const [key, value] of Object.entries(above)) {
    const result = merged(entries.get(key), value);
    if (result !== undefined && result !== null) entries.set(key, result);
  }
  return Object.fromEntries(entries);
}

function withValueAt(root: unknown, path: DocumentPath, assigned: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return merged(root, assigned);
  if (typeof step === 'number') {
    const items: unknown[] = Array.isArray(root) ? [...(root as unknown[])] : [];
    items[step] = withValueAt(items[step], rest, assigned);
    return items;
  }
  const entries = new Map(isPlainObject(root) ? Object.entries(root) : []);
  entries.set(step, withValueAt(entries.get(step), rest, assigned));
  return Object.fromEntries(entries);
}

/** The value at a path; undefined if there is none. */
export function valueAt(root: unknown, path: DocumentPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return value;
}

function givenBy(
  documents: readonly SourceDocument[],
  assignments: readonly Assignment[],
  path: DocumentPath,
): GivenValue[] {
  const given: GivenValue[] = [];
  for (const assignment of [...assignments].reverse()) {
    const isAbove = assignment.path.every((step, index) => step === path[index]);
    const value = isAbove ? valueAt(assignment.value, path.slice(assignment.path.length)) : undefined;
    if (value !== undefined) given.push({ kind: assignment.kind, origin: assignment.origin, value });
  }
  for (const document of [...documents].reverse()) {
    const value = valueAt(document.value, path) ?? undefined;
    if (value !== undefined) given.push({ kind: 'file', origin: document.locate(path), value });
  }
  return given;
}

interface Place {
  readonly path: DocumentPath;
  readonly part: 'key' | 'value';
}

function locate(
  documents: readonly SourceDocument[],
  given: (path: DocumentPath) => readonly GivenValue[],
  { path, part }: Place,
): Origin {
  const [first] = given(path);
  if (first && (first.kind !== 'file' || part === 'value')) return first.origin;
  // A key in a file, even without a value, or else the nearest enclosing part.
  for (let length = path.length; length > 0; length -= 1) {
    const known = path.slice(0, length);
    const holder = [...documents].reverse().find((document) => valueAt(document.value, known) !== undefined);
    if (holder) return holder.locate(path, 'key');
    const [assigned] = given(known);
    if (assigned) return assigned.origin;
  }
  return documents[0]?.locate([]) ?? { source: 'environment' };
}
