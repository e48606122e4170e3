import type { DataShapeDefinition, NativeRow } from '../edge/definitions.js';

/**
 * A JSON value as a cell of a table has it: always an object, since PTC's JSON type turns any other value into `{}`. A
 * list becomes `{"array": [...]}`; a text, number, boolean or `null` becomes `{"value": ...}`.
 */
export function jsonCell(value: unknown): object {
  if (Array.isArray(value)) return { array: value as unknown[] };
  return typeof value === 'object' && value !== null ? value : { value };
}

/** The row with its JSON fields as cells of a table; absent fields stay absent. */
export function withJsonCells(shape: DataShapeDefinition, row: NativeRow): NativeRow {
  const cells: Record<string, unknown> = { ...row };
  for (const { name, baseType } of shape.fields)
    if (baseType === 'JSON' && row[name] !== undefined) cells[name] = jsonCell(row[name]);
  return cells;
}
