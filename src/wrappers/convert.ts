/**
 * Converts values from ThingWorx to values of a payload. The script library (script/library.ts) does the same in ECMAScript
 * 5, including the texts of errors; a property test keeps the two equal.
 */
import { AgentError } from '../core/errors.js';
import { inexactNumberPath, parseJson, stringifyJson } from '../core/exact-json.js';
import type { JsonValue } from '../edge/definitions.js';
import type { ValueKind, ValueRule } from './definition.js';
import { INTEGER_RANGE, MAX_PATTERN_TEXT_LENGTH } from './parameter-types.js';
import { patternMatcher } from './patterns/match.js';

/**
 * @param at names the value in errors: `RebootDevices: parameter 'delaySeconds'`.
 * @throws AgentError `InvalidArgument` if the value does not satisfy the rule.
 */
export function convert(value: unknown, rule: ValueRule, at: string): JsonValue {
  const converted = CONVERTERS[rule.kind](value, at, rule);
  if (typeof converted === 'number') checkRange(converted, rule, at);
  if (rule.kind === 'text') checkText(converted as string, rule, at);
  if (rule.enum && !rule.enum.includes(converted as string | number)) {
    throw refuse(at, `must be one of ${rule.enum.join(', ')}`);
  }
  return converted;
}

const refuse = (at: string, what: string): AgentError => new AgentError('InvalidArgument', `${at} ${what}`);

/** Whether a value is absent: undefined in scripts, null in empty cells. */
export const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

const CONVERTERS: Readonly<Record<ValueKind, (value: unknown, at: string, rule: ValueRule) => JsonValue>> = {
  text: toText,
  number: toExactNumber,
  integer: (value, at) => toWhole(value, at, INTEGER_RANGE),
  long: (value, at) => toWhole(value, at, { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
  boolean: toBoolean,
  datetime: toDateTime,
  location: toLocation,
  json: toJson,
  table: toTable,
  binary: toBase64,
  tags: toTags,
};

function toText(value: unknown, at: string): string {
  if (!['string', 'number', 'bigint', 'boolean'].includes(typeof value)) {
    throw refuse(at, 'must be text');
  }
  return String(value);
}

function toNumber(value: unknown, at: string): number {
  const isNumber = typeof value === 'number' || /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(String(value));
  const number = isNumber ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw refuse(at, 'must be a number');
  return number;
}

/** A number whose JSON form has the digits that were passed. */
function toExactNumber(value: unknown, at: string): number {
  const number = toNumber(value, at);
  if (Number.isSafeInteger(number) || Math.abs(number) < LARGEST_SAFE || isWrittenExactly(value, number)) return number;
  throw refuse(at, 'is a whole number that cannot be represented exactly; pass it as a string');
}

const LARGEST_SAFE = Number.MAX_SAFE_INTEGER;
/** From here on, JSON writes numbers with an exponent; such numbers are not identifiers, so rounding them is accepted. */
const FIRST_WITH_EXPONENT = 1e21;

/** Whether the digits of a number beyond 2^53 are those that were passed, or those of its double. */
function isWrittenExactly(value: unknown, number: number): boolean {
  if (typeof value !== 'number') return decimalOf(String(value)) === decimalOf(String(number));
  return Math.abs(number) >= FIRST_WITH_EXPONENT || number.toFixed(0) === String(number);
}

/** The digits without leading and trailing zeros, and their exponent. */
function decimalOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^\s*([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\s*$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const shown = digits.replace(/0+$/, '');
  return `${sign === '-' ? '-' : ''}${shown}e${Number(power) - fraction.length + digits.length - shown.length}`;
}

function toWhole(value: unknown, at: string, range: { readonly minimum: number; readonly maximum: number }): number {
  const number = toNumber(value, at);
  if (Math.floor(number) !== number || number < range.minimum || number > range.maximum) {
    throw refuse(at, `must be a whole number from ${range.minimum} to ${range.maximum}`);
  }
  return number;
}

function toBoolean(value: unknown, at: string): boolean {
  const text = String(value);
  if (text !== 'true' && text !== 'false') throw refuse(at, 'must be true or false');
  return text === 'true';
}

const ISO_DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function toDateTime(value: unknown, at: string): string {
  const milliseconds =
    value instanceof Date ? value.getTime() : typeof value === 'number' ? value : millisecondsOfText(String(value));
  if (!(Math.abs(milliseconds) <= 8.64e15)) throw refuse(at, 'must be a date and time, as ISO 8601 with a time zone');
  return new Date(milliseconds).toISOString();
}

const millisecondsOfText = (text: string): number => (ISO_DATE_TIME.test(text) ? Date.parse(text) : Number.NaN);

function toLocation(value: unknown, at: string): JsonValue {
  if (typeof value !== 'object' || value === null) throw refuse(at, 'must be a location with latitude and longitude');
  const { latitude, longitude, elevation } = value as Record<string, unknown>;
  return {
    latitude: toNumber(latitude, `${at} latitude`),
    longitude: toNumber(longitude, `${at} longitude`),
    elevation: isAbsent(elevation) ? 0 : toNumber(elevation, `${at} elevation`),
  };
}

/** Unwraps a list, which ThingWorx passes to a script as `{array: [...]}`. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value);
  const list = (value as Record<string, unknown>)['array'];
  return keys.length === 1 && keys[0] === 'array' && Array.isArray(list) ? list : value;
}

function toJson(value: unknown, at: string): JsonValue {
  const path = inexactNumberPath(value, '');
  if (path !== undefined) throw refuse(at, inexactText(path.replace(/^\./, '')));
  const text = stringifyJson(value);
  if (text === undefined) throw refuse(at, 'must be JSON');
  return unwrapped(parseJson(text)) as JsonValue;
}

const inexactText = (path: string): string =>
  path === ''
    ? 'is a whole number that cannot be represented exactly; pass it as a string'
    : `has a whole number at ${path} that cannot be represented exactly; pass it as a string`;

function toTable(value: unknown, at: string, rule: ValueRule): JsonValue {
  const rows = unwrapped((value as { rows?: unknown }).rows ?? value);
  if (!Array.isArray(rows)) throw refuse(at, 'must be an InfoTable');
  return rows.map((row: unknown, index) => toRow(row, `${at} row ${index + 1}`, rule));
}

function toRow(row: unknown, at: string, rule: ValueRule): JsonValue {
  if (typeof row !== 'object' || row === null) throw refuse(at, 'must be a row');
  const cells: Record<string, JsonValue> = {};
  for (const field of rule.fields ?? []) {
    const cell = (row as Record<string, unknown>)[field.name];
    if (!isAbsent(cell)) cells[field.name] = convert(cell, field.rule, `${at} field '${field.name}'`);
  }
  return cells;
}

function toBase64(value: unknown, at: string): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const text = String(value);
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw refuse(at, 'must be bytes or base64 text');
  return text;
}

function toTags(value: unknown, at: string): JsonValue {
  const list = typeof value === 'string' ? value.split(/[,;]/) : unwrapped(value);
  if (!Array.isArray(list)) throw refuse(at, 'must be tags, each Vocabulary:Term');
  const tags = list.map(tagText).filter((tag) => tag !== '');
  if (!tags.every((tag) => /^[^:]+:[^:]+$/.test(tag))) throw refuse(at, 'must be tags, each Vocabulary:Term');
  return tags;
}

function tagText(tag: unknown): string {
  if (typeof tag !== 'object' || tag === null) return String(tag).trim();
  const { vocabulary, vocabularyTerm } = tag as Record<string, unknown>;
  return `${String(vocabulary)}:${String(vocabularyTerm)}`;
}

function checkRange(value: number, rule: ValueRule, at: string): void {
  if (rule.minimum !== undefined && value < rule.minimum) throw refuse(at, `must be at least ${rule.minimum}`);
  if (rule.maximum !== undefined && value > rule.maximum) throw refuse(at, `must be at most ${rule.maximum}`);
}

function checkText(text: string, rule: ValueRule, at: string): void {
  const { minLength, maxLength, pattern, matcher } = rule;
  if (minLength === undefined && maxLength === undefined && pattern === undefined) return;
  const length = text.replaceAll(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, '_').length;
  if (minLength !== undefined && length < minLength) throw refuse(at, `must have a length of at least ${minLength}`);
  if (maxLength !== undefined && length > maxLength) throw refuse(at, `must have a length of at most ${maxLength}`);
  if (pattern === undefined) return;
  if (length > MAX_PATTERN_TEXT_LENGTH) throw refuse(at, `must have at most ${MAX_PATTERN_TEXT_LENGTH} characters`);
  const verdict = (matcher ?? patternMatcher(pattern))(text);
  if (verdict === 'noMatch') throw refuse(at, `must match ${pattern}`);
  if (verdict === 'tooCostly') throw refuse(at, `takes too long to match against ${pattern}; use a shorter text`);
}
