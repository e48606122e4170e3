import type { ArithmeticOperator, Expression } from '../../../hub-query/syntax.js';
import { areComparable, areEqual, compileComparison, isPrimitive, lookupKey, numberOf } from './compare.js';
import { compilePath, type QueryDocument } from './document.js';

/** Returns the value of an expression for one document; undefined if there is none. */
export type Evaluator = (document: QueryDocument) => unknown;

/**
 * Compiles an expression to a function, so that the cost per document is small.
 *
 * Logic has three values: a comparison of different types or with a missing value is `undefined`, and so is its NOT;
 * `undefined` is neither true nor false. (`FALSE AND undefined` is false, `TRUE OR undefined` is true.)
 */
export function compileExpression(expression: Expression): Evaluator {
  switch (expression.kind) {
    case 'constant': {
      const { value } = expression;
      return () => value;
    }
    case 'path':
      return compilePath(expression.segments);
    case 'isDefined': {
      const path = compilePath(expression.path.segments);
      return (document) => path(document) !== undefined;
    }
    case 'startsWith':
      return compileStartsWith(expression);
    case 'arrayContains':
      return compileArrayContains(expression);
    case 'not': {
      const operand = compileExpression(expression.operand);
      return (document) => not(operand(document));
    }
    case 'and':
      return compileChain(expression.operands, false);
    case 'or':
      return compileChain(expression.operands, true);
    case 'comparison':
      return compileComparisonOf(expression);
    case 'membership':
      return compileMembership(expression);
    case 'arithmetic':
      return compileArithmetic(expression);
    case 'negative': {
      const operand = compileExpression(expression.operand);
      return (document) => numberOrNothing(operand(document), (value) => -value);
    }
    case 'array':
      // Arrays cannot be compared with anything.
      return () => expression.items;
  }
}

/** Case-sensitive, as comparisons are. Neither true nor false for a value that is not a string. */
function compileStartsWith({ path, prefix }: Expression & { readonly kind: 'startsWith' }): Evaluator {
  const valueOf = compilePath(path.segments);
  return (document) => {
    const value = valueOf(document);
    return typeof value === 'string' ? value.startsWith(prefix) : undefined;
  };
}

/** Neither true nor false for a value that is not an array. */
function compileArrayContains({ path, item }: Expression & { readonly kind: 'arrayContains' }): Evaluator {
  const valueOf = compilePath(path.segments);
  return (document) => {
    const value = valueOf(document);
    return Array.isArray(value) ? value.some((member) => areEqual(member, item)) : undefined;
  };
}

function not(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? !value : undefined;
}

/** AND (`decisive` false) and OR (`decisive` true): the decisive value overrides everything else. */
function compileChain(operands: readonly Expression[], decisive: boolean): Evaluator {
  const evaluators = operands.map(compileExpression);
  return (document) => {
    let result: boolean | undefined = !decisive;
    for (const evaluate of evaluators) {
      const value = evaluate(document);
      if (value === decisive) return decisive;
      if (value !== !decisive) result = undefined;
    }
    return result;
  };
}

function compileComparisonOf(expression: Expression & { readonly kind: 'comparison' }): Evaluator {
  const left = compileExpression(expression.left);
  const right = compileExpression(expression.right);
  const compare = compileComparison(expression.operator);
  return (document) => compare(left(document), right(document));
}

/**
 * `x IN [a, b]` is `x = a OR x = b`, with one exception: for a missing x even `x IN []` is undefined, so its NOT is not
 * true.
 */
function compileMembership(expression: Expression & { readonly kind: 'membership' }): Evaluator {
  const value = compileExpression(expression.value);
  const isIn = compileItems(expression.items);
  const isMember = (document: QueryDocument): boolean | undefined => {
    const candidate = value(document);
    return isPrimitive(candidate) ? isIn(candidate, document) : undefined;
  };
  return expression.negated ? (document) => not(isMember(document)) : isMember;
}

type MembershipTest = (candidate: unknown, document: QueryDocument) => boolean | undefined;

function compileItems(items: readonly Expression[]): MembershipTest {
  const constants = items.flatMap((item) => (item.kind === 'constant' ? [item.value] : []));
  if (constants.length === items.length) return compileConstantItems(constants);
  const evaluators = items.map(compileExpression);
  return (candidate, document) =>
    foundIn(
      candidate,
      evaluators.map((evaluate) => evaluate(document)),
    );
}

/** Constants are put into a Set, because conditions of jobs have lists of hundreds of ids. */
function compileConstantItems(constants: readonly unknown[]): MembershipTest {
  const values = new Set(constants.map(lookupKey));
  // If all constants have the same type, any of them can represent the type.
  const [any] = constants;
  const isOfOneType = constants.every((constant) => areComparable(any, constant));
  return (candidate) => {
    if (values.has(lookupKey(candidate))) return true;
    const isComparable = constants.length === 0 || (isOfOneType && areComparable(candidate, any));
    return isComparable ? false : undefined;
  };
}

function foundIn(candidate: unknown, values: readonly unknown[]): boolean | undefined {
  if (values.some((value) => areEqual(candidate, value))) return true;
  return values.every((value) => areComparable(candidate, value)) ? false : undefined;
}

const OPERATIONS: Readonly<Record<ArithmeticOperator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

function compileArithmetic(expression: Expression & { readonly kind: 'arithmetic' }): Evaluator {
  const first = compileExpression(expression.first);
  const steps = expression.steps.map((step) => ({
    apply: OPERATIONS[step.operator],
    operand: compileExpression(step.operand),
  }));
  return (document) => {
    let result = first(document);
    for (const { apply, operand } of steps) {
      const right = numberOf(operand(document));
      if (right === undefined) return undefined;
      result = numberOrNothing(result, (left) => apply(left, right));
    }
    return result;
  };
}

/** Returns undefined for results that JSON cannot represent, such as that of a division by zero. */
function numberOrNothing(value: unknown, apply: (value: number) => number): number | undefined {
  const number = numberOf(value);
  if (number === undefined) return undefined;
  const result = apply(number);
  return Number.isFinite(result) ? result : undefined;
}
