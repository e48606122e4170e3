import { AgentError } from '../../core/errors.js';
import { BASE_TYPES, type BaseType } from '../codec/base-types.js';
import type { FieldDefinition, Location } from '../codec/values-model.js';
import { dateFromEpochMs, parseDateTime } from './datetime.js';
import { getOwn, isJsonType, isJsonValue, isPlainObject, type NativeRow, setOwn } from './native.js';
import { rowsFromTableJson } from './table-json.js';

/** Marks input that cannot become the base type without loss. */
const REFUSED = Symbol('refused');

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const WHOLE = /^[+-]?\d+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/**
 * A native value of `baseType` from JSON-like or native input, where nothing is lost: text `"30"` or number 30.0 for
 * INTEGER, ISO text or epoch milliseconds for DATETIME, `"true"`/`"false"` for BOOLEAN. JSON is taken as it stands.
 * @param what how the error names the value, for example `Parameter "count"`.
 * @throws AgentError InvalidArgument for anything else; null and undefined only fit NOTHING and JSON (null).
 */
export function convertLoose(baseType: BaseType, input: unknown, what = 'The value'): unknown {
  const native = convert(baseType, input, what);
  if (native !== REFUSED) return native;
  throw new AgentError('InvalidArgument', `${what} must be ${article(baseType)}; it is ${describe(baseType, input)}.`);
}

/**
 * A native row whose cells have the base types of `fields`; null and absent cells are left out.
 * @throws AgentError InvalidArgument for a column that is not in `fields`, or a cell that cannot be converted.
 */
export function convertRow(
  fields: readonly Pick<FieldDefinition, 'name' | 'baseType'>[],
  row: NativeRow,
  what: string,
): NativeRow {
  const unknown = Object.keys(row).find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) throw new AgentError('InvalidArgument', `${what} has no field "${unknown}".`);
  const converted: Record<string, unknown> = {};
  for (const { name, baseType } of fields) {
    const cell = getOwn(row, name);
    if (cell === undefined || (cell === null && !isJsonType(baseType))) continue;
    setOwn(converted, name, convertLoose(baseType, cell, `Field "${name}" of ${what}`));
  }
  return converted;
}

function convert(baseType: BaseType, input: unknown, what: string): unknown {
  switch (BASE_TYPES[baseType].payload) {
    case 'nothing':
      return input === null || input === undefined ? undefined : REFUSED;
    case 'string':
      return isJsonType(baseType) ? toJson(input) : toText(input);
    case 'number':
      return toNumber(input);
    case 'integer':
      return toInteger(input);
    case 'long':
      return toLong(input);
    case 'boolean':
      return toBoolean(input);
    case 'datetime':
      return toDate(input);
    case 'location':
      return toLocation(input);
    case 'bytes':
      return toBytes(input);
    case 'infotable':
      return toRows(input, what);
    case 'variant':
      return input === undefined || input === null ? REFUSED : input;
  }
}

const orRefused = <T>(value: T | undefined): T | typeof REFUSED => value ?? REFUSED;

function toText(input: unknown): unknown {
  if (typeof input === 'string') return input;
  if (typeof input === 'boolean' || typeof input === 'bigint') return String(input);
  if (typeof input === 'number' && Number.isFinite(input)) return String(input);
  return input instanceof Date && isValidDate(input) ? input.toISOString() : REFUSED;
}

const toJson = (input: unknown): unknown => (isJsonValue(input) ? input : REFUSED);

function toNumber(input: unknown): unknown {
  if (typeof input === 'number') return input;
  if (typeof input === 'bigint') return sameNumber(input);
  if (input instanceof Date && isValidDate(input)) return input.getTime();
  if (typeof input !== 'string' || input.length > 400 || !DECIMAL.test(input)) return REFUSED;
  if (WHOLE.test(input)) return sameNumber(BigInt(input.replace('+', '')));
  const value = Number(input);
  return Number.isFinite(value) ? value : REFUSED;
}

function sameNumber(exact: bigint): unknown {
  const value = Number(exact);
  return Number.isFinite(value) && BigInt(value) === exact ? value : REFUSED;
}

function toInteger(input: unknown): unknown {
  if (input instanceof Date) return REFUSED;
  const value = toNumber(input);
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= INT32.min && value <= INT32.max;
  // Adding zero turns -0 into 0.
  return fits ? value + 0 : REFUSED;
}

function toLong(input: unknown): unknown {
  const exact = toBigInt(input);
  if (exact === undefined || exact < INT64.min || exact > INT64.max) return REFUSED;
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact;
}

function toBigInt(input: unknown): bigint | undefined {
  if (typeof input === 'bigint') return input;
  if (typeof input === 'string' && input.length <= 20 && WHOLE.test(input)) return BigInt(input.replace('+', ''));
  const value = toNumber(input);
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
}

function toBoolean(input: unknown): unknown {
  if (typeof input === 'boolean') return input;
  if (input === 'true') return true;
  return input === 'false' ? false : REFUSED;
}

const isValidDate = (date: Date): boolean => !Number.isNaN(date.getTime());

function toDate(input: unknown): unknown {
  if (input instanceof Date) return isValidDate(input) ? input : REFUSED;
  if (typeof input === 'number') return orRefused(dateFromEpochMs(input));
  if (typeof input === 'bigint') return orRefused(dateFromEpochMs(Number(input)));
  return typeof input === 'string' ? orRefused(parseDateTime(input)) : REFUSED;
}

function toLocation(input: unknown): unknown {
  if (!isPlainObject(input)) return REFUSED;
  const longitude = toNumber(getOwn(input, 'longitude'));
  const latitude = toNumber(getOwn(input, 'latitude'));
  const elevation = toNumber(getOwn(input, 'elevation') ?? 0);
  if (typeof longitude !== 'number' || typeof latitude !== 'number' || typeof elevation !== 'number') return REFUSED;
  return { longitude, latitude, elevation } satisfies Location;
}

function toBytes(input: unknown): unknown {
  if (input instanceof Uint8Array) return input;
  return typeof input === 'string' && BASE64.test(input) ? Buffer.from(input, 'base64') : REFUSED;
}

function toRows(input: unknown, what: string): unknown {
  if (Array.isArray(input)) return input.every(isPlainObject) ? input : REFUSED;
  return isPlainObject(input) ? orRefused(rowsFromTableJson(input, what)) : REFUSED;
}

function article(baseType: BaseType): string {
  return `${/^[AEIOU]/.test(baseType) ? 'an' : 'a'} ${baseType}`;
}

/** Says what was there without repeating much of it, and nothing of a secret. */
function describe(baseType: BaseType, input: unknown): string {
  if (input === null || input === undefined) return 'empty';
  if (baseType === 'PASSWORD') return 'something else';
  if (typeof input === 'string')
    return input === '' ? 'an empty text' : `the text ${JSON.stringify(input.slice(0, 40))}`;
  if (typeof input === 'number' || typeof input === 'boolean' || typeof input === 'bigint') return String(input);
  if (input instanceof Date) return 'a date';
  if (input instanceof Uint8Array) return 'a byte array';
  return Array.isArray(input) ? 'an array' : 'an object';
}
