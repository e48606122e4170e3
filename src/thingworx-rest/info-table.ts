/** An InfoTable as the REST API writes it. */
export interface RestInfoTable {
  readonly fields: readonly { readonly name: string; readonly baseType: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads `{dataShape: {fieldDefinitions}, rows}`; undefined for anything else, such as the bare value of a JSON result. */
export function readInfoTable(value: unknown): RestInfoTable | undefined {
  if (!isObject(value) || !Array.isArray(value['rows']) || !isObject(value['dataShape'])) return undefined;
  const definitions = value['dataShape']['fieldDefinitions'];
  const list = Array.isArray(definitions) ? definitions : Object.values(isObject(definitions) ? definitions : {});
  const fields = list.filter(isObject).sort((a, b) => Number(a['ordinal'] ?? 0) - Number(b['ordinal'] ?? 0));
  return {
    fields: fields.map((field) => ({ name: String(field['name']), baseType: String(field['baseType']) })),
    rows: value['rows'].filter(isObject),
  };
}

/** The one value of a table that ThingWorx makes of a scalar result: one field `result`, one row. */
export function scalarResult(table: RestInfoTable): { readonly value: unknown } | undefined {
  if (table.fields.length !== 1 || table.fields[0]?.name !== 'result' || table.rows.length !== 1) return undefined;
  return { value: table.rows[0]?.['result'] };
}

/** Base types of a service's parameters by name, read from a Thing's metadata; undefined when it is not in there. */
export function parameterTypes(metadata: unknown, service: string): ReadonlyMap<string, string> | undefined {
  const services = isObject(metadata) ? metadata['serviceDefinitions'] : undefined;
  const definition = isObject(services) ? services[service] : undefined;
  if (!isObject(definition)) return undefined;
  const inputs = isObject(definition['Inputs']) ? definition['Inputs'] : definition;
  const fields = inputs['fieldDefinitions'] ?? inputs['parameterDefinitions'] ?? {};
  const list = Array.isArray(fields) ? fields : Object.values(isObject(fields) ? fields : {});
  return new Map(list.filter(isObject).map((field) => [String(field['name']), String(field['baseType'])]));
}
