import { isPlainObject } from '../../core/objects.js';
import type { Location } from '../codec/values-model.js';
import { dateFromEpochMs, parseDateTime } from './datetime.js';
import { getOwn, isJsonValue } from './native.js';
import { isWellFormedXml } from './xml-text.js';

/** Returned for input that cannot be converted to the base type without loss. */
export const REFUSED = Symbol('refused');

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const TAG = /^[^:]+:[^:]+$/;
const WHOLE = /^[+-]?\d+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Longer text is not meant as a number, and converting it would only take time. */
const MAX_NUMBER_LENGTH = 400;
const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

const orRefused = <T>(value: T | undefined): T | typeof REFUSED => value ?? REFUSED;
const isValidDate = (date: Date): boolean => !Number.isNaN(date.getTime());
const parseWhole = (text: string): bigint => BigInt(text.replace('+', ''));

export function toText(input: unknown): unknown {
  if (typeof input === 'string') return input;
  if (typeof input === 'boolean' || typeof input === 'bigint') return String(input);
  if (typeof input === 'number' && Number.isFinite(input)) return String(input);
  return input instanceof Date && isValidDate(input) ? input.toISOString() : REFUSED;
}

/** An empty text is an empty document, as PTC's Java SDK writes one. */
export function toXml(input: unknown): unknown {
  return typeof input === 'string' && (input === '' || isWellFormedXml(input)) ? input : REFUSED;
}

/** `Vocabulary:Term` texts separated by semicolons; an empty text has no tags. */
export function toTags(input: unknown): unknown {
  return typeof input === 'string' && input.split(';').every((tag) => tag === '' || TAG.test(tag)) ? input : REFUSED;
}

export function toJson(input: unknown): unknown {
  return isJsonValue(input) ? input : REFUSED;
}

export function toNumber(input: unknown): unknown {
  if (typeof input === 'number') return input;
  if (typeof input === 'bigint') return sameNumber(input);
  if (input instanceof Date && isValidDate(input)) return input.getTime();
  if (typeof input !== 'string' || input.length > MAX_NUMBER_LENGTH || !DECIMAL.test(input)) return REFUSED;
  if (WHOLE.test(input)) return sameNumber(parseWhole(input));
  const value = Number(input);
  return Number.isFinite(value) ? value : REFUSED;
}

function sameNumber(exact: bigint): unknown {
  const value = Number(exact);
  return Number.isFinite(value) && BigInt(value) === exact ? value : REFUSED;
}

export function toInteger(input: unknown): unknown {
  if (input instanceof Date) return REFUSED;
  const value = toNumber(input);
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= INT32.min && value <= INT32.max;
  // Adding zero turns -0 into 0.
  return fits ? value + 0 : REFUSED;
}

export function toLong(input: unknown): unknown {
  const exact = toBigInt(input);
  if (exact === undefined || exact < INT64.min || exact > INT64.max) return REFUSED;
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact;
}

function toBigInt(input: unknown): bigint | undefined {
  if (typeof input === 'bigint') return input;
  if (typeof input === 'string' && input.length <= MAX_NUMBER_LENGTH && WHOLE.test(input)) return parseWhole(input);
  const value = toNumber(input);
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
}

export function toBoolean(input: unknown): unknown {
  if (typeof input === 'boolean') return input;
  if (input === 'true') return true;
  return input === 'false' ? false : REFUSED;
}

export function toDate(input: unknown): unknown {
  if (input instanceof Date) return isValidDate(input) ? input : REFUSED;
  if (typeof input === 'number') return orRefused(dateFromEpochMs(input));
  if (typeof input === 'bigint') return orRefused(dateFromEpochMs(Number(input)));
  return typeof input === 'string' ? orRefused(parseDateTime(input)) : REFUSED;
}

export function toLocation(input: unknown): unknown {
  if (!isPlainObject(input)) return REFUSED;
  const longitude = toNumber(getOwn(input, 'longitude'));
  const latitude = toNumber(getOwn(input, 'latitude'));
  const elevation = toNumber(getOwn(input, 'elevation') ?? 0);
  if (typeof longitude !== 'number' || typeof latitude !== 'number' || typeof elevation !== 'number') return REFUSED;
  return { longitude, latitude, elevation } satisfies Location;
}

export function toBytes(input: unknown): unknown {
  if (input instanceof Uint8Array) return input;
  return typeof input === 'string' && BASE64.test(input) ? Buffer.from(input, 'base64') : REFUSED;
}
