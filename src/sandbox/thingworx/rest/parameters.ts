import { TextDecoder } from 'node:util';
import type { BaseType } from '../../../alwayson/codec/base-types.js';
import type { FieldDefinition, InfoTable } from '../../../alwayson/codec/values-model.js';
import { inferPrimitive } from '../../../alwayson/values.js';
import { isPlainObject } from '../../../core/objects.js';
import { parseJson } from '../../../core/exact-json.js';
import { bareColumn } from '../values/bare-column.js';
import { Unconvertible } from '../values/unconvertible.js';
import { checkJsonBounds } from './json-bounds.js';
import { RestError } from './rest-error.js';

/** The inputs in a request's body: a JSON object, or nothing at all. Throws RestError 400 or 413. */
export function inputsOf(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  checkJsonBounds(body);
  const text = textOf(body);
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (error) {
    throw new RestError(400, `Bad Request : the body is not JSON: ${(error as Error).message}`);
  }
  if (!isPlainObject(parsed)) throw new RestError(400, 'Bad Request : the body must be a JSON object of inputs');
  return parsed;
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new RestError(400, 'Bad Request : the body is not UTF-8 text');
  }
}

/**
 * Inputs as the one row of parameters of a request; null when there are none. A value is converted to the base type of
 * its parameter. A parameter that the service does not declare is sent as what it is: the edge has the last word, and its
 * refusal names it.
 * @throws Unconvertible, or AgentError InvalidArgument for a table whose shape cannot be read.
 */
export function parameterTable(
  definitions: readonly FieldDefinition[],
  inputs: Readonly<Record<string, unknown>>,
): InfoTable | null {
  const known = new Map(definitions.map((definition) => [definition.name, definition.baseType]));
  const columns = Object.entries(inputs)
    .map(([name, value]) => parameter(name, known.get(name) ?? inferredBaseType(value), value))
    .filter(({ cell }) => cell !== null);
  if (columns.length === 0) return null;
  return { fields: columns.map(({ field }) => field), rows: [columns.map(({ cell }) => cell)] };
}

function parameter(name: string, baseType: BaseType, value: unknown): ReturnType<typeof bareColumn> {
  try {
    return bareColumn(name, baseType, value);
  } catch (error) {
    throw error instanceof Unconvertible ? error.of(`parameter "${name}"`) : error;
  }
}

const inferredBaseType = (value: unknown): BaseType =>
  value === undefined || value === null ? 'NOTHING' : inferPrimitive(value).baseType;
