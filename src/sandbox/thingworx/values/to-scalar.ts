import type { Vector } from '../../../alwayson/codec/values-model.js';
import { isInfoTable, tableToJson } from '../../../alwayson/values.js';
import { isPlainObject } from '../../../core/objects.js';
import { parseJson, stringifyJson } from '../../../core/exact-json.js';
import { dateFromEpochMs, parseDateTime } from '../../../alwayson/values/datetime.js';
import { isWellFormedXml } from '../import/xml-reader.js';
import { REFUSED } from './unconvertible.js';

/** The numbers that Java's Double.parseDouble accepts, except for hexadecimal ones. */
const DECIMAL = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)[df]?$/i;
const WHOLE = /^[+-]?\d+$/;
const SPECIAL_NUMBERS = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['+Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
/** Longer texts are not converted: they are unlikely to be numbers, and converting them takes long. */
const MAX_NUMBER_LENGTH = 400;
const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const TAG = /^[^:;]+:[^:;]+$/;
/** Longer documents are not checked: they do not fit into a message and are refused later for their size. */
const MAX_CHECKED_XML_LENGTH = 1_048_576;

export function toText(input: unknown): unknown {
  if (typeof input === 'string') return input;
  if (input instanceof Date) return Number.isNaN(input.getTime()) ? REFUSED : input.toISOString();
  if (input instanceof Uint8Array) return REFUSED;
  if (isInfoTable(input)) return stringifyJson(tableToJson(input));
  if (typeof input === 'object') return stringifyJson(input) ?? REFUSED;
  return String(input as number | bigint | boolean);
}

/** Truncates at the decimal point. A string may be any number; a whole one keeps all digits. */
function toWhole(input: unknown): bigint | undefined {
  if (typeof input === 'bigint') return input;
  const text = typeof input === 'string' ? input.trim() : '';
  if (WHOLE.test(text) && text.length <= MAX_NUMBER_LENGTH) return BigInt(text.replace('+', ''));
  const number = toNumber(input);
  return typeof number === 'number' && Number.isFinite(number) ? BigInt(Math.trunc(number)) : undefined;
}

export function toInteger(input: unknown): unknown {
  const whole = input instanceof Date ? undefined : toWhole(input);
  return whole === undefined || whole < INT32.min || whole > INT32.max ? REFUSED : Number(whole);
}

export function toLong(input: unknown): unknown {
  const whole = toWhole(input);
  if (whole === undefined || whole < INT64.min || whole > INT64.max) return REFUSED;
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

/** Rejects a whole number that a double cannot represent; Java would silently round it. */
export function toNumber(input: unknown): unknown {
  if (typeof input === 'number') return input;
  if (typeof input === 'bigint') return exactNumber(input);
  if (input instanceof Date) return Number.isNaN(input.getTime()) ? REFUSED : input.getTime();
  if (typeof input !== 'string' || input.length > MAX_NUMBER_LENGTH) return REFUSED;
  const text = input.trim();
  if (WHOLE.test(text)) return exactNumber(BigInt(text.replace('+', '')));
  const decimal = DECIMAL.exec(text)?.[1];
  return decimal === undefined ? (SPECIAL_NUMBERS.get(text) ?? REFUSED) : Number(decimal);
}

function exactNumber(whole: bigint): unknown {
  const number = Number(whole);
  return Number.isFinite(number) && BigInt(number) === whole ? number : REFUSED;
}

/** Among texts, `true` (in any letter case) and numbers other than 0 are true; every other text is false. */
export function toBoolean(input: unknown): unknown {
  if (typeof input === 'boolean') return input;
  if (typeof input === 'number') return input !== 0 && !Number.isNaN(input);
  if (typeof input === 'bigint') return input !== 0n;
  if (typeof input !== 'string') return REFUSED;
  const text = input.trim();
  if (text.toLowerCase() === 'true') return true;
  const decimal = text.length <= MAX_NUMBER_LENGTH ? DECIMAL.exec(text)?.[1] : undefined;
  return decimal !== undefined && Number(decimal) !== 0;
}

/** An empty text means no date. */
export function toDate(input: unknown): unknown {
  if (input instanceof Date) return Number.isNaN(input.getTime()) ? REFUSED : input;
  if (typeof input === 'number') return dateFromEpochMs(Math.trunc(input)) ?? REFUSED;
  if (typeof input === 'bigint') return dateFromEpochMs(Number(input)) ?? REFUSED;
  if (typeof input !== 'string') return REFUSED;
  return input.trim() === '' ? undefined : (parseDateTime(input.trim()) ?? REFUSED);
}

/** Accepts an object, or a string `latitude,longitude,elevation`; the elevation may be omitted. */
export function toLocation(input: unknown): unknown {
  const parts = typeof input === 'string' ? input.split(',') : locationParts(input);
  if (parts === undefined || parts.length < 2 || parts.length > 3) return REFUSED;
  const [latitude, longitude, elevation = 0] = parts.map(toNumber);
  const isLocation = [latitude, longitude, elevation].every((part) => typeof part === 'number');
  return isLocation ? { longitude, latitude, elevation } : REFUSED;
}

function locationParts(input: unknown): unknown[] | undefined {
  if (!isPlainObject(input)) return undefined;
  return [input['latitude'], input['longitude'], input['elevation'] ?? 0];
}

/** Accepts an object, or a string with the numbers separated by commas. */
export function toVector(input: unknown, names: readonly (keyof Vector)[]): unknown {
  const parts = typeof input === 'string' ? input.split(',') : partsOf(input, names);
  if (parts?.length !== names.length) return REFUSED;
  const numbers = parts.map(toNumber);
  if (!numbers.every((number) => typeof number === 'number')) return REFUSED;
  return Object.fromEntries(names.map((name, index) => [name, numbers[index]]));
}

const partsOf = (input: unknown, names: readonly string[]): unknown[] | undefined =>
  isPlainObject(input) ? names.map((name) => input[name]) : undefined;

export function toBytes(input: unknown): unknown {
  if (input instanceof Uint8Array) return input;
  return typeof input === 'string' && BASE64.test(input) ? new Uint8Array(Buffer.from(input, 'base64')) : REFUSED;
}

/** A string that is not well-formed XML becomes an empty document. */
export function toXml(input: unknown): unknown {
  if (typeof input !== 'string') return REFUSED;
  if (input.length > MAX_CHECKED_XML_LENGTH) return input;
  return isWellFormedXml(input) ? input : '';
}

/** Accepts `Vocabulary:Term` texts separated by semicolons, or REST's list of `{vocabulary, vocabularyTerm}`. */
export function toTags(input: unknown): unknown {
  const tags = Array.isArray(input) ? input.map(tagOf) : typeof input === 'string' ? splitTags(input) : [REFUSED];
  return tags.every((tag) => typeof tag === 'string' && TAG.test(tag)) ? tags.join(';') : REFUSED;
}

const splitTags = (text: string): string[] => text.split(';').filter((tag) => tag.trim() !== '');

const tagOf = (tag: unknown): unknown =>
  isPlainObject(tag) ? `${String(tag['vocabulary'])}:${String(tag['vocabularyTerm'])}` : tag;

/** Converts a list to `{"array": [...]}`, and a string with a JSON object to that object. */
export function toJson(input: unknown): unknown {
  if (Array.isArray(input)) return { array: input };
  if (isInfoTable(input)) return tableToJson(input);
  if (isPlainObject(input)) return input;
  const parsed = typeof input === 'string' ? parsedOrUndefined(input) : undefined;
  return isPlainObject(parsed) ? parsed : REFUSED;
}

function parsedOrUndefined(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
