import { JsonSyntaxError, parseJson } from '../core/exact-json.js';
import { JsonPlaces } from './json-places.js';
import {
  type DocumentLimits,
  duplicateKey,
  type NotationFault,
  type ParsedText,
  tooDeep,
  tooManyKeys,
} from './notation.js';

/**
 * Reads a JSON text, many times faster than as YAML; returns undefined if it is not JSON. Places are determined only if a
 * problem needs them.
 */
export function readJsonText(text: string, limits: DocumentLimits): ParsedText | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const value = parsed(text);
  if (value === NOT_JSON) return undefined;
  let places: JsonPlaces | undefined;
  const placesOf = (): JsonPlaces => (places ??= new JsonPlaces(text));
  const faults: NotationFault[] = [];
  const census = takeCensus(value, limits.maxDepth);
  if (census.depth > limits.maxDepth) return { value: undefined, faults: [tooDeep(limits)], offsetOf: () => 0 };
  if (census.widest > limits.maxKeys) faults.push(tooManyKeys(limits, placesOf().offsetOfMapAbove(limits.maxKeys)));
  // JSON.parse keeps only the last of several members with one name, so fewer are left than the text has.
  if (census.members < countMembers(text)) faults.push(...placesOf().duplicates.map(duplicateKey));
  return { value, faults, offsetOf: (path, part) => placesOf().offsetOf(path, part) };
}

const NOT_JSON = Symbol('not JSON');

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return NOT_JSON;
    throw error;
  }
}

interface Census {
  /** How many members all objects have together. */
  readonly members: number;
  /** How many members the largest object has. */
  readonly widest: number;
  readonly depth: number;
}

/** Counts members and depth; stops just above a depth of `enough`, so that the stack is never exhausted. */
function takeCensus(root: unknown, enough: number): Census {
  let members = 0;
  let widest = 0;
  let deepest = 0;
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null) return;
    deepest = Math.max(deepest, depth);
    if (depth > enough) return;
    const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    if (!Array.isArray(value)) {
      members += parts.length;
      widest = Math.max(widest, parts.length);
    }
    for (const part of parts) visit(part, depth + 1);
  };
  visit(root, 1);
  return { members, widest, depth: deepest };
}

/** Counts the members of all objects: each has one colon outside strings, and nothing else has any. */
function countMembers(text: string): number {
  let count = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) isInString = false;
    } else if (code === 0x22) isInString = true;
    else if (code === 0x3a) count += 1;
  }
  return count;
}
