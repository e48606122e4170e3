import type { DocumentPath, Origin } from '../../documents/problem.js';
import type { LocatedValue, SourceDocument } from '../../documents/read.js';
import type { Assignment } from './assignments.js';

/** One place that gave a value, with what it gave. */
export interface GivenValue {
  readonly kind: 'file' | 'environment' | 'flag';
  readonly origin: Origin;
  readonly value: unknown;
}

/** The value of several files and of what was assigned on top of them; knows where each part came from. */
export interface LayeredValue extends LocatedValue {
  /** Every place that gave the value at `path`, the one that counts first. */
  given(path: DocumentPath): readonly GivenValue[];
  /** The file that gave the value at `path`; undefined when it was none. */
  fileOf(path: DocumentPath): string | undefined;
}

/**
 * Merges files, the later wins, and then assignments in their order. Maps are merged key by key, all else is replaced.
 * A key without a value (`null`) counts as not given.
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

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Object.fromEntries makes own properties of all names, `__proto__` among them. */
function merged(below: unknown, above: unknown): unknown {
  if (!isMap(above)) return above ?? below;
  const entries = new Map(isMap(below) ? Object.entries(below) : []);
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
  const entries = new Map(isMap(root) ? Object.entries(root) : []);
  entries.set(step, withValueAt(entries.get(step), rest, assigned));
  return Object.fromEntries(entries);
}

/** The value at a path; undefined when it is not there. */
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
  // A key of a file, or one without a value, or the nearest part above: what the files know of it.
  for (let length = path.length; length > 0; length -= 1) {
    const known = path.slice(0, length);
    const holder = [...documents].reverse().find((document) => valueAt(document.value, known) !== undefined);
    if (holder) return holder.locate(path, 'key');
    const [assigned] = given(known);
    if (assigned) return assigned.origin;
  }
  return documents[0]?.locate([]) ?? { source: 'environment' };
}
