import { isPlainObject } from '../../core/objects.js';
import type { BaseType } from '../codec/base-types.js';

/** A value as JSON has it; a bigint is a whole number that a double cannot hold. */
export type JsonValue =
  null | boolean | number | bigint | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A row of a table by field name; cells are native values, empty cells are omitted. */
export type NativeRow = Readonly<Record<string, unknown>>;

/** Deeper JSON could overflow the stack when it is serialized, here and on the platform. */
export const MAX_JSON_DEPTH = 500;

/** Whether a value is JSON text on the wire, which handlers receive parsed. */
export function isJsonType(baseType: BaseType): boolean {
  return baseType === 'JSON' || baseType === 'QUERY';
}

/** Whether `value` survives `stringifyJson` and `parseJson` unchanged. */
export function isJsonValue(value: unknown, depth = 0): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint')
    return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (depth >= MAX_JSON_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isJsonValue(item, depth + 1));
  return isPlainObject(value) && Object.values(value).every((item) => isJsonValue(item, depth + 1));
}

/** Whether a JSON value is nested more than `MAX_JSON_DEPTH` levels deep. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= MAX_JSON_DEPTH) return true;
  for (const member of Object.values(value))
    if (typeof member === 'object' && isTooDeep(member, depth + 1)) return true;
  return false;
}

/** Sets a property whose name is untrusted: `__proto__` becomes an ordinary property. */
export function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

/** Returns the value of an own property; undefined for inherited ones such as `toString`. */
export function getOwn(source: NativeRow, name: string): unknown {
  return Object.hasOwn(source, name) ? source[name] : undefined;
}
