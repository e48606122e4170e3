import type { z } from 'zod';
import type { DocumentPath } from './problem.js';

/** One error of a schema, worded for readers of documents. */
export interface IssueText {
  readonly path: DocumentPath;
  readonly message: string;
  readonly hint?: string;
  /** Keys of the object at `path` that the schema does not know; `message` is not used then. */
  readonly unknownKeys?: readonly string[];
}

/**
 * Returns the texts for an issue of zod; several if it is a union one of whose members was clearly meant.
 * @param root the whole value that was checked.
 * @param base the path of the issue's own root, for issues within a union.
 */
export function issueTexts(issue: z.core.$ZodIssue, root: unknown, base: DocumentPath = []): IssueText[] {
  const path = [...base, ...(issue.path as DocumentPath)];
  if (issue.code === 'unrecognized_keys') return [{ path, message: 'unknown key', unknownKeys: issue.keys }];
  if (issue.code === 'invalid_union') return unionTexts(issue, root, path);
  if (valueAt(root, path) === undefined && issue.code !== 'custom') return [missing(issue, path)];
  const hint = hintFor(issue, valueAt(root, path));
  const message = messageFor(issue, valueAt(root, path));
  return [hint === undefined ? { path, message } : { path, message, hint }];
}

function hintFor(issue: z.core.$ZodIssue, value: unknown): string | undefined {
  if (issue.code === 'custom') return issue.params?.['hint'] as string | undefined;
  const isBareWord = typeof value === 'number' || typeof value === 'boolean';
  return issue.code === 'invalid_type' && issue.expected === 'string' && isBareWord ? 'put it in quotes' : undefined;
}

function missing(issue: z.core.$ZodIssue, path: DocumentPath): IssueText {
  const wanted = wantedBy(issue);
  return wanted === undefined
    ? { path, message: 'is required' }
    : { path, message: 'is required', hint: `set it to ${wanted}` };
}

function messageFor(issue: z.core.$ZodIssue, value: unknown): string {
  if (!isZodsOwnText(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${wantedBy(issue)}, but is ${kindOf(value)}`;
    case 'invalid_value':
      return `must be ${wantedBy(issue)}`;
    case 'too_small':
      return `must ${boundText(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`;
    case 'too_big':
      return `must ${boundText(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_key':
      return `this name is not allowed: ${issue.issues.map((inner) => inner.message).join(', ')}`;
    case 'invalid_format':
      return 'has the wrong form';
    case 'custom':
    case 'invalid_element':
    case 'invalid_union':
    case 'unrecognized_keys':
      return issue.message;
  }
}

/** Whether a string is a default of zod, which begins so; any other was written for the schema and is kept. */
const isZodsOwnText = (message: string): boolean => /^(?:Invalid|Too (?:small|big)|Unrecognized)\b/.test(message);

function boundText(origin: string, relation: string, bound: number | bigint): string {
  const number = `${relation} ${bound}`;
  if (origin === 'string') return `have ${number} character${plural(bound)}`;
  if (origin === 'array' || origin === 'set') return `have ${number} item${plural(bound)}`;
  if (origin === 'object' || origin === 'record' || origin === 'map') return `have ${number} key${plural(bound)}`;
  return `be ${number}`;
}

const plural = (count: number | bigint): string => (Number(count) === 1 ? '' : 's');

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

/** Returns what the schema of an issue expects, as a noun; undefined if there is no short name for it. */
function wantedBy(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'invalid_type') return TYPE_NAMES[issue.expected] ?? issue.expected;
  if (issue.code !== 'invalid_value') return undefined;
  const values = issue.values.map(String);
  return values.length === 1 ? values[0] : `one of ${values.join(', ')}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'bigint') return 'an integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a number';
  return typeof value === 'boolean' ? 'true or false' : 'a map of keys';
}

function unionTexts(issue: z.core.$ZodIssueInvalidUnion, root: unknown, path: DocumentPath): IssueText[] {
  const { discriminator } = issue as { discriminator?: string };
  if (issue.errors.length === 0) {
    const options = (issue as { options?: readonly unknown[] }).options ?? [];
    const at = path.at(-1) === discriminator || discriminator === undefined ? path : [...path, discriminator];
    const hint = `one of ${options.map(String).join(', ')}`;
    if (valueAt(root, at) === undefined) return [{ path: at, message: 'is required', hint }];
    return [{ path: at, message: `must be ${hint}` }];
  }
  const meant = issue.errors.filter((errors) => !errors.some((inner) => isOfOtherKind(inner)));
  if (meant.length === 0) return [wholeUnionText(issue, root, path)];
  const fewest = meant.reduce((best, errors) => (errors.length < best.length ? errors : best));
  return fewest.flatMap((inner) => issueTexts(inner, root, path));
}

const isOfOtherKind = (issue: z.core.$ZodIssue): boolean => issue.code === 'invalid_type' && issue.path.length === 0;

function wholeUnionText(issue: z.core.$ZodIssueInvalidUnion, root: unknown, path: DocumentPath): IssueText {
  const wanted = [...new Set(issue.errors.flat().map(wantedBy))].filter((text) => text !== undefined).join(' or ');
  const value = valueAt(root, path);
  if (value === undefined) return { path, message: 'is required', hint: `set it to ${wanted}` };
  return { path, message: `must be ${wanted}, but is ${kindOf(value)}` };
}

function valueAt(root: unknown, path: DocumentPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
