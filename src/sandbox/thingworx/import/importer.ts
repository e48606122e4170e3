import type { Entities, ModelEntity } from '../model/entities.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { ImportRefused } from './import-refused.js';
import { nameOf } from './read-fields.js';
import { type EntityElement, missingReferences, readModelEntity, readThing } from './read-entity.js';

interface CheckedImport {
  readonly models: readonly ModelEntity[];
  readonly things: readonly PlatformThing[];
}

/**
 * Reads entities and checks that what they refer to is known or imported with them. Changes nothing; yields after each
 * entity.
 * @throws ImportRefused with what is wrong.
 */
export function* checkImport(elements: readonly EntityElement[], known: Entities): Generator<void, CheckedImport> {
  const entities = known.copy();
  const models: ModelEntity[] = [];
  const things: PlatformThing[] = [];
  for (const { collection, element } of elements) {
    if (collection === 'Things') things.push(readThing(element));
    else {
      const model = readModelEntity(collection, element);
      models.push(model);
      entities.put(model);
    }
    yield;
  }
  const missing: string[] = [];
  for (const entity of elements) {
    const { name } = entity.element;
    for (const reference of missingReferences(entity, entities))
      missing.push(`${name} ${nameOf(entity.element)} refers to ${reference}`);
    yield;
  }
  if (missing.length > 0) throw new ImportRefused(missingText([...new Set(missing)]));
  return { models, things };
}

const MAX_NAMED = 5;

function missingText(missing: readonly string[]): string {
  const more = missing.length > MAX_NAMED ? `; and ${missing.length - MAX_NAMED} more references` : '';
  return `${missing.slice(0, MAX_NAMED).join('; ')}${more}: not in the sandbox and not in this import; import what is missing first`;
}

/**
 * Imports all entities or none. Existing ones are replaced; a Thing keeps its values and its connection.
 * @returns once the entities would survive a restart.
 */
export async function importEntities(
  { things, alwaysOn, archive }: Platform,
  elements: readonly EntityElement[],
  checked: CheckedImport,
): Promise<void> {
  for (const model of checked.models) things.entities.put(model);
  const imported = checked.things.map((read) => {
    const known = things.get(read.name);
    if (known) alwaysOn.release(known);
    const thing = known ? known.redefined(read) : read;
    things.put(thing);
    return thing;
  });
  things.resolveAll();
  const unchanged = new Set(things.list());
  for (const thing of imported) unchanged.delete(thing);
  for (const thing of unchanged) alwaysOn.redefined(thing);
  for (const thing of imported) alwaysOn.adopt(thing);
  await archive.keepImport(elements, imported);
}
