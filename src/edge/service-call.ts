import {
  type Cell,
  type FieldDefinition,
  type InfoTable,
  TypedCell,
  Primitive,
} from '../alwayson/codec/values-model.js';
import {
  convertLoose,
  convertRow,
  decodeNative,
  encodeNative,
  isJsonType,
  makeField,
  tableFromRows,
} from '../alwayson/values.js';
import { AgentError, isAgentError } from '../core/errors.js';
import type { CallContext } from '../core/call-context.js';
import type {
  NativeRow,
  ParameterDefinition,
  ResultDefinition,
  Service,
  ServiceDefinition,
  ServiceParameters,
} from './definitions.js';
import { checkRules } from './parameter-rules.js';
import { shapeFields } from './shape-fields.js';

/**
 * Runs a service for a request of the platform. The handler receives checked and converted parameters; its result is
 * encoded by its declared type.
 * @throws AgentError InvalidArgument, or whatever the handler throws.
 */
export async function callService(
  service: Service,
  context: CallContext,
  params: InfoTable | null,
): Promise<InfoTable | null> {
  const { definition, handler, refuse } = service;
  if (refuse) throw refuse();
  // Waiting here would keep the parameters as they came in memory until the handler has ended.
  return resultOf(definition, handler(context, readParameters(definition, params)));
}

async function resultOf(definition: ServiceDefinition, result: unknown): Promise<InfoTable | null> {
  return resultTable(definition.result, await result);
}

/**
 * Runs a service for a caller in the same process, with the same checks.
 * @param values native values by parameter name.
 * @throws AgentError InvalidArgument, or whatever the handler throws.
 */
export async function runService(service: Service, context: CallContext, values: ServiceParameters): Promise<unknown> {
  const { definition, handler, refuse } = service;
  if (refuse) throw refuse();
  return await handler(context, checkArguments(definition, values));
}

/** Checks native arguments against the definition; adds defaults and omits absent optional arguments. */
function checkArguments(definition: ServiceDefinition, values: ServiceParameters): ServiceParameters {
  refuseUnknown(definition, Object.keys(values));
  return present(definition, (parameter) => {
    const value = values[parameter.name];
    // The JSON value "" is a value; only an empty JSON text is absent.
    const isEmptyText = value === '' && parameter.emptyTextIsAbsent === true && !isJsonType(parameter.baseType);
    return isEmptyText ? undefined : value;
  });
}

function refuseUnknown(definition: ServiceDefinition, names: readonly string[]): void {
  const unknown = names.find((name) => !definition.parameters.some((parameter) => parameter.name === name));
  if (unknown !== undefined)
    throw new AgentError('InvalidArgument', `Service "${definition.name}" has no parameter "${unknown}".`);
}

/** Returns the values of all parameters that have one. @param given returns a native value of any base type, or undefined. */
function present(
  definition: ServiceDefinition,
  given: (parameter: ParameterDefinition, what: string) => unknown,
): ServiceParameters {
  const entries: [string, unknown][] = [];
  for (const parameter of definition.parameters) {
    const what = `Parameter "${parameter.name}"`;
    const native = given(parameter, what);
    if (native === undefined && parameter.isRequired === true)
      throw new AgentError('InvalidArgument', `${what} is required.`);
    const value =
      native === undefined ? parameter.defaultValue : checkRules(parameter, convertParameter(parameter, native, what));
    if (value !== undefined) entries.push([parameter.name, value]);
  }
  return Object.fromEntries(entries);
}

/**
 * Returns the native parameters of a request, with defaults and without absent optional ones.
 * @throws AgentError InvalidArgument, naming the parameter.
 */
export function readParameters(definition: ServiceDefinition, params: InfoTable | null): ServiceParameters {
  if (params && params.rows.length > 1)
    throw new AgentError('InvalidArgument', 'The parameters must be a table of one row.');
  const cells = new Map(
    params?.fields.map((field, index) => [field.name, wireValue(field, params.rows[0]?.[index] ?? null)]),
  );
  refuseUnknown(definition, [...cells.keys()]);
  return present(definition, (parameter, what) => {
    const wire = cells.get(parameter.name);
    return wire && isPresent(parameter, wire) ? decodeParameter(wire, what) : undefined;
  });
}

function wireValue(field: FieldDefinition, cell: Cell): Primitive {
  if (cell instanceof TypedCell || cell instanceof Primitive) return new Primitive(cell.baseType, cell.value);
  return new Primitive(field.baseType, cell);
}

/** Whether a parameter has a value. An empty text is a value, but not for JSON, and not if it counts as absent. */
function isPresent({ baseType, emptyTextIsAbsent }: ParameterDefinition, wire: Primitive): boolean {
  const isNothing = emptyTextIsAbsent === true || baseType === 'JSON' || baseType === 'QUERY';
  return !(isNothing && wire.value === '');
}

function decodeParameter(wire: Primitive, what: string): unknown {
  try {
    return decodeNative(wire.baseType, wire.value);
  } catch (error) {
    if (!isAgentError(error, 'InvalidArgument')) throw error;
    throw new AgentError('InvalidArgument', `${what} is not JSON: ${causeText(error)}.`, { cause: error });
  }
}

function causeText(error: AgentError): string {
  return error.cause instanceof Error ? error.cause.message.slice(0, 120) : error.message;
}

function convertParameter({ baseType, dataShape }: ParameterDefinition, native: unknown, what: string): unknown {
  const value = convertLoose(baseType, native, what);
  if (baseType !== 'INFOTABLE' || !dataShape) return value;
  const fields = shapeFields(dataShape);
  return (value as readonly NativeRow[]).map((row) => convertRow(fields, row, what));
}

/**
 * Returns the content of a response: null, the table itself, or one field `result` [AO 7.1].
 * @throws AgentError ValueNotEncodable for a result that is not of its declared type, which is a defect of the handler.
 */
export function resultTable({ baseType, dataShape, description }: ResultDefinition, native: unknown): InfoTable | null {
  if (baseType === 'NOTHING') return null;
  if (baseType === 'INFOTABLE')
    return encodeNative(baseType, native ?? [], dataShape && shapeFields(dataShape)) as InfoTable;
  return tableFromRows([makeField('result', baseType, { description: description ?? '' })], [{ result: native }]);
}
