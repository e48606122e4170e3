import { CODE } from '../../../alwayson/codec/codes.js';
import type { FieldDefinition, InfoTable } from '../../../alwayson/codec/values-model.js';
import { makeField, tableFromRows } from '../../../alwayson/values.js';
import { isAgentError } from '../../../core/errors.js';
import { EdgeFailure } from '../alwayson/edge-failure.js';
import type { PlatformProperty } from '../model/definitions.js';
import type { PlatformThing } from '../model/thing.js';
import { bareColumn } from '../values/bare-column.js';
import { inDeclaredType } from '../values/declared.js';
import { toBaseType } from '../values/to-base-type.js';
import { Unconvertible } from '../values/unconvertible.js';
import type { Platform } from '../platform.js';
import { type FailureKind, ServiceFailure } from '../model/service-failure.js';

/** Fields of every RemoteThing in addition to its properties. */
const REMOTE_FIELDS = [
  makeField('isConnected', 'BOOLEAN', { description: 'Whether an edge has bound the Thing.' }),
  makeField('lastConnection', 'DATETIME', { description: 'When it was last bound.' }),
];

type Native = Readonly<Record<string, unknown>>;

/** Returns the last values of all properties, or of the named one, as one row. Throws ServiceFailure `notFound`. */
export function propertiesTable(platform: Platform, thing: PlatformThing, name?: string): InfoTable {
  const fields = [
    ...[...thing.definitions.properties.values()].map(({ definition }) => definition),
    ...(thing.isRemote ? REMOTE_FIELDS : []),
  ];
  const shown = name === undefined ? fields : fields.filter((field) => field.name === name);
  if (name !== undefined && shown.length === 0) throw unknownProperty(thing, name);
  return tableFromRows(shown, [valuesOf(platform, thing, shown)]);
}

function valuesOf(platform: Platform, thing: PlatformThing, fields: readonly FieldDefinition[]): Native {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = valueOf(platform, thing, field);
      return value === undefined || value === null ? [] : [[field.name, value] as const];
    }),
  );
}

function valueOf(platform: Platform, thing: PlatformThing, field: FieldDefinition): unknown {
  const { name } = field;
  if (name === 'isConnected' && thing.isRemote) return platform.alwaysOn.isConnected(thing);
  if (name === 'lastConnection' && thing.isRemote)
    return thing.lastConnectionMs === null ? undefined : new Date(thing.lastConnectionMs);
  return lastValue(thing, field);
}

function lastValue(thing: PlatformThing, { name, baseType }: FieldDefinition): unknown {
  const known = thing.values.get(name)?.value ?? thing.definitions.properties.get(name)?.defaultValue;
  if (known === undefined || known === null) return undefined;
  try {
    return inDeclaredType(baseType, known);
  } catch {
    return undefined;
  }
}

/** Returns the definition of a property and its last or default value. Throws ServiceFailure `notFound`. */
export function propertyValue(
  thing: PlatformThing,
  name: string,
): { readonly definition: FieldDefinition; readonly value: unknown } {
  const property = thing.definitions.properties.get(name);
  if (!property) throw unknownProperty(thing, name);
  return { definition: property.definition, value: lastValue(thing, property.definition) };
}

/**
 * Writes properties, bound ones to the edge first. Nothing is written if a name or a value is rejected.
 * Throws ServiceFailure.
 */
export async function writeProperties(platform: Platform, thing: PlatformThing, values: Native): Promise<void> {
  const changes = Object.entries(values).map(([name, value]) => {
    const property = thing.definitions.properties.get(name);
    if (!property) throw unknownProperty(thing, name);
    return { name, property, native: nativeOf(property, value) };
  });
  for (const { name, property, native } of changes) {
    await writeOne(platform, thing, property, native);
    thing.values.set(name, { value: native, timeMs: platform.clock.nowMs(), quality: 'GOOD' });
  }
  await platform.archive.keepThing(thing);
}

function nativeOf({ definition }: PlatformProperty, value: unknown): unknown {
  try {
    if (value !== null) return toBaseType(definition.baseType, value);
  } catch (error) {
    if (error instanceof Unconvertible || isAgentError(error))
      throw new ServiceFailure('invalid', `Unable to Set Property ${definition.name} : ${error.message}`);
    throw error;
  }
  throw new ServiceFailure('invalid', `Unable to Set Property ${definition.name} : the value is missing`);
}

async function writeOne(
  platform: Platform,
  thing: PlatformThing,
  { definition, remote, isReadOnly }: PlatformProperty,
  native: unknown,
): Promise<void> {
  const failed = (kind: FailureKind, why: string): ServiceFailure =>
    new ServiceFailure(kind, `Unable to Set Property ${definition.name} on ${thing.name} : ${why}`);
  if (!remote) {
    if (isReadOnly) throw failed('forbidden', 'the property is read-only');
    return;
  }
  try {
    const { field, cell } = bareColumn(remote.edgeName, definition.baseType, native);
    const params = { fields: [field], rows: [[cell]] };
    await platform.alwaysOn.writeProperty(thing, remote.edgeName, params);
  } catch (error) {
    if (!(error instanceof EdgeFailure)) throw error;
    throw failed(kindOf(error), error.message);
  }
}

function kindOf({ isFromEdge, code }: EdgeFailure): FailureKind {
  if (isFromEdge) return code === CODE.FORBIDDEN ? 'forbidden' : 'failed';
  return code === CODE.GATEWAY_TIMEOUT ? 'timedOut' : 'notConnected';
}

const EVENT_FIELDS = [makeField('time', 'DATETIME'), makeField('event', 'STRING'), makeField('data', 'JSON')];

/** The received events of a Thing, oldest first. */
export function eventsTable(thing: PlatformThing, toJson: (table: InfoTable) => unknown): InfoTable {
  return tableFromRows(
    EVENT_FIELDS,
    thing.events.map(({ timeMs, event, data }) => ({
      time: new Date(timeMs),
      event,
      data: data ? toJson(data) : {},
    })),
  );
}

const PUSH_FIELDS = [
  makeField('time', 'DATETIME'),
  makeField('name', 'STRING'),
  makeField('value', 'VARIANT'),
  makeField('quality', 'STRING'),
];

/** The property values that the edge has sent, oldest first. */
export function pushesTable(thing: PlatformThing): InfoTable {
  return tableFromRows(
    PUSH_FIELDS,
    thing.pushes.map(({ timeMs, property, value, quality }) => ({
      time: new Date(timeMs),
      name: property,
      value,
      quality,
    })),
  );
}

export const unknownProperty = (thing: PlatformThing, name: string): ServiceFailure =>
  new ServiceFailure('notFound', `Property [${name}] Not Found On [${thing.name}]`);
