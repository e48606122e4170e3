/** Aggregates and joins of InfoTables. Runs inside the realm of a script (see realm.ts). */
import type { PackedField } from '../script-protocol.js';
import type { Members, RealmTable } from './realm-types.js';

import type * as columnFunctions from './columns.js';
import type * as rowFunctions from './rows.js';
import type * as tables from './table.js';
import type * as valueFunctions from './values.js';

declare const compareValues: typeof rowFunctions.compareValues;
declare const fieldKind: typeof rowFunctions.fieldKind;
declare const fieldNamed: typeof columnFunctions.fieldNamed;
declare const isMissing: typeof rowFunctions.isMissing;
declare const makeTable: typeof tables.makeTable;
declare const namesIn: typeof columnFunctions.namesIn;
declare const textOf: typeof valueFunctions.textOf;

/** Computes an aggregate of the values of a column, without the missing ones. */
function aggregateOf(type: string, field: PackedField, values: readonly unknown[]): unknown {
  const ordered = values.slice().sort((a, b) => compareValues(fieldKind(field), a, b, true));
  const sum = values.reduce((total: number, value) => total + Number(value), 0);
  switch (type.toUpperCase()) {
    case 'COUNT':
      return values.length;
    case 'SUM':
      return sum;
    case 'AVERAGE':
      return values.length === 0 ? undefined : sum / values.length;
    case 'MIN':
      return ordered[0];
    case 'MAX':
      return ordered[ordered.length - 1];
    default:
      throw new Error(`the sandbox does not have the aggregate ${type}; it has COUNT, SUM, AVERAGE, MIN and MAX`);
  }
}

/** Groups rows by the values of the group columns, in the order in which the groups first occur. */
function groupRows(rows: readonly Members[], groups: readonly PackedField[]): Members[][] {
  const byKey = Object.create(null) as Record<string, Members[]>;
  rows.forEach((row) => {
    const key = JSON.stringify(groups.map(({ name }) => row[name] ?? null));
    (byKey[key] ??= []).push(row);
  });
  const found = Object.keys(byKey).map((key) => byKey[key] as Members[]);
  return found.length === 0 && groups.length === 0 ? [[]] : found;
}

/** `columns` and `aggregates` are lists of pairs; each pair's result column is named `<aggregate>_<column>`. */
function aggregate(t: RealmTable, inputs: Members): RealmTable {
  const columns = namesIn(inputs['columns']).map((name) => fieldNamed(t, name));
  const types = namesIn(inputs['aggregates']);
  if (columns.length !== types.length)
    throw new Error('Aggregate: columns and aggregates must be lists of the same length');
  const groups = namesIn(inputs['groupByColumns']).map((name) => fieldNamed(t, name));
  const pairs = columns.map((column, index) => ({ column, type: String(types[index]) }));
  const fields = pairs.map(({ column, type }): PackedField => {
    const keepsType = /^(min|max)$/i.test(type);
    return { name: `${type}_${column.name}`, baseType: keepsType ? column.baseType : 'NUMBER', description: '' };
  });
  const rows = groupRows(t.rows, groups).map((group) => {
    const row: Members = {};
    groups.forEach(({ name }) => (row[name] = group[0]?.[name]));
    pairs.forEach(({ column, type }) => {
      const values = group.map((each) => each[column.name]).filter((value) => !isMissing(value));
      row[`${type}_${column.name}`] = aggregateOf(type, column, values);
    });
    return row;
  });
  return makeTable(groups.concat(fields), rows);
}

/** Inner and left joins on equal values of the join columns. */
function joinTables(t1: RealmTable, t2: RealmTable, inputs: Members): RealmTable {
  const type = textOf(inputs['joinType'] ?? 'INNER').toUpperCase();
  if (type !== 'INNER' && type !== 'LEFT')
    throw new Error(`the sandbox does not have the join type ${type}; it has INNER and LEFT`);
  const fields1 = namesIn(inputs['columns1']).map((name) => fieldNamed(t1, name));
  const fields2 = namesIn(inputs['columns2']).map((name) => fieldNamed(t2, name));
  const keyOf = (table: RealmTable, columns: unknown): ((row: Members) => string) => {
    const names = namesIn(columns).map((name) => fieldNamed(table, name).name);
    return (row) => JSON.stringify(names.map((name) => row[name] ?? null));
  };
  const key1 = keyOf(t1, inputs['joinColumns1']);
  const key2 = keyOf(t2, inputs['joinColumns2']);
  const byKey = Object.create(null) as Record<string, Members[]>;
  t2.rows.forEach((other) => (byKey[key2(other)] ??= []).push(other));
  const rows = t1.rows.reduce((joined: Members[], row) => {
    const others = byKey[key1(row)] ?? (type === 'LEFT' ? [{}] : []);
    others.forEach((other) => {
      const made: Members = {};
      fields1.forEach(({ name }) => (made[name] = row[name]));
      fields2.forEach(({ name }) => (made[name] = other[name]));
      joined.push(made);
    });
    return joined;
  }, []);
  return makeTable(fields1.concat(fields2), rows);
}

export const AGGREGATE_FUNCTIONS = [aggregateOf, groupRows, aggregate, joinTables];
export type { aggregate, joinTables };
