import type { Entities } from '../model/entities.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { ImportRefused } from './import-refused.js';
import { nameOf } from './read-fields.js';
import { type EntityElement, missingReferences, readModelEntity, readThing } from './read-entity.js';

/** Reads entities against what is there, and changes nothing. @throws ImportRefused naming what is wrong. */
export function checkImport(elements: readonly EntityElement[], known: Entities): void {
  const entities = known.copy();
  for (const { collection, element } of elements)
    if (collection === 'Things') readThing(element, undefined);
    else entities.put(readModelEntity(collection, element));
  for (const entity of elements) {
    const [missing] = missingReferences(entity, entities);
    if (missing !== undefined)
      throw new ImportRefused(
        `${entity.element.name} ${nameOf(entity.element)} refers to ${missing}, which is not there`,
      );
  }
}

/**
 * Takes entities in, all or none; those that are there are replaced, a Thing keeps its values and its connection.
 * Resolves once they are kept. @throws ImportRefused
 */
export async function importEntities(platform: Platform, elements: readonly EntityElement[]): Promise<void> {
  const { things, alwaysOn, archive } = platform;
  checkImport(elements, things.entities);
  for (const { collection, element } of elements)
    if (collection !== 'Things') things.entities.put(readModelEntity(collection, element));
  const imported: PlatformThing[] = [];
  for (const { collection, element } of elements)
    if (collection === 'Things') imported.push(takeThing(platform, element));
  things.resolveAll();
  for (const thing of things.list()) if (!imported.includes(thing)) alwaysOn.redefined(thing);
  for (const thing of imported) alwaysOn.adopt(thing);
  await archive.keepImport(elements, imported);
}

function takeThing({ things, alwaysOn }: Platform, element: EntityElement['element']): PlatformThing {
  const known = things.get(nameOf(element));
  if (known) alwaysOn.release(known);
  const thing = readThing(element, known);
  things.put(thing);
  return thing;
}
