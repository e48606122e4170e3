import { isPlainObject } from '../core/objects.js';

/** An InfoTable in the form of the REST API [TWX 5.3]. */
export interface RestInfoTable {
  readonly fields: readonly { readonly name: string; readonly baseType: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Reads `{dataShape: {fieldDefinitions}, rows}`; returns undefined for anything else, such as a bare JSON result. */
export function readInfoTable(value: unknown): RestInfoTable | undefined {
  if (!isPlainObject(value) || !Array.isArray(value['rows']) || !isPlainObject(value['dataShape'])) return undefined;
  const definitions = value['dataShape']['fieldDefinitions'];
  const list = Array.isArray(definitions) ? definitions : Object.values(isPlainObject(definitions) ? definitions : {});
  const fields = list.filter(isPlainObject).sort((a, b) => Number(a['ordinal'] ?? 0) - Number(b['ordinal'] ?? 0));
  return {
    fields: fields.map((field) => ({ name: String(field['name']), baseType: String(field['baseType']) })),
    rows: value['rows'].filter(isPlainObject),
  };
}

/** Returns the value of a scalar result, which is a table with one field `result` and one row. */
export function scalarResult(table: RestInfoTable): { readonly value: unknown } | undefined {
  if (table.fields.length !== 1 || table.fields[0]?.name !== 'result' || table.rows.length !== 1) return undefined;
  return { value: table.rows[0]?.['result'] };
}

/** Returns the base types of a service's parameters by name; undefined if the metadata does not have the service. */
export function parameterTypes(metadata: unknown, service: string): ReadonlyMap<string, string> | undefined {
  const services = isPlainObject(metadata) ? metadata['serviceDefinitions'] : undefined;
  const definition = isPlainObject(services) ? services[service] : undefined;
  if (!isPlainObject(definition)) return undefined;
  const inputs = isPlainObject(definition['Inputs']) ? definition['Inputs'] : definition;
  const fields = inputs['fieldDefinitions'] ?? inputs['parameterDefinitions'] ?? {};
  const list = Array.isArray(fields) ? fields : Object.values(isPlainObject(fields) ? fields : {});
  return new Map(list.filter(isPlainObject).map((field) => [String(field['name']), String(field['baseType'])]));
}
