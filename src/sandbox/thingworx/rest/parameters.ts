import { type FieldDefinition, type InfoTable, OddCell } from '../../../alwayson/codec/values-model.js';
import {
  convertLoose,
  encodeNative,
  inferPrimitive,
  isPlainObject,
  makeField,
  tableFromJson,
} from '../../../alwayson/values.js';
import { RestError } from './rest-error.js';

/** The inputs in a request's body: a JSON object, or nothing at all. Throws RestError 400. */
export function inputsOf(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new RestError(400, `Bad Request : the body is not JSON: ${(error as Error).message}`);
  }
  if (!isPlainObject(parsed)) throw new RestError(400, 'Bad Request : the body must be a JSON object of inputs');
  return parsed;
}

/**
 * Inputs as the one row of parameters of a request (protocol notes 6); null when there are none. Values are converted by
 * base type. What cannot be converted and what the service does not know goes on as it is: the edge has the last word,
 * and its refusal names the parameter.
 */
export function parameterTable(
  definitions: readonly FieldDefinition[],
  inputs: Readonly<Record<string, unknown>>,
): InfoTable | null {
  const given = Object.entries(inputs).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return null;
  const known = new Map(definitions.map((definition) => [definition.name, definition]));
  const columns = given.map(([name, value]) => column(name, value, known.get(name)));
  return { fields: columns.map(({ field }) => field), rows: [columns.map(({ cell }) => cell)] };
}

interface Column {
  readonly field: FieldDefinition;
  readonly cell: InfoTable['rows'][number][number];
}

/** With the shape that it came with; rows alone get the one that they seem to have. */
function tableOf(value: unknown): InfoTable {
  if (typeof value === 'object' && value !== null) {
    if ('fields' in value && 'rows' in value) return value as InfoTable;
    if ('dataShape' in value) return tableFromJson(value);
  }
  return encodeNative('INFOTABLE', convertLoose('INFOTABLE', value)) as InfoTable;
}

function column(name: string, value: unknown, definition: FieldDefinition | undefined): Column {
  const inferred = inferPrimitive(value);
  if (!definition) return { field: makeField(name, inferred.baseType), cell: inferred.value };
  const field = makeField(name, definition.baseType);
  try {
    if (definition.baseType === 'INFOTABLE') return { field, cell: tableOf(value) };
    return { field, cell: encodeNative(definition.baseType, convertLoose(definition.baseType, value)) };
  } catch {
    return { field, cell: new OddCell(inferred.baseType, inferred.value) };
  }
}
