import type { Entities, ModelEntity } from '../model/entities.js';
import { PlatformThing } from '../model/thing.js';
import { ImportRefused } from './import-refused.js';
import { nameOf, readFields } from './read-fields.js';
import { readParts } from './read-parts.js';
import { itemsOf, type XmlElement } from './xml.js';

/** Collections in the order in which they must be read, each with the name of its elements. */
export const COLLECTIONS = {
  Projects: 'Project',
  DataShapes: 'DataShape',
  ThingShapes: 'ThingShape',
  ThingTemplates: 'ThingTemplate',
  Things: 'Thing',
} as const;
export type Collection = keyof typeof COLLECTIONS;
export const COLLECTION_NAMES = Object.keys(COLLECTIONS) as Collection[];

/** An entity as it stands in a file; this is also what is kept of it. */
export interface EntityElement {
  readonly collection: Collection;
  readonly element: XmlElement;
}

/** The entities of a document `<Entities>`, in the order of the collections; other kinds of entities are left out. */
export function entitiesIn(root: XmlElement): EntityElement[] {
  if (root.name !== 'Entities') throw new ImportRefused(`the root element is ${root.name}, not Entities`);
  return COLLECTION_NAMES.flatMap((collection) =>
    root.children
      .filter(({ name }) => name === collection)
      .flatMap(({ children }) => children.filter(({ name }) => name === COLLECTIONS[collection]))
      .map((element) => ({ collection, element })),
  );
}

/** Everything but Things. @throws ImportRefused */
export function readModelEntity(collection: Exclude<Collection, 'Things'>, element: XmlElement): ModelEntity {
  const { description = '', projectName = '', baseThingTemplate = 'GenericThing' } = element.attributes;
  const common = { name: nameOf(element), description, projectName };
  switch (collection) {
    case 'Projects':
      return { kind: 'Projects', ...common };
    case 'DataShapes':
      return {
        kind: 'DataShapes',
        ...common,
        fields: readFields(itemsOf(element, 'FieldDefinitions', 'FieldDefinition')),
      };
    case 'ThingShapes':
      return { kind: 'ThingShapes', ...common, parts: readParts(element) };
    case 'ThingTemplates':
      return {
        kind: 'ThingTemplates',
        ...common,
        base: baseThingTemplate,
        shapes: shapesOf(element),
        parts: readParts(element),
      };
  }
}

/** Makes a Thing, or changes the one that is there: its values, events and connection stay. @throws ImportRefused */
export function readThing(element: XmlElement, known: PlatformThing | undefined): PlatformThing {
  const { description = '', identifier = '', enabled, projectName = '', thingTemplate = '' } = element.attributes;
  if (thingTemplate === '') throw new ImportRefused(`Thing ${nameOf(element)} has no thingTemplate`);
  const source = { template: thingTemplate, shapes: shapesOf(element), parts: readParts(element) };
  const thing = known ?? new PlatformThing(nameOf(element), thingTemplate);
  return Object.assign(thing, { source, description, identifier, projectName, isEnabled: enabled !== 'false' });
}

/** Names that an entity refers to and that are not there, as `<Collection> <name>`. */
export function missingReferences({ collection, element }: EntityElement, entities: Entities): string[] {
  const { thingTemplate, baseThingTemplate } = element.attributes;
  const template = collection === 'Things' ? thingTemplate : collection === 'ThingTemplates' ? baseThingTemplate : '';
  const missing: string[] = [];
  if (template && (!entities.hasTemplate(template) || !entities.chainOf(template)))
    missing.push(`ThingTemplate ${template}`);
  for (const shape of shapesOf(element)) if (!entities.get('ThingShapes', shape)) missing.push(`ThingShape ${shape}`);
  for (const shape of dataShapesOf(element)) if (!entities.get('DataShapes', shape)) missing.push(`DataShape ${shape}`);
  return missing;
}

const shapesOf = (element: XmlElement): string[] =>
  itemsOf(element, 'ImplementedShapes', 'ImplementedShape').map(nameOf);

/** Shapes that fields, results and events name, at any depth. */
function dataShapesOf(element: XmlElement): string[] {
  const { attributes, children, name } = element;
  const own = [attributes['aspect.dataShape'], name === 'EventDefinition' ? attributes['dataShape'] : undefined];
  return [...own.filter((shape) => shape !== undefined && shape !== ''), ...children.flatMap(dataShapesOf)] as string[];
}
