import type { ServiceKind } from '../definition.js';

const MAX_POINTER_LENGTH = 1000;
const MAX_POINTER_DEPTH = 16;

/**
 * Reads a JSON Pointer (RFC 6901) into its reference tokens. Every token is the name of a member: in a payload that is
 * being made there are no arrays to index.
 * @returns a sentence about what is wrong, or the tokens.
 */
export function parsePointer(text: string): { readonly tokens: readonly string[] } | { readonly problem: string } {
  if (text === '') return { tokens: [] };
  if (!text.startsWith('/')) return { problem: 'must be a JSON Pointer: empty, or beginning with /' };
  if (text.length > MAX_POINTER_LENGTH) return { problem: `must have at most ${MAX_POINTER_LENGTH} characters` };
  const raw = text.slice(1).split('/');
  if (raw.length > MAX_POINTER_DEPTH) return { problem: `must have at most ${MAX_POINTER_DEPTH} levels` };
  if (raw.some((token) => /~(?![01])/.test(token))) return { problem: 'has a ~ that is not ~0 or ~1' };
  const tokens = raw.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (tokens.includes('')) return { problem: 'has an empty level' };
  if (tokens.includes('__proto__')) return { problem: 'must not use the name __proto__' };
  return { tokens };
}

/** The JSON Pointer of tokens. */
export const formatPointer = (tokens: readonly string[]): string =>
  tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Whether two pointers are the same place, or one is inside the other. */
export function pointersOverlap(a: readonly string[], b: readonly string[]): boolean {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index += 1) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}

/** What is wrong with a place in the document that a kind of service sends. */
export function problemWithPlace(tokens: readonly string[], kind: ServiceKind): string | undefined {
  if (kind === 'deviceMethod') return undefined;
  const isBelow = (...top: readonly string[]): boolean =>
    tokens.length > top.length && top.every((token, index) => tokens[index] === token);
  if (!isBelow('tags') && !isBelow('properties', 'desired')) {
    return 'must lie below /tags or /properties/desired in a twin update';
  }
  const bad = tokens.find((token) => /[.$#\s\p{Cc}]/u.test(token));
  return bad === undefined
    ? undefined
    : `has the name "${bad}", but names in a twin hold no dot, $, #, space or control`;
}
