import { BASE_TYPES, type BaseType } from '../../../alwayson/codec/base-types.js';
import type { Cell, FieldDefinition } from '../../../alwayson/codec/values-model.js';
import { makeField } from '../../../alwayson/values.js';
import { toWireValue } from './to-base-type.js';

/** Text types that keep their own base type code when a platform writes them without a data shape. */
const OWN_CODE: ReadonlySet<BaseType> = new Set<BaseType>(['JSON', 'XML', 'TAGS', 'GUID', 'PASSWORD']);

/**
 * Returns a column of a table that a platform builds from bare values: the parameters of a service, or the value of a
 * property. There PTC's Java SDK writes HTML, TEXT, links, SCHEDULE and entity names as STRING, and QUERY as JSON; only
 * tables with a data shape have the declared codes.
 * @throws Unconvertible, or AgentError InvalidArgument for a table whose shape cannot be read.
 */
export function bareColumn(
  name: string,
  baseType: BaseType,
  value: unknown,
): { readonly field: FieldDefinition; readonly cell: Cell } {
  return { field: makeField(name, bareBaseType(baseType)), cell: toWireValue(baseType, value) };
}

function bareBaseType(baseType: BaseType): BaseType {
  if (baseType === 'QUERY') return 'JSON';
  return BASE_TYPES[baseType].payload === 'string' && !OWN_CODE.has(baseType) ? 'STRING' : baseType;
}
