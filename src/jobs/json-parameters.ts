/** The rules that all JSON parameters share, whether they arrive as a JSON value or as JSON text. */
import { inexactNumberPath, JsonSyntaxError, parseJson, stringifyJson } from '../core/exact-json.js';
import { isTooDeep, MAX_JSON_DEPTH } from '../alwayson/values.js';
import { invalidParameter } from '../edge/parameter-rules.js';
import { MAX_JSON_BYTES } from './parameters.js';
import type { MethodJobRequest } from '../iothub/ports.js';

const MAX_SHOWN_PATH = 200;

/**
 * The list that an object stands for whose only key is `array`. ThingWorx's base type JSON holds objects only, and wraps
 * a list this way; any other value is returned as it is.
 */
export function unwrapList(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  const { array } = value as { readonly array?: unknown };
  return keys.length === 1 && keys[0] === 'array' && Array.isArray(array) ? (array as unknown) : value;
}

/**
 * Checks size, depth and numbers of a JSON value.
 * @param remedy what a caller can do with a number that a double cannot hold.
 * @throws AgentError `InvalidArgument` naming the parameter, and the path of such a number.
 */
export function checkJson(parameter: string, value: unknown, remedy: string): void {
  checkCount(parameter, value);
  checkDepth(parameter, value);
  checkSize(parameter, stringifyJson(value) ?? '');
  const path = inexactNumberPath(value, parameter);
  if (path !== undefined)
    throw invalidParameter(
      parameter,
      `has a whole number at ${shownPath(path)} that a double cannot represent exactly, so a device might receive a different number; ${remedy}`,
    );
}

/**
 * The value of a parameter that holds JSON text.
 * @throws AgentError `InvalidArgument` naming the parameter, with line and column for text that is not JSON.
 */
export function parseJsonText(parameter: string, text: string): unknown {
  checkSize(parameter, text);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw invalidParameter(parameter, `is not valid JSON: ${error.message}`);
    throw error;
  }
  checkDepth(parameter, value);
  return value;
}

/** A path for an error message, truncated because the caller chooses the names in it. */
export function shownPath(path: string): string {
  return path.length > MAX_SHOWN_PATH ? `${path.slice(0, MAX_SHOWN_PATH)}...` : path;
}

function checkSize(parameter: string, json: string): void {
  const bytes = Buffer.byteLength(json, 'utf8');
  if (bytes > MAX_JSON_BYTES)
    throw invalidParameter(parameter, `has ${bytes} bytes of JSON; at most ${MAX_JSON_BYTES} are allowed`);
}

/** Each value takes at least one byte, so a million of them can be refused without serializing them. */
function checkCount(parameter: string, value: unknown): void {
  const waiting: unknown[] = [value];
  for (let count = 0; waiting.length > 0; count += 1) {
    if (count + waiting.length > MAX_JSON_BYTES)
      throw invalidParameter(
        parameter,
        `has more than ${MAX_JSON_BYTES} bytes of JSON; at most ${MAX_JSON_BYTES} are allowed`,
      );
    const next = waiting.pop();
    if (typeof next === 'object' && next !== null) for (const member of Object.values(next)) waiting.push(member);
  }
}

function checkDepth(parameter: string, value: unknown): void {
  if (isTooDeep(value))
    throw invalidParameter(parameter, `is nested more than ${MAX_JSON_DEPTH} levels deep; flatten it`);
}

/**
 * Checks the payload of a method; returns it, and its text if the caller passed it as text.
 * @throws AgentError `InvalidArgument` naming `payload` or `payloadText`.
 */
export function checkPayload(
  given: unknown,
  payloadText: string | undefined,
): Pick<MethodJobRequest, 'payload' | 'payloadText'> {
  if (payloadText === undefined) {
    const payload = unwrapList(given);
    checkJson('payload', payload, 'send the payload as payloadText, or the number as a string');
    return { payload };
  }
  if (given !== undefined)
    throw invalidParameter('payloadText', 'cannot be combined with payload; pass at most one of the two');
  return { payload: parseJsonText('payloadText', payloadText), payloadText };
}
