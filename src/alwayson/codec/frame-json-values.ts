import { type BaseType, BASE_TYPES, isBaseType } from './base-types.js';
import { scalarFromJson, scalarToJson } from './frame-json-scalars.js';
import { jsonInvalid, listAt, objectAt, textAt } from './json-input.js';
import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  TypedCell,
  Primitive,
  type Row,
  type Value,
} from './values-model.js';

/** A typed value: `{"baseType":"INTEGER","value":7}`; NOTHING has no value. */
export interface CellJson {
  readonly baseType: BaseType;
  readonly value?: unknown;
}

export interface FieldJson {
  readonly name: string;
  readonly description: string;
  readonly baseType: BaseType;
  readonly aspects: Readonly<Record<string, CellJson>>;
}

export interface FrameTableJson {
  readonly fields: readonly FieldJson[];
  readonly rows: readonly (readonly CellJson[])[];
}

const NOTHING: CellJson = { baseType: 'NOTHING' };

export function tableToFrameJson({ fields, rows }: InfoTable): FrameTableJson {
  return {
    fields: fields.map(({ name, description, baseType, aspects }) => ({
      name,
      description,
      baseType,
      aspects: Object.fromEntries(
        [...aspects].map(([aspect, { baseType, value }]) => [aspect, toCell(baseType, value)]),
      ),
    })),
    rows: rows.map((row) => row.map((cell, index) => cellToJson(cell, fields[index]))),
  };
}

function cellToJson(cell: Cell, field: FieldDefinition | undefined): CellJson {
  if (cell instanceof TypedCell) return toCell(cell.baseType, cell.value);
  return cell === null || field === undefined ? NOTHING : toCell(field.baseType, cell);
}

function toCell(baseType: BaseType, value: Value): CellJson {
  return baseType === 'NOTHING' ? NOTHING : { baseType, value: valueToJson(baseType, value) };
}

function valueToJson(baseType: BaseType, value: Value): unknown {
  const { payload } = BASE_TYPES[baseType];
  if (payload === 'infotable') return tableToFrameJson(value as InfoTable);
  if (payload !== 'variant') return scalarToJson(payload, value);
  const content = value as Primitive;
  return toCell(content.baseType, content.value);
}

/** Reads a table from its JSON form. Throws AgentError InvalidArgument with the path of the wrong value, below `path`. */
export function tableFromFrameJson(json: unknown, path: string): InfoTable {
  const table = objectAt(json, path);
  const fields = listAt(table['fields'], `${path}.fields`).map((field, index) =>
    fieldFromJson(field, `${path}.fields[${index}]`),
  );
  const rows = listAt(table['rows'], `${path}.rows`).map((row, index) =>
    rowFromJson(row, fields, `${path}.rows[${index}]`),
  );
  return { fields, rows };
}

function fieldFromJson(json: unknown, path: string): FieldDefinition {
  const field = objectAt(json, path);
  const aspects = Object.entries(objectAt(field['aspects'] ?? {}, `${path}.aspects`));
  return {
    name: textAt(field['name'], `${path}.name`),
    description: textAt(field['description'] ?? '', `${path}.description`),
    baseType: baseTypeAt(field['baseType'], `${path}.baseType`),
    aspects: new Map(aspects.map(([name, aspect]) => [name, primitiveFromJson(aspect, `${path}.aspects.${name}`)])),
  };
}

function rowFromJson(json: unknown, fields: readonly FieldDefinition[], path: string): Row {
  return listAt(json, path).map((cell, index): Cell => {
    const { baseType, value } = primitiveFromJson(cell, `${path}[${index}]`);
    return baseType === 'NOTHING' || baseType === fields[index]?.baseType ? value : new TypedCell(baseType, value);
  });
}

function primitiveFromJson(json: unknown, path: string): Primitive {
  const cell = objectAt(json, path);
  const baseType = baseTypeAt(cell['baseType'], `${path}.baseType`);
  return new Primitive(baseType, valueFromJson(baseType, cell['value'], `${path}.value`));
}

function baseTypeAt(json: unknown, path: string): BaseType {
  const name = textAt(json, path);
  if (!isBaseType(name)) throw jsonInvalid(path, 'a base type');
  return name;
}

function valueFromJson(baseType: BaseType, json: unknown, path: string): Value {
  const { payload } = BASE_TYPES[baseType];
  if (payload === 'infotable') return tableFromFrameJson(json, path);
  return payload === 'variant' ? primitiveFromJson(json, path) : scalarFromJson(payload, json, path);
}
