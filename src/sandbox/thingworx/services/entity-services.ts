import { makeField, tableFromRows } from '../../../alwayson/values.js';
import { ENTITY_KINDS, type EntityKind, type ModelEntity } from '../model/entities.js';
import type { Platform } from '../platform.js';
import { fieldsTable } from './metadata.js';
import { entityNotFound, ServiceFailure, unableToInvoke } from '../model/service-failure.js';
import type { Inputs, ServiceOutcome } from './service-outcome.js';

const ENTITY_FIELDS = [
  makeField('name', 'STRING', { aspects: { isPrimaryKey: true } }),
  makeField('description', 'STRING'),
];

export interface EntityCall {
  readonly kind: EntityKind;
  readonly name: string;
  readonly service: string;
  readonly inputs: Inputs;
}

/**
 * Calls a service of a data shape, template or shape. There are services that create InfoTables and that list Things.
 * @throws ServiceFailure
 */
export function callEntityService(platform: Platform, { kind, name, service, inputs }: EntityCall): ServiceOutcome {
  const [unread] = Object.keys(inputs).filter((input) => input !== 'maxItems');
  if (unread !== undefined) throw unableToInvoke('invalid', service, name, `the service has no input ${unread}`);
  const entity = platform.things.entities.get(kind, name);
  const isBuiltIn = kind === 'ThingTemplates' && platform.things.entities.hasTemplate(name);
  if (!entity && !isBuiltIn) throw entityNotFound(kind.slice(0, -1), name);
  if (service === 'CreateValues' && entity?.kind === 'DataShapes')
    return { baseType: 'INFOTABLE', table: { fields: entity.fields, rows: [] } };
  if (service === 'GetFieldDefinitions' && entity?.kind === 'DataShapes')
    return { baseType: 'INFOTABLE', table: fieldsTable(entity.fields) };
  if (service === 'GetImplementingThings' && kind !== 'DataShapes' && kind !== 'Projects')
    return {
      baseType: 'INFOTABLE',
      table: tableFromRows(ENTITY_FIELDS, implementing(platform, kind, name, entity).slice(0, mostOf(inputs))),
    };
  throw unableToInvoke('notFound', service, name, 'the sandbox does not have this service');
}

function mostOf({ maxItems = 500 }: Inputs): number {
  const most = Number(maxItems);
  if (Number.isInteger(most) && most >= 0) return most;
  throw new ServiceFailure('invalid', 'Bad Request : the input maxItems must be a whole number');
}

/** Returns the Things that have the shape, or the template or one that is based on it. */
function implementing(
  { things }: Platform,
  kind: 'ThingTemplates' | 'ThingShapes',
  name: string,
  entity: ModelEntity | undefined,
): { name: string; description: string }[] {
  const wanted = (entity?.name ?? name).toLowerCase();
  const namesOf = kind === 'ThingShapes' ? things.entities.shapesOf.bind(things.entities) : undefined;
  return things
    .list()
    .filter((thing) =>
      (namesOf ? namesOf(thing.source) : (things.entities.chainOf(thing.template) ?? [])).some(
        (other) => other.toLowerCase() === wanted,
      ),
    )
    .map((thing) => ({ name: thing.name, description: thing.description }));
}

/** Returns the collection with the name, if the sandbox has it. */
export const kindNamed = (collection: string): EntityKind | undefined =>
  ENTITY_KINDS.find((kind) => kind === collection);
