/**
 * The values of AlwaysOn, as the whole project holds them.
 *
 * A *cell* of a table is the bare value of its field's base type, `null` for NOTHING, or an OddCell where the wire
 * carried another base type than the field has (a cell's own type byte decides, protocol notes 3.4).
 */
import type { BaseType } from './base-types.js';

/** Degrees and metres; on the wire in the order longitude, latitude, elevation. */
export interface Location {
  readonly longitude: number;
  readonly latitude: number;
  readonly elevation: number;
}

/** A value with its base type: an aspect, or the content of a VARIANT. */
export class Primitive {
  constructor(
    readonly baseType: BaseType,
    readonly value: Value,
  ) {}
}

/** A cell whose base type is not that of its field. */
export class OddCell {
  constructor(
    readonly baseType: BaseType,
    readonly value: Value,
  ) {}
}

/**
 * By base type: STRING-like, JSON, QUERY, XML: string (JSON and QUERY: the text). NUMBER, INTEGER: number.
 * LONG: number, or bigint beyond 2^53. BOOLEAN: boolean. DATETIME: epoch milliseconds. LOCATION: Location.
 * BLOB, IMAGE: Uint8Array. INFOTABLE: InfoTable. VARIANT: Primitive. NOTHING: null.
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | Location | InfoTable | Primitive;

export type Cell = Value | OddCell;

/** Cells in the order of the fields; missing trailing cells count as null. */
export type Row = readonly Cell[];

export interface FieldDefinition {
  readonly name: string;
  readonly description: string;
  readonly baseType: BaseType;
  /** Free-form (isRequired, defaultValue, dataShape, ...); unknown ones survive. In wire order. */
  readonly aspects: ReadonlyMap<string, Primitive>;
}

/** A data shape (its name is not on the wire) and rows. */
export interface InfoTable {
  readonly fields: readonly FieldDefinition[];
  readonly rows: readonly Row[];
}
