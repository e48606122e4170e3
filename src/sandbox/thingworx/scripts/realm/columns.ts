/** Inputs that name an InfoTable or its columns. Runs inside the realm of a script (see realm.ts). */
import type { PackedField } from '../script-protocol.js';
import type { Members, RealmTable } from './realm-types.js';
import type * as values from './values.js';

declare const isTable: typeof values.isTable;
declare const textOf: typeof values.textOf;

function tableInput(inputs: Members, name: string): RealmTable {
  const table = inputs[name];
  if (typeof table === 'object' && table !== null && isTable(table)) return table;
  throw new Error(`the input ${name} must be an InfoTable`);
}

function fieldsOfTable({ dataShape: { fieldDefinitions } }: RealmTable): PackedField[] {
  return Object.keys(fieldDefinitions).map((name) => fieldDefinitions[name] as PackedField);
}

function namesIn(list: unknown): string[] {
  return textOf(list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function fieldNamed(table: RealmTable, name: string): PackedField {
  const field = table.dataShape.fieldDefinitions[name];
  if (!field) throw new Error(`the InfoTable has no field ${name}`);
  return field;
}

export const COLUMN_FUNCTIONS = [tableInput, fieldsOfTable, namesIn, fieldNamed];
export type { fieldNamed, fieldsOfTable, namesIn, tableInput };
