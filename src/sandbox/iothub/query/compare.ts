import type { ComparisonOperator } from '../../../hub-query/syntax.js';

/** Values that can be compared: with one of their own type only. */
export type Primitive = string | number | boolean | null;

export function isPrimitive(value: unknown): value is Primitive {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Whether two values can be compared at all. */
export function areComparable(left: unknown, right: unknown): boolean {
  return isPrimitive(left) && typeof left === typeof right && (left === null) === (right === null);
}

/** What an operator says of the order of two comparable values (below 0, 0, above 0). */
const TESTS: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
};

/** A comparison as a function: `undefined` (neither true nor false) for values that cannot be compared. */
export function compileComparison(
  operator: ComparisonOperator,
): (left: unknown, right: unknown) => boolean | undefined {
  const test = TESTS[operator];
  return (left, right) =>
    areComparable(left, right) ? test(orderOf(left as Primitive, right as Primitive)) : undefined;
}

/** The order of two values of one type; strings by their UTF-16 code units. */
export function orderOf(left: Primitive, right: Primitive): number {
  if (left === right) return 0;
  return (left as string) < (right as string) ? -1 : 1;
}
