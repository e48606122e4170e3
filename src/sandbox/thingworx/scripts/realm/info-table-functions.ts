/** `Resources["InfoTableFunctions"]`. Runs inside the realm of a script (see realm.ts). */
import type { PackedField } from '../script-protocol.js';
import type { Members, RealmTable } from './realm-types.js';

import type * as aggregates from './aggregate.js';
import type * as columns from './columns.js';
import type * as rowFunctions from './rows.js';
import type * as tables from './table.js';
import type * as valueFunctions from './values.js';

declare const aggregate: typeof aggregates.aggregate;
declare const fieldNamed: typeof columns.fieldNamed;
declare const fieldsOfTable: typeof columns.fieldsOfTable;
declare const isSame: typeof rowFunctions.isSame;
declare const isTable: typeof valueFunctions.isTable;
declare const joinTables: typeof aggregates.joinTables;
declare const makeTable: typeof tables.makeTable;
declare const namesIn: typeof columns.namesIn;
declare const packValue: typeof valueFunctions.packValue;
declare const rowTest: typeof rowFunctions.rowTest;
declare const sortRows: typeof rowFunctions.sortRows;
declare const tableInput: typeof columns.tableInput;
declare const unpackValue: typeof valueFunctions.unpackValue;

type ShapeOf = (dataShapeName: string) => PackedField[];

function withRows(table: RealmTable, rows: readonly Members[]): RealmTable {
  return makeTable(fieldsOfTable(table), rows);
}

function filterOf(query: unknown, table: RealmTable): (row: Members) => boolean {
  const { filters } = (query ?? {}) as Members;
  return filters ? rowTest(filters, table.dataShape.fieldDefinitions, 0) : () => true;
}

function queryFunctions(): Members {
  return {
    Query: (inputs: Members) => {
      const t = tableInput(inputs, 't');
      const { sorts, maxItems } = (inputs['query'] ?? {}) as Members;
      const rows = t.rows.filter(filterOf(inputs['query'], t));
      const sorted = Array.isArray(sorts) ? sortRows(rows, sorts as Members[], t.dataShape.fieldDefinitions) : rows;
      return withRows(t, typeof maxItems === 'number' ? sorted.slice(0, maxItems) : sorted);
    },
    DeleteQuery: (inputs: Members) => {
      const t = tableInput(inputs, 't');
      const isWanted = filterOf(inputs['query'], t);
      return withRows(
        t,
        t.rows.filter((row) => !isWanted(row)),
      );
    },
    UpdateQuery: (inputs: Members) => {
      const t = tableInput(inputs, 't');
      const isWanted = filterOf(inputs['query'], t);
      const values = inputs['values'] as Members;
      const changes = isTable(values) ? (values.rows[0] ?? {}) : values;
      return withRows(
        t,
        t.rows.map((row) => (isWanted(row) ? { ...row, ...changes } : row)),
      );
    },
    Sort: (inputs: Members) => {
      const t = tableInput(inputs, 't');
      const sorts = [{ fieldName: inputs['sortColumn'], isAscending: inputs['ascending'] }];
      return withRows(t, sortRows(t.rows, sorts, t.dataShape.fieldDefinitions));
    },
    TopN: (inputs: Members) =>
      withRows(tableInput(inputs, 't'), tableInput(inputs, 't').rows.slice(0, Number(inputs['maxItems']))),
  };
}

/** `EQFilter` and the other filter functions for one field: each is a query with one filter of that type. */
function filterFunctions(): Members {
  const made: Members = {};
  const types = 'EQ NE LT LE GT GE Like NotLike Between NotBetween MissingValue NotMissingValue In NotIn'.split(' ');
  types.forEach((type) => {
    made[`${type}Filter`] = (inputs: Members) => {
      const t = tableInput(inputs, 't');
      return withRows(t, t.rows.filter(rowTest({ ...inputs, type }, t.dataShape.fieldDefinitions, 0)));
    };
  });
  return made;
}

function setFunctions(): Members {
  const has = (rows: readonly Members[], fields: readonly PackedField[], row: Members): boolean =>
    rows.some((other) => fields.every(({ name }) => isSame(other[name], row[name])));
  const distinct = (rows: readonly Members[], fields: readonly PackedField[]): Members[] => {
    const seen = Object.create(null) as Record<string, boolean>;
    return rows.filter((row) => {
      const key = JSON.stringify(fields.map(({ name }) => row[name] ?? null));
      if (seen[key]) return false;
      return (seen[key] = true);
    });
  };
  const both = (inputs: Members): [RealmTable, RealmTable] => [tableInput(inputs, 't1'), tableInput(inputs, 't2')];
  return {
    Distinct: (inputs: Members) => {
      const t = tableInput(inputs, 't');
      const fields = namesIn(inputs['columns']).map((name) => fieldNamed(t, name));
      return makeTable(
        fields,
        distinct(t.rows, fields).map((row) => onlyFields(row, fields)),
      );
    },
    Union: (inputs: Members) => {
      const [t1, t2] = both(inputs);
      const known = fieldsOfTable(t1);
      const more = fieldsOfTable(t2).filter(({ name }) => !t1.dataShape.fieldDefinitions[name]);
      return makeTable(known.concat(more), t1.rows.concat(t2.rows));
    },
    Intersect: (inputs: Members) => {
      const [t1, t2] = both(inputs);
      return withRows(
        t1,
        t1.rows.filter((row) => has(t2.rows, fieldsOfTable(t1), row)),
      );
    },
    Difference: (inputs: Members) => {
      const [t1, t2] = both(inputs);
      return withRows(
        t1,
        t1.rows.filter((row) => !has(t2.rows, fieldsOfTable(t1), row)),
      );
    },
    RenameField: (inputs: Members) => {
      const t = tableInput(inputs, 't');
      const from = fieldNamed(t, String(inputs['from'])).name;
      const to = String(inputs['to']);
      const renamed = (name: string): string => (name === from ? to : name);
      const fields = fieldsOfTable(t).map((field) => ({ ...field, name: renamed(field.name) }));
      return makeTable(
        fields,
        t.rows.map((row) => ({ ...row, [to]: row[from] })),
      );
    },
  };
}

function onlyFields(row: Members, fields: readonly PackedField[]): Members {
  const made: Members = {};
  fields.forEach(({ name }) => (made[name] = row[name]));
  return made;
}

/** An unknown function throws an error that names it when it is called, instead of a TypeError. */
function infoTableFunctions(shapeOf: ShapeOf): object {
  const known: Members = {
    ...queryFunctions(),
    ...filterFunctions(),
    ...setFunctions(),
    CreateInfoTable: () => makeTable([], []),
    CreateInfoTableFromDataShape: (inputs: Members) => makeTable(shapeOf(String(inputs['dataShapeName'])), []),
    Clone: (inputs: Members) => unpackValue(packValue(tableInput(inputs, 't1'), 0)),
    Aggregate: (inputs: Members) => aggregate(tableInput(inputs, 't'), inputs),
    Join: (inputs: Members) => joinTables(tableInput(inputs, 't1'), tableInput(inputs, 't2'), inputs),
  };
  return new Proxy(known, {
    get: (target, key) =>
      typeof key === 'symbol' || key in target
        ? Reflect.get(target, key)
        : () => {
            throw new Error(`the sandbox does not have the service ${key} of InfoTableFunctions`);
          },
  });
}

export const INFO_TABLE_FUNCTIONS = [
  withRows,
  filterOf,
  queryFunctions,
  filterFunctions,
  setFunctions,
  onlyFields,
  infoTableFunctions,
];
export type { infoTableFunctions };
