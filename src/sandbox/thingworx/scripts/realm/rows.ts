/**
 * Compares values of InfoTables and evaluates the queries of ThingWorx (help, "Query Parameter for Query Services").
 * Runs inside the realm of a script (see realm.ts).
 */
import type { PackedField } from '../script-protocol.js';
import type { Members } from './realm-types.js';
import type * as values from './values.js';

declare const textOf: typeof values.textOf;

type Kind = 'number' | 'date' | 'boolean' | 'text';

interface Filter {
  readonly type?: unknown;
  readonly fieldName?: unknown;
  readonly value?: unknown;
  readonly values?: unknown;
  readonly from?: unknown;
  readonly to?: unknown;
  readonly expression?: unknown;
  readonly isCaseSensitive?: unknown;
  readonly filters?: unknown;
}

function fieldKind({ baseType }: PackedField): Kind {
  if (['NUMBER', 'INTEGER', 'LONG'].indexOf(baseType) >= 0) return 'number';
  if (baseType === 'DATETIME') return 'date';
  return baseType === 'BOOLEAN' ? 'boolean' : 'text';
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Returns a number or text that `<` orders. */
function comparable(kind: Kind, value: unknown, isCaseSensitive: boolean): number | string {
  if (kind === 'number') return Number(value);
  if (kind === 'date') return new Date(value as Date).getTime();
  if (kind === 'boolean') return value === true || String(value).toLowerCase() === 'true' ? 1 : 0;
  const text = textOf(value);
  return isCaseSensitive ? text : text.toLowerCase();
}

/** Compares two values; missing ones come first. */
function compareValues(kind: Kind, one: unknown, other: unknown, isCaseSensitive: boolean): number {
  if (isMissing(one) || isMissing(other)) return Number(isMissing(other)) - Number(isMissing(one));
  const left = comparable(kind, one, isCaseSensitive);
  const right = comparable(kind, other, isCaseSensitive);
  return left < right ? -1 : left > right ? 1 : 0;
}

function isSame(one: unknown, other: unknown): boolean {
  if (isMissing(one) || isMissing(other)) return isMissing(one) && isMissing(other);
  return one === other || textOf(one) === textOf(other);
}

/** Whether a row has all of the given values. */
function hasValues(row: Members, values: Members): boolean {
  if (typeof values !== 'object' || values === null)
    throw new Error('the values must be an object with a value for each field');
  return Object.keys(values).every((name) => isSame(row[name], values[name]));
}

/** `*` and `%` stand for any text, `?` and `_` for one character. */
function likePattern(value: unknown, isCaseSensitive: boolean): RegExp {
  const source = String(value)
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/[*%]+/g, '[^]*')
    .replace(/[?_]/g, '[^]');
  return new RegExp(`^${source}$`, isCaseSensitive ? '' : 'i');
}

/** Returns the test of a filter for a value of its field. Throws for a filter type that the sandbox does not have. */
function valueTest(filter: Filter, kind: Kind): (value: unknown) => boolean {
  const isCaseSensitive = filter.isCaseSensitive !== false;
  const against = (operand: unknown, wanted: (order: number) => boolean) => (value: unknown) =>
    !isMissing(value) && wanted(compareValues(kind, value, operand, isCaseSensitive));
  const equals = (operand: unknown): ((value: unknown) => boolean) => against(operand, (order) => order === 0);
  switch (String(filter.type).toUpperCase()) {
    case 'EQ':
      return equals(filter.value);
    case 'LT':
      return against(filter.value, (order) => order < 0);
    case 'LE':
      return against(filter.value, (order) => order <= 0);
    case 'GT':
      return against(filter.value, (order) => order > 0);
    case 'GE':
      return against(filter.value, (order) => order >= 0);
    case 'IN': {
      const tests = (Array.isArray(filter.values) ? (filter.values as unknown[]) : []).map(equals);
      return (value) => tests.some((test) => test(value));
    }
    case 'BETWEEN': {
      const isAbove = against(filter.from, (order) => order >= 0);
      const isBelow = against(filter.to, (order) => order <= 0);
      return (value) => isAbove(value) && isBelow(value);
    }
    case 'LIKE':
      return patternTest(likePattern(filter.value, isCaseSensitive));
    case 'MATCHES':
      return patternTest(new RegExp(String(filter.expression ?? filter.value)));
    case 'MISSINGVALUE':
      return isMissing;
    default:
      throw new Error(`the sandbox does not have the filter type ${String(filter.type)}`);
  }
}

function patternTest(pattern: RegExp): (value: unknown) => boolean {
  return (value) => !isMissing(value) && pattern.test(String(value));
}

/** Returns the test of a filter for a row. A negated filter (NE, NOTLIKE, ...) also accepts rows without the value. */
function rowTest(filter: Filter, fields: Record<string, PackedField>, depth: number): (row: Members) => boolean {
  if (typeof filter !== 'object' || filter === null) throw new Error('a filter of a query must be an object');
  if (depth > 50) throw new Error('the filters of a query are nested too deeply');
  const type = String(filter.type).toUpperCase();
  if (type === 'AND' || type === 'OR') {
    const filters = Array.isArray(filter.filters) ? (filter.filters as Filter[]) : [];
    const tests = filters.map((inner) => rowTest(inner, fields, depth + 1));
    return type === 'AND' ? (row) => tests.every((test) => test(row)) : (row) => tests.some((test) => test(row));
  }
  const name = String(filter.fieldName);
  const field = fields[name];
  if (!field) throw new Error(`a query names the field ${name}, which the InfoTable does not have`);
  const isNegated = type === 'NE' || type.startsWith('NOT');
  const positive = type === 'NE' ? 'EQ' : type.replace(/^NOT/, '');
  const test = valueTest({ ...filter, type: positive }, fieldKind(field));
  return (row) => test(row[name]) !== isNegated;
}

interface SortOrder {
  readonly fieldName?: unknown;
  readonly isAscending?: unknown;
  readonly isCaseSensitive?: unknown;
}

/** Sorts by the `sorts` of a query; rows that compare equal keep their order. */
function sortRows(rows: Members[], sorts: readonly SortOrder[], fields: Record<string, PackedField>): Members[] {
  const orders = sorts.map(({ fieldName, isAscending, isCaseSensitive }) => {
    const name = String(fieldName);
    const field = fields[name];
    if (!field) throw new Error(`a sort names the field ${name}, which the InfoTable does not have`);
    const direction = isAscending === false ? -1 : 1;
    return (a: Members, b: Members) =>
      compareValues(fieldKind(field), a[name], b[name], isCaseSensitive !== false) * direction;
  });
  return rows.slice().sort((a, b) => orders.reduce((found, order) => found || order(a, b), 0));
}

export const ROW_FUNCTIONS = [
  fieldKind,
  isMissing,
  comparable,
  compareValues,
  isSame,
  hasValues,
  likePattern,
  valueTest,
  patternTest,
  rowTest,
  sortRows,
];
export type { compareValues, fieldKind, hasValues, isMissing, isSame, rowTest, sortRows };
