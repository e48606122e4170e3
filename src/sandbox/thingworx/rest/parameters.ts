import { TextDecoder } from 'node:util';
import { isPlainObject } from '../../../core/objects.js';
import { parseJson } from '../../../core/exact-json.js';
import { RestError } from './rest-error.js';
import type { Inputs } from '../services/service-outcome.js';

/** Parses the inputs in a request's body: a JSON object, or an empty body. Throws RestError 400 or 413. */
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
 * The most values in one body: an InfoTable of 40,000 rows with four cells. More would block the event loop for too
 * long.
 */
const MAX_VALUES = 200_000;
/** The nesting allowed in a value for an edge or a script, including the levels that a table around it adds. */
const MAX_DEPTH = 80;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Checks the size of a JSON text before it is parsed, in one pass over its bytes. The text need not be
 * well-formed. Throws RestError 413 for too many values, 400 for nesting that is too deep.
 */
export function checkJsonBounds(body: Uint8Array): void {
  let values = 0;
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] as number;
    if (byte === QUOTE) at = endOfString(body, at);
    else if (OPENING.has(byte)) {
      values += 1;
      depth += 1;
      if (depth > MAX_DEPTH) throw new RestError(400, `Bad Request : the body is nested more than ${MAX_DEPTH} deep`);
    } else if (CLOSING.has(byte)) depth -= 1;
    else if (byte === COMMA) values += 1;
    if (values > MAX_VALUES)
      throw new RestError(413, `Payload Too Large : the body has more than ${MAX_VALUES} values; send it in parts`);
  }
}

/** The position of the closing quote, or the end of the text. */
function endOfString(body: Uint8Array, start: number): number {
  let end = body.indexOf(QUOTE, start + 1);
  while (end >= 0 && isEscaped(body, end)) end = body.indexOf(QUOTE, end + 1);
  return end < 0 ? body.length : end;
}

function isEscaped(body: Uint8Array, at: number): boolean {
  let backslashes = 0;
  while (body[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

/**
 * Returns the inputs of a service in the address of a request, as texts: `?name=value`, percent-encoded UTF-8 with `+`
 * for a space, as forms send it. Throws RestError 400 for an invalid encoding, an empty name or a name that occurs twice.
 */
export function addressInputs(target: string | undefined): Inputs {
  const at = target?.indexOf('?') ?? -1;
  const inputs = new Map<string, string>();
  if (target === undefined || at < 0) return {};
  for (const pair of target.slice(at + 1).split('&')) {
    if (pair === '') continue;
    const [name = '', ...value] = pair.split('=');
    const key = decoded(name);
    if (key === '') throw refused('an input in the address has no name');
    if (inputs.has(key)) throw refused(`the input ${key} occurs twice in the address`);
    inputs.set(key, decoded(value.join('=')));
  }
  return Object.fromEntries(inputs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw refused(`"${text.slice(0, 60)}" in the address is not percent-encoded UTF-8`);
  }
}

const refused = (why: string): RestError => new RestError(400, `Bad Request : ${why}`);
