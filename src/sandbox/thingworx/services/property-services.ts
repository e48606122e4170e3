import type { FieldDefinition, InfoTable } from '../../../alwayson/codec/values-model.js';
import { isInfoTable, makeField, rowsFromTable } from '../../../alwayson/values.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { propertiesTable, unknownProperty } from './property-values.js';
import { ServiceFailure } from '../model/service-failure.js';
import { inDeclaredType } from '../values/declared.js';
import { Unconvertible } from '../values/unconvertible.js';
import type { BuiltInCall, BuiltInService, Inputs } from './service-outcome.js';
import { vtqRows } from './vtq-rows.js';

/** The services of a Thing that read and write many properties at once. */
export const PROPERTY_SERVICES: Readonly<Record<string, BuiltInService>> = {
  GetPropertyValues: {
    parameters: [],
    result: 'INFOTABLE',
    run: ({ platform, thing }) => propertiesTable(platform, thing),
  },
  GetNamedPropertyValues: {
    parameters: [makeField('propertyNames', 'INFOTABLE')],
    result: 'INFOTABLE',
    run: namedPropertyValues,
  },
  UpdatePropertyValues: {
    parameters: [makeField('values', 'INFOTABLE')],
    result: 'NOTHING',
    run: async ({ platform, thing, inputs }) => {
      await updatePropertyValues(platform, thing, tableIn(inputs, 'values'));
      return null;
    },
  },
};

/** Returns an input that must be a table. Throws ServiceFailure `invalid`. */
export function tableIn(inputs: Inputs, name: string): InfoTable {
  const table = inputs[name];
  if (isInfoTable(table)) return table;
  throw new ServiceFailure('invalid', `Bad Request : the input ${name} must be an InfoTable`);
}

function namedPropertyValues({ platform, thing, inputs }: BuiltInCall): InfoTable {
  const names = new Set(rowsFromTable(tableIn(inputs, 'propertyNames')).map(({ name }) => String(name)));
  const tables = [...names].map((name) => propertiesTable(platform, thing, name));
  return {
    fields: tables.flatMap(({ fields }) => fields),
    rows: [tables.flatMap(({ rows }) => [...(rows[0] ?? [])])],
  };
}

/**
 * Sets properties with their times and qualities, from rows of `name`, `value`, `time` and `quality`; all or none. They
 * are set on the platform only and not sent to the edge, because the values come from there.
 * @throws ServiceFailure
 */
export async function updatePropertyValues(platform: Platform, thing: PlatformThing, values: InfoTable): Promise<void> {
  const pushes = vtqRows(values, platform.clock.nowMs()).map(({ name, value, ...rest }) => {
    const property = thing.definitions.properties.get(name);
    if (!property) throw unknownProperty(thing, name);
    return { ...rest, property: name, value: inTypeOf(property.definition, value) };
  });
  for (const push of pushes) thing.pushed(push);
  await platform.archive.keepThing(thing);
}

/** Converts a value to the base type of its property. Throws ServiceFailure `invalid`. */
export function inTypeOf({ name, baseType }: FieldDefinition, value: unknown): unknown {
  try {
    return inDeclaredType(baseType, value) ?? null;
  } catch (error) {
    if (error instanceof Unconvertible)
      throw new ServiceFailure('invalid', `Unable to Set Property ${name} : ${error.message}`);
    throw error;
  }
}
