import { type Cell, type InfoTable, TypedCell, Primitive } from '../alwayson/codec/values-model.js';

/** About how many bytes a cell takes on the wire; for limits, where a few bytes do not matter. */
export function approximateBytes(cell: Cell): number {
  if (cell === null) return 1;
  if (typeof cell === 'string') return 5 + Buffer.byteLength(cell);
  if (typeof cell !== 'object') return 9;
  if (cell instanceof TypedCell || cell instanceof Primitive) return 1 + approximateBytes(cell.value);
  if (cell instanceof Uint8Array) return 5 + cell.length;
  return 'rows' in cell ? tableBytes(cell) : 25;
}

/** About how many bytes a table takes on the wire. */
export function tableBytes({ fields, rows }: InfoTable): number {
  let bytes = 2;
  for (const { name, description, aspects } of fields)
    bytes += 16 + Buffer.byteLength(name) + Buffer.byteLength(description) + 40 * aspects.size;
  for (const row of rows) for (const cell of row) bytes += 1 + approximateBytes(cell);
  return bytes;
}
