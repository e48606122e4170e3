import type { BaseType } from '../../../alwayson/codec/base-types.js';
import { isInfoTable } from '../../../alwayson/values.js';
import { isPlainObject } from '../../../core/objects.js';

/**
 * A value that cannot be converted to a base type. The message has the platform's wording and never contains the value.
 */
export class Unconvertible extends Error {
  override readonly name = 'Unconvertible';

  /** @param why a reason in addition to the platform's wording, without a period. */
  constructor(value: unknown, baseType: BaseType, why?: string) {
    super(`Unable To Convert From ${javaClassOf(value)} to ${baseType}${why === undefined ? '' : `: ${why}`}`);
  }

  /** Appends the place of the value to the message, for callers that do not put it first. */
  of(place: string): Unconvertible {
    return Object.assign(this, { message: `${this.message} (${place})` });
  }
}

/** Returned by a conversion that refuses its input. */
export const REFUSED = Symbol('refused');

const INT32_LIMIT = 2 ** 31;
const INT64_LIMIT = 2 ** 63;
/** JSON writes whole doubles below this limit with all their digits. */
const WRITTEN_OUT_LIMIT = 1e21;

/**
 * Returns the Java class in which a platform holds a value, as its error texts name it: org.json's classes for JSON,
 * Joda-Time's for a date.
 */
export function javaClassOf(value: unknown): string {
  if (typeof value === 'string') return 'java.lang.String';
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  if (typeof value === 'number') return classOfNumber(value);
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? 'java.lang.Long' : 'java.math.BigInteger';
  return classOfObject(value);
}

function classOfNumber(value: number): string {
  const magnitude = Math.abs(value);
  if (!Number.isInteger(value) || magnitude >= WRITTEN_OUT_LIMIT) return 'java.lang.Double';
  if (magnitude < INT32_LIMIT || value === -INT32_LIMIT) return 'java.lang.Integer';
  return magnitude < INT64_LIMIT ? 'java.lang.Long' : 'java.math.BigInteger';
}

function classOfObject(value: unknown): string {
  if (Array.isArray(value)) return 'org.json.JSONArray';
  if (value instanceof Date) return 'org.joda.time.DateTime';
  if (value instanceof Uint8Array) return '[B';
  if (isInfoTable(value)) return 'com.thingworx.types.InfoTable';
  return isPlainObject(value) ? 'org.json.JSONObject' : 'java.lang.Object';
}
