import { isTooDeep, MAX_JSON_DEPTH } from '../alwayson/values.js';

/**
 * A JSON value as a cell of a table has it: always an object, since PTC's JSON type turns any other value into `{}`. A
 * list becomes `{"array": [...]}`; a text, number, boolean or `null` becomes `{"value": ...}`.
 */
export function jsonCell(value: unknown): object {
  if (Array.isArray(value)) return { array: value as unknown[] };
  return typeof value === 'object' && value !== null ? value : { value };
}

/** The value itself, or a text in place of one so deep that its row, and with it the whole result, could not be written. */
export function writableJson(value: unknown): unknown {
  return isTooDeep(value) ? `left out: JSON nested more than ${MAX_JSON_DEPTH} levels deep` : value;
}
