import { invalidParameter } from '../../edge/parameter-rules.js';
import { checkJson, unwrapList } from '../../jobs/json-parameters.js';

/**
 * Returns the items of a JSON parameter that must be an array; undefined if it is absent.
 * @throws AgentError `InvalidArgument` naming the parameter.
 */
export function listOf(parameter: string, given: unknown, maxItems: number): readonly unknown[] | undefined {
  if (given === undefined) return undefined;
  const list = unwrapList(given);
  if (!Array.isArray(list)) throw invalidParameter(parameter, 'must be an array');
  if (list.length > maxItems)
    throw invalidParameter(parameter, `has ${list.length} items; at most ${maxItems.toLocaleString('en')} are allowed`);
  return list;
}

/** The same as `listOf`, with the checks of size, depth and numbers of all JSON parameters. */
export function smallListOf(parameter: string, given: unknown, maxItems: number): readonly unknown[] | undefined {
  const list = listOf(parameter, given, maxItems);
  if (list) checkJson(parameter, list, 'use a smaller number');
  return list;
}

/** Checks an object and its keys. @param place the path of the value, for example `abort[0]`. */
export function objectAt(
  parameter: string,
  value: unknown,
  place: string,
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidParameter(parameter, `is invalid: ${place} must be an object`);
  const other = Object.keys(value).find((key) => !keys.includes(key));
  if (other !== undefined)
    throw invalidParameter(
      parameter,
      `is invalid: ${place} has an unknown key ${JSON.stringify(other.slice(0, 80))}; known are ${keys.join(', ')}`,
    );
  return value as Readonly<Record<string, unknown>>;
}

/** Checks a text that must be one of `choices`. */
export function choiceAt<const T extends string>(
  parameter: string,
  value: unknown,
  place: string,
  choices: readonly T[],
): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw invalidParameter(parameter, `is invalid: ${place} must be one of ${choices.join(', ')}`);
}

/** Checks a whole number within a range. */
export function integerAt(
  parameter: string,
  value: unknown,
  place: string,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw invalidParameter(
    parameter,
    `is invalid: ${place} must be a whole number from ${minimum} to ${maximum.toLocaleString('en')}`,
  );
}
