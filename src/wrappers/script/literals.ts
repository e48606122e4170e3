import type { JsonValue } from '../../edge/definitions.js';

/**
 * A string as a string literal of ECMAScript 5 in plain ASCII: safe against U+2028, `]]>`, comment ends and characters
 * that XML cannot hold.
 */
export function stringLiteral(text: string): string {
  return JSON.stringify(text).replaceAll(/[^\x20-\x7e]|\]\]>|<\/|\*\//g, (found) =>
    found.length > 1 ? `${found.slice(0, -1)}${unicodeEscape(found.at(-1) ?? '')}` : unicodeEscape(found),
  );
}

const unicodeEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A JSON value as an expression; objects use JSON.parse, so that no member name has a special meaning. */
export function jsonExpression(value: JsonValue): string {
  if (typeof value === 'string') return stringLiteral(value);
  if (value === null || typeof value !== 'object') return Object.is(value, -0) ? '0' : String(value);
  return `JSON.parse(${stringLiteral(JSON.stringify(value))})`;
}

/** Makes a string safe for a block comment, on one line. */
export const commentText = (text: string): string =>
  text
    .replaceAll(/[^\x20-\x7e]/g, (unit) => (/\s/.test(unit) ? ' ' : unicodeEscape(unit)))
    .replaceAll('*/', '* /')
    .replaceAll(']]>', ']] >');
