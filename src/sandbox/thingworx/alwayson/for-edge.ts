import type { BaseType } from '../../../alwayson/codec/base-types.js';
import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  TypedCell,
  Primitive,
  type Value,
} from '../../../alwayson/codec/values-model.js';

/** Base types that PTC's C SDK cannot read: it drops the row and all rows after it. */
const REPLACEMENTS: Partial<Readonly<Record<BaseType, BaseType>>> = { LONG: 'NUMBER', SCHEDULE: 'STRING' };

/** Returns the same table in base types that every edge can read: LONG as NUMBER, or as text if it is a bigint. */
export function forEdge(table: InfoTable): InfoTable {
  return {
    fields: table.fields.map(fieldForEdge),
    rows: table.rows.map((row) => row.map((cell, index) => cellForEdge(cell, table.fields[index]?.baseType))),
  };
}

function fieldForEdge(field: FieldDefinition): FieldDefinition {
  const baseType = REPLACEMENTS[field.baseType];
  const aspects = new Map([...field.aspects].map(([name, aspect]) => [name, primitiveForEdge(aspect)]));
  return baseType ? { ...field, baseType, aspects } : field;
}

function cellForEdge(cell: Cell, baseType: BaseType | undefined): Cell {
  if (cell instanceof TypedCell) {
    const { baseType: replaced, value } = primitiveForEdge(new Primitive(cell.baseType, cell.value));
    return new TypedCell(replaced, value);
  }
  if (typeof cell === 'bigint') return new TypedCell('STRING', String(cell));
  return baseType === undefined ? cell : valueForEdge(cell);
}

function valueForEdge(value: Value): Value {
  if (value instanceof Primitive) return primitiveForEdge(value);
  return typeof value === 'object' && value !== null && 'rows' in value ? forEdge(value) : value;
}

function primitiveForEdge({ baseType, value }: Primitive): Primitive {
  if (typeof value === 'bigint') return new Primitive('STRING', String(value));
  return new Primitive(REPLACEMENTS[baseType] ?? baseType, valueForEdge(value));
}
