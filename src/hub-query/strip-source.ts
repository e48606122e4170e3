import type { Expression, PathExpression, QuerySource, SelectItem } from './syntax.js';

/** Removes the alias or the name of the collection (`devices.`, `devices.jobs.`) from the front of a path. */
export function stripPath(path: PathExpression, source: QuerySource, alias: string | undefined): PathExpression {
  const names = [source.split('.'), ['devices'], ...(alias === undefined ? [] : [[alias]])];
  for (const name of names) {
    if (path.segments.length > name.length && name.every((part, index) => sameName(part, path.segments[index]))) {
      return { kind: 'path', segments: path.segments.slice(name.length) };
    }
  }
  return path;
}

function sameName(name: string, segment: string | number | undefined): boolean {
  return typeof segment === 'string' && segment.toLowerCase() === name.toLowerCase();
}

/** Removes it from every path of an expression. */
export function stripExpression(expression: Expression, source: QuerySource, alias: string | undefined): Expression {
  const strip = (inner: Expression): Expression => stripExpression(inner, source, alias);
  switch (expression.kind) {
    case 'constant':
      return expression;
    case 'path':
      return stripPath(expression, source, alias);
    case 'isDefined':
    case 'startsWith':
    case 'arrayContains':
      return { ...expression, path: stripPath(expression.path, source, alias) };
    case 'not':
    case 'negative':
      return { ...expression, operand: strip(expression.operand) };
    case 'and':
    case 'or':
      return { ...expression, operands: expression.operands.map(strip) };
    case 'array':
      return { ...expression, items: expression.items.map(strip) };
    case 'comparison':
      return { ...expression, left: strip(expression.left), right: strip(expression.right) };
    case 'membership':
      return { ...expression, value: strip(expression.value), items: expression.items.map(strip) };
    case 'arithmetic':
      return {
        ...expression,
        first: strip(expression.first),
        steps: expression.steps.map((step) => ({ ...step, operand: strip(step.operand) })),
      };
  }
}

/** Removes it from every path of a select list. */
export function stripSelect(
  items: readonly SelectItem[],
  source: QuerySource,
  alias: string | undefined,
): readonly SelectItem[] {
  return items.map((item) =>
    item.path ? { ...item, path: stripPath(item.path, source, alias) } : item,
  ) as SelectItem[];
}
