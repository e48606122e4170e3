import { stringifyJson } from '../../../core/exact-json.js';
import type { Condition, Expression, Query, SelectItem } from '../../../hub-query/syntax.js';
import { type Aggregate, createAggregate } from './aggregate.js';
import { compileExpression } from './compile-expression.js';
import { canonicalName, compilePath, type QueryDocument } from './document.js';

/** The kind of the rows, for the header `x-ms-item-type` of a response. */
export type ItemType = 'Twin' | 'DeviceJob' | 'Raw';

export interface CompiledQuery {
  readonly itemType: ItemType;
  /**
   * Yields the rows of the result: the documents themselves for `SELECT *`, otherwise new objects. Reads no more documents
   * than necessary.
   */
  run(documents: Iterable<QueryDocument>): Iterable<unknown>;
}

/** Compiles a query, which can then be run on the documents of its `source`. */
export function compileQuery(query: Query): CompiledQuery {
  const matches = compileCondition(query);
  const select = compileSelect(query);
  return {
    itemType: itemTypeOf(query),
    run: (documents) => limit(select(filter(documents, matches)), query.top ?? Number.POSITIVE_INFINITY),
  };
}

/** Compiles a condition to a function that returns whether a document meets it. Only the Boolean true meets it. */
export function compileCondition(condition: Pick<Condition, 'where'>): (document: QueryDocument) => boolean {
  if (!condition.where) return () => true;
  const evaluate = compileExpression(condition.where);
  return (document) => evaluate(document) === true;
}

/**
 * Returns the only device ids that can meet a condition, if it names them (`deviceId = 'a'`, `deviceId IN ['a', 'b']`,
 * alone or in an AND), so that a caller with an index by id need not scan all documents. Otherwise undefined.
 */
export function namedDeviceIds(where: Expression | undefined): readonly string[] | undefined {
  if (where?.kind === 'and') {
    for (const operand of where.operands) {
      const ids = namedDeviceIds(operand);
      if (ids) return ids;
    }
  }
  if (where?.kind === 'comparison' && where.operator === '=') {
    if (isDeviceId(where.left)) return stringsOf([where.right]);
    if (isDeviceId(where.right)) return stringsOf([where.left]);
  }
  if (where?.kind === 'membership' && !where.negated && isDeviceId(where.value)) return stringsOf(where.items);
  return undefined;
}

function isDeviceId(expression: Expression): boolean {
  return (
    expression.kind === 'path' &&
    expression.segments.length === 1 &&
    String(expression.segments[0]).toLowerCase() === 'deviceid'
  );
}

function stringsOf(expressions: readonly Expression[]): readonly string[] | undefined {
  if (!expressions.every((expression) => expression.kind === 'constant')) return undefined;
  const values = new Set(expressions.map((expression) => expression.value));
  return [...values].filter((value) => typeof value === 'string');
}

function itemTypeOf(query: Query): ItemType {
  if (query.select !== '*') return 'Raw';
  return query.source === 'devices.jobs' ? 'DeviceJob' : 'Twin';
}

function* filter(
  documents: Iterable<QueryDocument>,
  matches: (document: QueryDocument) => boolean,
): Generator<QueryDocument> {
  for (const document of documents) if (matches(document)) yield document;
}

function* limit(rows: Iterable<unknown>, count: number): Generator {
  if (count === 0) return;
  let given = 0;
  for (const row of rows) {
    yield row;
    given += 1;
    if (given >= count) return;
  }
}

type Select = (documents: Iterable<QueryDocument>) => Iterable<unknown>;

function compileSelect(query: Query): Select {
  if (query.select === '*') return (documents) => documents;
  const columns = compileColumns(query.select);
  const groupBy = query.groupBy && compilePath(query.groupBy.segments);
  const aggregates = columns.some((column) => column.item.kind === 'aggregate');
  if (groupBy || aggregates) return (documents) => group(documents, columns, groupBy);
  return (documents) => project(documents, columns);
}

function* project(documents: Iterable<QueryDocument>, columns: readonly Column[]): Generator {
  for (const document of documents) {
    yield makeRow(columns.map((column) => [column.name, column.value(document)] as const));
  }
}

interface Group {
  readonly value: unknown;
  /** One aggregate for each column; undefined for the column of the group's property. */
  readonly aggregates: readonly (Aggregate | undefined)[];
}

function* group(
  documents: Iterable<QueryDocument>,
  columns: readonly Column[],
  groupBy: ((document: QueryDocument) => unknown) | undefined,
): Generator {
  const groups = new Map<string, Group>();
  // Without GROUP BY there is always one group, even without documents: COUNT() is then 0.
  if (!groupBy) groups.set('', createGroup(undefined, columns));
  for (const document of documents) {
    const value = groupBy?.(document);
    const key = groupBy ? (stringifyJson(value) ?? 'undefined') : '';
    const found = groups.get(key) ?? createGroup(value, columns);
    groups.set(key, found);
    for (const [index, aggregate] of found.aggregates.entries()) aggregate?.add(columns[index]?.value(document));
  }
  for (const { value, aggregates } of groups.values()) {
    yield makeRow(
      columns.map((column, index) => [column.name, aggregates[index]?.result() ?? groupValue(column, value)]),
    );
  }
}

function createGroup(value: unknown, columns: readonly Column[]): Group {
  const aggregates = columns.map(({ item }) =>
    item.kind === 'aggregate' ? createAggregate(item.function) : undefined,
  );
  return { value, aggregates };
}

function groupValue(column: Column, value: unknown): unknown {
  return column.item.kind === 'path' ? value : undefined;
}

export type Row = Readonly<Record<string, unknown>>;

/** One column of a result: its name, and its value for a document. */
export interface Column {
  readonly name: string;
  readonly item: SelectItem;
  readonly value: (document: QueryDocument) => unknown;
}

/** Compiles the columns of a select list. An aggregate without an alias is named `$1`, `$2` and so on. */
export function compileColumns(items: readonly SelectItem[]): readonly Column[] {
  let unnamed = 0;
  return items.map((item) => {
    const named = item.alias ?? (item.kind === 'path' ? lastName(item.path.segments) : undefined);
    if (named === undefined) unnamed += 1;
    return {
      name: named ?? `$${unnamed}`,
      item,
      value: item.path ? compilePath(item.path.segments) : () => undefined,
    };
  });
}

function lastName(segments: readonly (string | number)[]): string {
  if (segments.length === 1) return canonicalName(String(segments[0]));
  return String(segments.findLast((segment) => typeof segment === 'string'));
}

/** Builds a row, without the cells that have no value. */
export function makeRow(cells: readonly (readonly [name: string, value: unknown])[]): Row {
  return Object.fromEntries(cells.filter(([, value]) => value !== undefined));
}
