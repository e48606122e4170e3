import { AgentError } from '../core/errors.js';

/**
 * Returns a value as a safe literal of a query: `literal("O'Brien")` is `'O\'Brien'`.
 * @throws AgentError `InvalidArgument` for a number that is not finite.
 */
export function literal(value: string | number | bigint | boolean): string {
  if (typeof value === 'string') return `'${value.replaceAll(/['\\\p{Cc}\u2028\u2029]/gu, escapeCharacter)}'`;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new AgentError('InvalidArgument', `${value} cannot be used in a query; use a finite number.`);
  }
  return String(value);
}

function escapeCharacter(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
