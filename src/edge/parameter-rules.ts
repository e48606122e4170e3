import { AgentError } from '../core/errors.js';
import type { ParameterDefinition } from './definitions.js';

/**
 * Checks a native value against the bounds, the pattern and the choices of its parameter and returns it; a choice is
 * returned in the spelling of the list.
 * @throws AgentError InvalidArgument that names the parameter and its rule.
 */
export function checkRules(parameter: ParameterDefinition, value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') checkBounds(parameter, value);
  if (typeof value !== 'string') return value;
  checkLength(parameter, value);
  checkPattern(parameter, value);
  return checkChoice(parameter, value);
}

/** The error for an invalid parameter. @param problem continues `Parameter "x" ...`, without the full stop. */
export function invalidParameter(name: string, problem: string): AgentError {
  return new AgentError('InvalidArgument', `Parameter "${name}" ${problem}.`, { context: { parameter: name } });
}

function checkBounds({ name, baseType, minimum, maximum }: ParameterDefinition, value: number | bigint): void {
  const isTooSmall = minimum !== undefined && !(value >= minimum);
  const isTooLarge = maximum !== undefined && !(value <= maximum);
  if (!isTooSmall && !isTooLarge) return;
  const kind = baseType === 'INTEGER' || baseType === 'LONG' ? 'a whole number' : 'a number';
  throw invalidParameter(name, `must be ${kind} ${rangeOf(minimum, maximum)}; it is ${value}`);
}

function checkLength({ name, minLength = 0, maxLength = Infinity }: ParameterDefinition, { length }: string): void {
  if (length > maxLength) throw invalidParameter(name, `has ${length} characters; at most ${maxLength} are allowed`);
  if (length < minLength) throw invalidParameter(name, `must have a length of at least ${minLength}; it has ${length}`);
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined) return `at most ${maximum}`;
  return maximum === undefined ? `at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

function checkPattern({ name, pattern, form }: ParameterDefinition, value: string): void {
  if (!pattern || pattern.test(value)) return;
  throw invalidParameter(name, `must be ${form ?? `text that matches ${pattern.source}`}`);
}

function checkChoice({ name, choices, ignoresCase }: ParameterDefinition, value: string): string {
  if (!choices) return value;
  const found = choices.find((choice) =>
    ignoresCase === true ? choice.toLowerCase() === value.toLowerCase() : choice === value,
  );
  if (found !== undefined) return found;
  throw invalidParameter(name, `must be one of ${choices.join(', ')}${ignoresCase === true ? ', in any case' : ''}`);
}
