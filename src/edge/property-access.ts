import { type Cell, type InfoTable, TypedCell } from '../alwayson/codec/values-model.js';
import { decodeNative, encodeNative, makeField } from '../alwayson/values.js';
import type { CallContext } from '../core/call-context.js';
import { AgentError } from '../core/errors.js';
import type { PropertyDefinition } from './definitions.js';
import { shapeFields } from './shape-fields.js';
import { convertProperty, type EdgeThing } from './thing.js';

/**
 * Returns the result of a read: one row with a field named like the property; `*` or an empty name reads all [AO 6.2].
 * @throws AgentError UnknownProperty.
 */
export function readProperties(thing: EdgeThing, name: string): InfoTable {
  const properties = isAll(name) ? thing.propertyDefinitions : [thing.property(name)];
  const fields = properties.map(propertyField);
  return { fields, rows: [properties.map((property) => propertyCell(property, thing.getProperty(property.name)))] };
}

/**
 * Writes one property, or with the name `*` every property that the table has a field for. All values are checked before
 * the first is written.
 * @throws AgentError UnknownProperty, Forbidden for a read-only one, InvalidArgument, or what `onPropertyWrite` throws.
 */
export async function writeProperties(
  thing: EdgeThing,
  context: CallContext,
  request: { readonly name: string; readonly params: InfoTable | null },
): Promise<void> {
  const writes = readWrites(thing, request.name, request.params);
  for (const { property, value } of writes) await thing.onPropertyWrite?.(context, property.name, value);
  for (const { property, value } of writes) thing.setProperty(property.name, value);
}

interface Write {
  readonly property: PropertyDefinition;
  readonly value: unknown;
}

const isAll = (name: string): boolean => name === '*' || name === '';

function readWrites(thing: EdgeThing, name: string, params: InfoTable | null): Write[] {
  const row = params?.rows[0];
  if (!params || !row) throw new AgentError('InvalidArgument', 'The value of a property must be a table of one row.');
  if (isAll(name))
    return params.fields.map((field, index) =>
      checkWrite(thing.property(field.name), native(params, row[index] ?? null, index)),
    );
  const property = thing.property(name);
  const named = params.fields.findIndex((field) => field.name === name);
  // The only field is meant whatever its name, for example `_content_` [AO 6.2].
  const index = named < 0 && params.fields.length === 1 ? 0 : named;
  if (index < 0) throw new AgentError('InvalidArgument', `The table of new values has no field "${name}".`);
  return [checkWrite(property, native(params, row[index] ?? null, index))];
}

function native(params: InfoTable, cell: Cell, index: number): unknown {
  const baseType = params.fields[index]?.baseType ?? 'NOTHING';
  return cell instanceof TypedCell ? decodeNative(cell.baseType, cell.value) : decodeNative(baseType, cell);
}

function checkWrite(property: PropertyDefinition, value: unknown): Write {
  if (property.isReadOnly) throw new AgentError('Forbidden', `Property "${property.name}" is read-only.`);
  return { property, value: convertProperty(property, value) };
}

function propertyField({ name, baseType, description, dataShape }: PropertyDefinition): InfoTable['fields'][number] {
  return makeField(name, baseType, { description, aspects: dataShape ? { dataShape: dataShape.name } : {} });
}

/** The wire value of a property. */
export function propertyCell(
  { baseType, dataShape }: PropertyDefinition,
  value: unknown,
): ReturnType<typeof encodeNative> {
  return encodeNative(baseType, value, dataShape && shapeFields(dataShape));
}
