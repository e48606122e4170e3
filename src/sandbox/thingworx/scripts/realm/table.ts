/**
 * InfoTables as scripts see them. Runs inside the realm of a script (see realm.ts). Rows are objects whose own members are
 * their values, so that `rows[i].x`, `Object.keys` and JSON work; methods are not enumerable.
 */
import type { PackedField } from '../script-protocol.js';
import type { Members, RealmTable } from './realm-types.js';

import type * as rowFunctions from './rows.js';
import type * as valueFunctions from './values.js';

declare const compareValues: typeof rowFunctions.compareValues;
declare const fieldKind: typeof rowFunctions.fieldKind;
declare const hasValues: typeof rowFunctions.hasValues;
declare const isDate: typeof valueFunctions.isDate;

function hide(target: object, members: Members): void {
  for (const name of Object.keys(members))
    Object.defineProperty(target, name, {
      value: members[name],
      enumerable: false,
      writable: true,
      configurable: true,
    });
}

/** Copies the members of an object as own members, including `__proto__`. */
function ownMembers(source: Members, made: Members): Members {
  for (const name of Object.keys(source))
    Object.defineProperty(made, name, { value: source[name], enumerable: true, writable: true, configurable: true });
  return made;
}

/** The methods of ThingWorx's ValueCollection. Rows inherit them, so that a row needs memory only for its values. */
function rowPrototype(fields: Record<string, PackedField>): object {
  const prototype = {};
  hide(prototype, {
    getValue(this: Members, name: string) {
      return this[name];
    },
    setValue(this: Members, name: string, value: unknown) {
      this[name] = value;
    },
    has(this: Members, name: string) {
      return this[name] !== undefined && this[name] !== null;
    },
    clone(this: Members) {
      return makeRow(this, prototype);
    },
    toJSON(this: Members) {
      return ownMembers(this, {});
    },
    toInfoTable(this: Members) {
      return makeTable(
        Object.keys(fields).map((name) => fields[name] as PackedField),
        [this],
      );
    },
  });
  return prototype;
}

function makeRow(source: unknown, prototype: object): Members {
  if (typeof source !== 'object' || source === null)
    throw new Error('a row must be an object with a value for each field');
  return ownMembers(source as Members, Object.create(prototype) as Members);
}

function makeShape(fieldDefinitions: Record<string, PackedField>): RealmTable['dataShape'] {
  const shape = { fields: fieldDefinitions, fieldDefinitions };
  hide(shape, {
    clone: () => makeShape(ownMembers(fieldDefinitions, {}) as Record<string, PackedField>),
    getFields: () => fieldDefinitions,
    getFieldDefinition: (name: string) => fieldDefinitions[name] ?? null,
    hasField: (name: string) => fieldDefinitions[name] !== undefined,
    toJSON: () => ({ fieldDefinitions }),
  });
  return shape;
}

function makeTable(fields: readonly PackedField[], source: readonly Members[]): RealmTable {
  const fieldDefinitions = Object.create(null) as Record<string, PackedField>;
  for (const field of fields) fieldDefinitions[field.name] = field;
  const prototype = rowPrototype(fieldDefinitions);
  const rows = source.map((row) => makeRow(row, prototype));
  const rowAt = (index: number): Members | null => rows[index] ?? null;
  const last = (): Members | null => rowAt(rows.length - 1);
  hide(rows, {
    toArray: () => rows.slice(),
    getLength: () => rows.length,
    getRow: rowAt,
    getFirstRow: () => rowAt(0),
    getLastRow: last,
  });
  const table = { dataShape: makeShape(fieldDefinitions), rows } as unknown as RealmTable;
  hide(table, { getRow: rowAt, getFirstRow: () => rowAt(0), getLastRow: last });
  hide(table, fieldMethods(table));
  hide(table, rowMethods(table, prototype));
  hide(table, matchingMethods(table));
  Object.defineProperty(table, 'length', { get: () => rows.length });
  return asTable(table, prototype);
}

/** As in ThingWorx, `table[0]` is a row, and `table.field` is the value in the first row, which can also be set. */
function asTable(table: RealmTable, prototype: object): RealmTable {
  const { rows, dataShape } = table;
  const isRowNumber = (key: PropertyKey): key is string => typeof key === 'string' && /^\d+$/.test(key);
  const isField = (key: PropertyKey): key is string =>
    typeof key === 'string' && !(key in table) && dataShape.fieldDefinitions[key] !== undefined;
  return new Proxy(table, {
    get(target, key) {
      if (isRowNumber(key)) return rows[Number(key)];
      return isField(key) ? rows[0]?.[key] : Reflect.get(target, key);
    },
    set(target, key, value: unknown) {
      if (!isField(key)) return isRowNumber(key) ? false : Reflect.set(target, key, value);
      if (rows.length === 0) rows.push(makeRow({}, prototype));
      (rows[0] as Members)[key] = value;
      return true;
    },
    has: (target, key) => (isRowNumber(key) ? Number(key) < rows.length : isField(key) || key in target),
  });
}

/** Returns a row as REST writes it: dates as epoch milliseconds. */
function jsonRow(row: Members, { fieldDefinitions }: RealmTable['dataShape']): Members {
  const made = ownMembers(row, {});
  for (const name of Object.keys(made)) {
    const value = made[name];
    if (fieldDefinitions[name]?.baseType === 'DATETIME' && isDate(value)) made[name] = value.getTime();
  }
  return made;
}

function fieldMethods({ dataShape, rows }: RealmTable): Members {
  const { fieldDefinitions } = dataShape;
  const toJson = (): object => ({ dataShape: { fieldDefinitions }, rows: rows.map((row) => jsonRow(row, dataShape)) });
  return {
    getDataShape: () => dataShape,
    getField: (name: string) => fieldDefinitions[name] ?? null,
    hasField: (name: string) => fieldDefinitions[name] !== undefined,
    getFieldCount: () => Object.keys(fieldDefinitions).length,
    AddField: ({ name, baseType, description = '' }: Partial<PackedField>) => {
      if (!name || !baseType) throw new Error('AddField: a field needs a name and a baseType');
      fieldDefinitions[name] = { name, baseType, description };
    },
    RemoveField: (name: string) => void Reflect.deleteProperty(fieldDefinitions, name),
    ToJSON: toJson,
    toJSON: toJson,
  };
}

function rowMethods({ dataShape: { fieldDefinitions }, rows }: RealmTable, prototype: object): Members {
  const fields = (): PackedField[] =>
    Object.keys(fieldDefinitions).map((name) => fieldDefinitions[name] as PackedField);
  const count = (): number => rows.length;
  return {
    getRowCount: count,
    RowCount: count,
    getLength: count,
    isEmpty: () => rows.length === 0,
    AddRow: (row: unknown) => void rows.push(makeRow(row, prototype)),
    RemoveRow: (index: number) => {
      if (!(index >= 0 && index < rows.length)) throw new Error(`the InfoTable has no row ${String(index)}`);
      rows.splice(index, 1);
    },
    RemoveAllRows: () => void rows.splice(0),
    CopyValues: (index: number) => makeTable(fields(), rows.slice(index, index + 1)),
    clone: () => makeTable(fields(), rows),
    topN: (maxItems: number) => void rows.splice(maxItems),
    topNToNewTable: (maxItems: number) => makeTable(fields(), rows.slice(0, maxItems)),
  };
}

function matchingMethods({ dataShape: { fieldDefinitions }, rows }: RealmTable): Members {
  const keep = (wanted: (row: Members) => boolean): number => {
    const kept = rows.filter(wanted);
    const removed = rows.length - kept.length;
    rows.splice(0);
    kept.forEach((row) => rows.push(row));
    return removed;
  };
  return {
    Find: (values: Members) => rows.filter((row) => hasValues(row, values))[0] ?? null,
    Filter: (values: Members) => void keep((row) => hasValues(row, values)),
    Delete: (values: Members) => keep((row) => !hasValues(row, values)),
    Sort: ({ name, ascending = true }: { name: string; ascending?: boolean }) => {
      if (fieldDefinitions[name] === undefined) throw new Error(`Sort: the InfoTable has no field ${name}`);
      const kind = fieldKind(fieldDefinitions[name]);
      rows.sort((a, b) => compareValues(kind, a[name], b[name], true) * (ascending ? 1 : -1));
    },
  };
}

export const TABLE_FUNCTIONS = [
  hide,
  ownMembers,
  rowPrototype,
  makeRow,
  makeShape,
  makeTable,
  asTable,
  jsonRow,
  fieldMethods,
  rowMethods,
  matchingMethods,
];
export type { hide, makeTable, ownMembers };
