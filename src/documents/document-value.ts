import type { DocumentPath } from './problem.js';

/** The message and hint for each number that `inexactNumbers` returns. */
export const INEXACT_NUMBER = {
  message: 'is a whole number that cannot be represented exactly',
  hint: 'whole numbers beyond 9007199254740992 lose digits: put it in quotes if it may be text',
} as const;

/** Keys of the top level with this prefix are reserved for authors of documents: anchors, notes, other programs. */
const EXTENSION_PREFIX = 'x-';

/** Returns the value of a document without the keys of its top level that begin with `x-`. */
export function withoutExtensions(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (!keys.some((key) => key.startsWith(EXTENSION_PREFIX))) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith(EXTENSION_PREFIX)));
}

/**
 * Returns the paths of the whole numbers that a double cannot hold exactly. Every other bigint is replaced with a number in
 * place, so that a document contains only numbers.
 */
export function inexactNumbers(root: unknown): DocumentPath[] {
  if (typeof root === 'bigint') return [[]];
  const found: DocumentPath[] = [];
  const visited = new Set<object>();
  const visitPart = (holder: Record<string | number, unknown>, step: string | number, path: DocumentPath): void => {
    const part = holder[step];
    if (typeof part === 'object' && part !== null) visit(part, [...path, step]);
    if (typeof part !== 'bigint') return;
    if (isExact(part)) holder[step] = Number(part);
    else found.push([...path, step]);
  };
  const visit = (value: object, path: DocumentPath): void => {
    if (visited.has(value)) return;
    visited.add(value);
    const holder = value as Record<string | number, unknown>;
    // Most parts of a large document are items; turning their indexes into texts would take longer than reading them.
    if (Array.isArray(value)) for (let index = 0; index < value.length; index += 1) visitPart(holder, index, path);
    else for (const key of Object.keys(value)) visitPart(holder, key, path);
  };
  if (typeof root === 'object' && root !== null) visit(root, []);
  return found;
}

function isExact(whole: bigint): boolean {
  const number = Number(whole);
  return Number.isFinite(number) && BigInt(number) === whole;
}
