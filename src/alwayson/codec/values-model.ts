/**
 * The values of AlwaysOn in memory.
 *
 * A *cell* of a table is the bare value of its field's base type, `null` for NOTHING, or a TypedCell if the wire carried
 * another base type than that of the field: the type byte of the cell decides.
 */
import type { BaseType } from './base-types.js';

/** Degrees and metres; on the wire in the order longitude, latitude, elevation. */
export interface Location {
  readonly longitude: number;
  readonly latitude: number;
  readonly elevation: number;
}

/** A VEC2, VEC3 or VEC4; `z` and `w` only where the type has them. */
export interface Vector {
  readonly x: number;
  readonly y: number;
  readonly z?: number;
  readonly w?: number;
}

/** A THINGCODE: a 32-bit domain id and a 64-bit instance id, a bigint beyond 2^53. */
export interface ThingCode {
  readonly domainId: number;
  readonly instanceId: number | bigint;
}

/** Start and end as epoch milliseconds (-1 if unset, as PTC's Java SDK writes it), and a period as text. */
export interface TimeSpan {
  readonly start: number;
  readonly end: number;
  readonly period: string;
}

/** A value with its base type: an aspect, or the content of a VARIANT. */
export class Primitive {
  constructor(
    readonly baseType: BaseType,
    readonly value: Value,
  ) {}
}

/** A cell with a base type of its own, which is not that of its field. */
export class TypedCell {
  constructor(
    readonly baseType: BaseType,
    readonly value: Value,
  ) {}
}

/**
 * By base type: STRING-like, JSON, QUERY, XML: string (JSON and QUERY: the text). NUMBER, INTEGER: number.
 * LONG: number, or bigint beyond 2^53. BOOLEAN: boolean. DATETIME: epoch milliseconds. LOCATION: Location.
 * BLOB, IMAGE: Uint8Array. INFOTABLE: InfoTable. VARIANT: Primitive. VEC2, VEC3, VEC4: Vector. THINGCODE: ThingCode.
 * TIMESPAN: TimeSpan. NOTHING: null.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Location
  | Vector
  | ThingCode
  | TimeSpan
  | InfoTable
  | Primitive;

export type Cell = Value | TypedCell;

/** Cells in the order of the fields; missing trailing cells count as null. */
export type Row = readonly Cell[];

export interface FieldDefinition {
  readonly name: string;
  readonly description: string;
  readonly baseType: BaseType;
  /** Free-form (isRequired, defaultValue, dataShape, ...) and in wire order; unknown aspects are kept. */
  readonly aspects: ReadonlyMap<string, Primitive>;
}

/** A data shape, whose name is not on the wire, and rows. */
export interface InfoTable {
  readonly fields: readonly FieldDefinition[];
  readonly rows: readonly Row[];
}
