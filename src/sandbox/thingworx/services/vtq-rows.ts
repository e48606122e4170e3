import { type Cell, type InfoTable, Primitive } from '../../../alwayson/codec/values-model.js';
import { isInfoTable, rowsFromTable } from '../../../alwayson/values.js';

/** A value with time and quality, by the name of its property. */
export interface VtqRow {
  readonly name: string;
  /**
   * A native value, or null. A table stays an InfoTable, because an empty one would lose its columns as native rows.
   */
  readonly value: unknown;
  readonly timeMs: number;
  readonly quality: string;
}

/** The rows of a table with the columns `name`, `value`, `time` and `quality`. `nowMs` is for rows without a time. */
export function vtqRows(table: InfoTable, nowMs: number): VtqRow[] {
  const at = table.fields.findIndex((field) => field.name === 'value');
  return rowsFromTable(table).map(({ name, value, time, quality }, index) => ({
    name: String(name),
    value: tableIn(table.rows[index]?.[at]) ?? value ?? null,
    timeMs: time instanceof Date ? time.getTime() : nowMs,
    quality: typeof quality === 'string' ? quality : 'GOOD',
  }));
}

function tableIn(cell: Cell | undefined): InfoTable | undefined {
  const value = cell instanceof Primitive ? cell.value : cell;
  return isInfoTable(value) ? value : undefined;
}
