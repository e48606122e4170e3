import { type BaseType, BASE_TYPES, isBaseType } from './base-types.js';
import { base64At, jsonInvalid, listAt, objectAt, textAt } from './json-input.js';
import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  type Location,
  OddCell,
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

/** Numbers that JSON has no form for. */
const SPECIAL_NUMBERS = new Map<string, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

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
  if (cell instanceof OddCell) return toCell(cell.baseType, cell.value);
  return cell === null || field === undefined ? NOTHING : toCell(field.baseType, cell);
}

function toCell(baseType: BaseType, value: Value): CellJson {
  return baseType === 'NOTHING' ? NOTHING : { baseType, value: valueToJson(baseType, value) };
}

function valueToJson(baseType: BaseType, value: Value): unknown {
  switch (BASE_TYPES[baseType].payload) {
    case 'number':
      return numberToJson(value as number);
    case 'long':
      return typeof value === 'bigint' ? String(value) : value;
    case 'bytes':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'location':
      return locationToJson(value as Location);
    case 'infotable':
      return tableToFrameJson(value as InfoTable);
    case 'variant': {
      const content = value as Primitive;
      return toCell(content.baseType, content.value);
    }
    case 'string':
    case 'boolean':
    case 'datetime':
    case 'integer':
    case 'nothing':
      return value;
  }
}

function numberToJson(value: number): number | string {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return Object.is(value, -0) ? '-0' : String(value);
}

const locationToJson = ({ longitude, latitude, elevation }: Location): unknown => ({
  longitude: numberToJson(longitude),
  latitude: numberToJson(latitude),
  elevation: numberToJson(elevation),
});

/** The table of its JSON form. Throws AgentError InvalidArgument, which names the place below `path`. */
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
    return baseType === 'NOTHING' || baseType === fields[index]?.baseType ? value : new OddCell(baseType, value);
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

/** The value of its JSON form; what kind and range it must have else is seen when it is written. */
function valueFromJson(baseType: BaseType, json: unknown, path: string): Value {
  switch (BASE_TYPES[baseType].payload) {
    case 'nothing':
      return null;
    case 'number':
      return numberFromJson(json, path);
    case 'long':
      return typeof json === 'string' ? longFromText(json, path) : (json as Value);
    case 'bytes':
      return base64At(json, path);
    case 'location':
      return locationFromJson(json, path);
    case 'infotable':
      return tableFromFrameJson(json, path);
    case 'variant':
      return primitiveFromJson(json, path);
    case 'string':
      return textAt(json, path);
    case 'boolean':
    case 'datetime':
    case 'integer':
      return json as Value;
  }
}

function numberFromJson(json: unknown, path: string): number {
  if (typeof json === 'number') return json;
  const special = SPECIAL_NUMBERS.get(String(json));
  if (special === undefined) throw jsonInvalid(path, 'a number, "NaN", "Infinity" or "-Infinity"');
  return special;
}

function longFromText(text: string, path: string): bigint {
  if (!/^-?\d{1,19}$/.test(text)) throw jsonInvalid(path, 'a whole number');
  return BigInt(text);
}

function locationFromJson(json: unknown, path: string): Location {
  const location = objectAt(json, path);
  return {
    longitude: numberFromJson(location['longitude'], `${path}.longitude`),
    latitude: numberFromJson(location['latitude'], `${path}.latitude`),
    elevation: numberFromJson(location['elevation'], `${path}.elevation`),
  };
}
