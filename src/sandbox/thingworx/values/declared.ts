import type { BaseType } from '../../../alwayson/codec/base-types.js';
import { type Cell, type InfoTable, TypedCell, type Value } from '../../../alwayson/codec/values-model.js';
import { decodeNative, encodeNative, makeField } from '../../../alwayson/values.js';
import { isAgentError } from '../../../core/errors.js';
import { toBaseType } from './to-base-type.js';

/**
 * Converts a native value from an edge to the base type that the platform declares for it. A JSON value that is a number,
 * a string or a boolean is kept, where PTC's Java SDK reads `{}`.
 * @throws Unconvertible
 */
export function inDeclaredType(baseType: BaseType, native: unknown): unknown {
  const isJson = baseType === 'JSON' || baseType === 'QUERY';
  if (isJson && (typeof native !== 'object' || native === null)) return native ?? undefined;
  return toBaseType(baseType, native);
}

/**
 * Converts the response of an edge to the base type that the service declares: one row with the field `result`. A table,
 * a VARIANT, and a value that cannot be decoded are returned unchanged.
 * @throws Unconvertible
 */
export function declaredResult(baseType: BaseType, content: InfoTable | null): InfoTable | null {
  if (content === null || baseType === 'INFOTABLE' || baseType === 'VARIANT' || baseType === 'NOTHING') return content;
  const native = nativeIn(content);
  if (native === UNREADABLE) return content;
  const value = encodeNative(baseType, inDeclaredType(baseType, native));
  return { fields: [makeField('result', baseType)], rows: [[value]] };
}

const UNREADABLE = Symbol('unreadable');

function nativeIn({ fields, rows }: InfoTable): unknown {
  const index = Math.max(
    0,
    fields.findIndex(({ name }) => name === 'result'),
  );
  const baseType = fields[index]?.baseType;
  const cell: Cell = rows[0]?.[index] ?? null;
  try {
    if (cell instanceof TypedCell) return decodeNative(cell.baseType, cell.value);
    return baseType === undefined ? undefined : decodeNative(baseType, cell satisfies Value);
  } catch (error) {
    if (isAgentError(error, 'InvalidArgument')) return UNREADABLE;
    throw error;
  }
}
