import { stringifyJson } from '../../../../src/core/exact-json';
import type { Expression, Query } from '../../../../src/hub-query/syntax';

/**
 * A second, slow implementation of the query language for the property tests. It walks the tree again for each document
 * and represents the three values of the logic explicitly.
 */
type Logic = 'true' | 'false' | 'unknown';
type Doc = Record<string, unknown>;

const NONE = Symbol('none');

export function naiveMatches(where: Expression, doc: Doc): boolean {
  return naiveLogic(valueOf(where, doc)) === 'true';
}

export function naiveRows(query: Query, docs: readonly Doc[]): unknown[] {
  const found = docs.filter((doc) => !query.where || naiveMatches(query.where, doc));
  let rows: unknown[];
  if (query.select === '*') rows = found;
  else if (query.groupBy) rows = naiveGroups(query, found);
  else if (query.select.some((item) => item.kind === 'aggregate')) rows = [naiveRow(query, found, found[0] ?? {})];
  else rows = found.map((doc) => naiveRow(query, [doc], doc));
  return query.top === undefined ? rows : rows.slice(0, query.top);
}

function naiveGroups(query: Query, docs: readonly Doc[]): unknown[] {
  const keyOf = (doc: Doc): string => {
    const value = valueOf(query.groupBy as Expression, doc);
    return value === NONE ? 'nothing' : `value ${stringifyJson(value)}`;
  };
  const keys = docs.map(keyOf).filter((key, index, all) => all.indexOf(key) === index);
  return keys.map((key) => {
    const group = docs.filter((doc) => keyOf(doc) === key);
    return naiveRow(query, group, group[0] as Doc);
  });
}

function naiveRow(query: Query, docs: readonly Doc[], first: Doc): Doc {
  const row: Doc = {};
  for (const item of query.select === '*' ? [] : query.select) {
    const name = item.alias ?? (item.kind === 'path' ? String(item.path.segments.at(-1)) : '$1');
    if (item.kind === 'path') {
      const value = valueOf(item.path, first);
      if (value !== NONE) row[name] = value;
      continue;
    }
    if (item.function === 'COUNT') {
      row[name] = docs.length;
      continue;
    }
    const values = docs.map((doc) => valueOf(item.path as Expression, doc));
    const numeric = values.filter((value) => typeof value === 'number' || typeof value === 'bigint');
    const numbers = numeric.map(Number);
    const strings = values.filter((value) => typeof value === 'string').sort();
    const ordered = numeric.length > 0 ? numeric.toSorted((a, b) => (a < b ? -1 : Number(a > b))) : strings;
    if (item.function === 'MIN' && ordered.length > 0) row[name] = ordered[0];
    if (item.function === 'MAX' && ordered.length > 0) row[name] = ordered.at(-1);
    const sum = numbers.reduce((total, value) => total + value, 0);
    if (item.function === 'SUM' && numbers.length > 0) row[name] = sum;
    if (item.function === 'AVG' && numbers.length > 0) row[name] = sum / numbers.length;
  }
  return row;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'number';
  return ['string', 'number', 'boolean'].includes(typeof value) ? typeof value : 'none';
}

function naiveLogic(value: unknown): Logic {
  if (value === true) return 'true';
  return value === false ? 'false' : 'unknown';
}

const fromLogic = (logic: Logic): unknown => (logic === 'unknown' ? NONE : logic === 'true');

function compare(operator: string, left: unknown, right: unknown): Logic {
  if (typeName(left) === 'none' || typeName(left) !== typeName(right)) return 'unknown';
  const [a, b] = [left as number, right as number];
  const holds = { '=': a == b, '!=': a != b, '<': a < b, '>': a > b, '<=': a <= b, '>=': a >= b }[operator];
  return holds ? 'true' : 'false';
}

function orOf(parts: readonly Logic[]): Logic {
  if (parts.includes('true')) return 'true';
  return parts.includes('unknown') ? 'unknown' : 'false';
}

const notOf = (logic: Logic): Logic => (({ true: 'false', false: 'true', unknown: 'unknown' }) as const)[logic];

/** Arithmetic uses doubles. A sum of one value is the value itself. */
function doubleOf(value: unknown, steps: number): unknown {
  return typeof value === 'bigint' && steps > 0 ? Number(value) : value;
}

function valueOf(expression: Expression, doc: Doc): unknown {
  switch (expression.kind) {
    case 'constant':
      return expression.value === undefined ? NONE : expression.value;
    case 'path': {
      let value: unknown = doc;
      for (const segment of expression.segments) {
        const own = typeof value === 'object' && value !== null && Object.keys(value).includes(String(segment));
        if (!own || Array.isArray(value) !== (typeof segment === 'number')) return NONE;
        value = (value as Doc)[segment];
      }
      return value;
    }
    case 'isDefined':
      return valueOf(expression.path, doc) !== NONE;
    case 'startsWith': {
      const value = valueOf(expression.path, doc);
      return typeof value === 'string' ? value.slice(0, expression.prefix.length) === expression.prefix : NONE;
    }
    case 'arrayContains': {
      const value = valueOf(expression.path, doc);
      if (!Array.isArray(value)) return NONE;
      return value.some((item) => compare('=', item, expression.item) === 'true');
    }
    case 'not':
      return fromLogic(notOf(naiveLogic(valueOf(expression.operand, doc))));
    case 'or':
      return fromLogic(orOf(expression.operands.map((operand) => naiveLogic(valueOf(operand, doc)))));
    case 'and':
      // AND is computed from OR by De Morgan's law.
      return fromLogic(notOf(orOf(expression.operands.map((operand) => notOf(naiveLogic(valueOf(operand, doc)))))));
    case 'comparison':
      return fromLogic(compare(expression.operator, valueOf(expression.left, doc), valueOf(expression.right, doc)));
    case 'membership': {
      const value = valueOf(expression.value, doc);
      const found =
        typeName(value) === 'none'
          ? 'unknown'
          : orOf(expression.items.map((item) => compare('=', value, valueOf(item, doc))));
      return fromLogic(expression.negated ? notOf(found) : found);
    }
    case 'arithmetic': {
      let total = doubleOf(valueOf(expression.first, doc), expression.steps.length);
      for (const { operator, operand } of expression.steps) {
        const right = doubleOf(valueOf(operand, doc), 1);
        if (typeof total !== 'number' || typeof right !== 'number') return NONE;
        const results = {
          '+': total + right,
          '-': total - right,
          '*': total * right,
          '/': total / right,
          '%': total % right,
        };
        total = Number.isFinite(results[operator]) ? results[operator] : NONE;
      }
      return total;
    }
    case 'negative': {
      const value = doubleOf(valueOf(expression.operand, doc), 1);
      return typeof value === 'number' ? -value : NONE;
    }
    case 'array':
      return NONE;
  }
}
