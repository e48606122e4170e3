import type { ComparisonOperator } from '../../../hub-query/syntax.js';

/** Comparable values; only those of the same type are compared. A bigint is a whole number beyond 2^53. */
export type Primitive = string | number | bigint | boolean | null;

export function isPrimitive(value: unknown): value is Primitive {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'bigint'
  );
}

/** Whether two values can be compared at all. */
export function areComparable(left: unknown, right: unknown): boolean {
  if (!isPrimitive(left) || (left === null) !== (right === null)) return false;
  return typeof left === typeof right || (numberOf(left) !== undefined && numberOf(right) !== undefined);
}

/** Returns a number as a double, for arithmetic; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : undefined;
}

/** Each operator as a test of the order of two comparable values (below 0, 0, above 0). */
const TESTS: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
};

/** Compiles a comparison to a function that returns `undefined` (neither true nor false) for incomparable values. */
export function compileComparison(
  operator: ComparisonOperator,
): (left: unknown, right: unknown) => boolean | undefined {
  const test = TESTS[operator];
  return (left, right) =>
    areComparable(left, right) ? test(orderOf(left as Primitive, right as Primitive)) : undefined;
}

/** Returns the order of two values of the same type: strings by their UTF-16 code units, numbers by value. */
export function orderOf(left: Primitive, right: Primitive): number {
  if (left === right) return 0;
  if ((left as string) < (right as string)) return -1;
  // A bigint and a double may be equal without being identical.
  return (left as string) > (right as string) ? 1 : 0;
}

/** Whether two values are of the same type and equal. */
export function areEqual(left: unknown, right: unknown): boolean {
  return areComparable(left, right) && orderOf(left as Primitive, right as Primitive) === 0;
}

/** Returns a key for a Set that is the same for equal numbers: a double if one has exactly that value. */
export function lookupKey(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const double = Number(value);
  return Number.isFinite(double) && BigInt(double) === value ? double : value;
}
