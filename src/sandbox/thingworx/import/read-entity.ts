import type { Entities, ModelEntity } from '../model/entities.js';
import { PlatformThing } from '../model/thing.js';
import { ImportRefused } from './import-refused.js';
import { nameOf, readFields } from './read-fields.js';
import { readParts } from './read-parts.js';
import { itemsOf, type XmlElement } from './xml.js';

/** Collections in the order in which they must be read, each with the tag name of its elements. */
export const COLLECTIONS = {
  Projects: 'Project',
  DataShapes: 'DataShape',
  ThingShapes: 'ThingShape',
  ThingTemplates: 'ThingTemplate',
  Things: 'Thing',
} as const;
export type Collection = keyof typeof COLLECTIONS;
export const COLLECTION_NAMES = Object.keys(COLLECTIONS) as Collection[];

/** An entity as its element in a file; the element is also what the store keeps. */
export interface EntityElement {
  readonly collection: Collection;
  readonly element: XmlElement;
}

/** Elements of a file that the sandbox does not import. */
export interface Skipped {
  /** A collection, such as `Mashups`, or an element that does not belong in its collection, such as `Things/Mashup`. */
  readonly what: string;
  readonly count: number;
}

/** @throws ImportRefused if the root element is not `Entities` */
export function checkRoot({ name }: XmlElement): void {
  if (name !== 'Entities') throw new ImportRefused(`the root element is ${name}, not Entities`);
}

/** Returns the contents of an `<Entities>` document. */
export function entitiesIn(root: XmlElement): { entities: EntityElement[]; skipped: Skipped[] } {
  checkRoot(root);
  const entities: EntityElement[] = [];
  const skipped: Skipped[] = [];
  for (const { name, children } of root.children) {
    const collection = COLLECTION_NAMES.find((known) => known === name);
    if (!collection && children.length > 0) skipped.push({ what: name, count: children.length });
    if (!collection) continue;
    for (const element of children)
      if (element.name === COLLECTIONS[collection]) entities.push({ collection, element });
      else skipped.push({ what: `${name}/${element.name}`, count: 1 });
  }
  return { entities, skipped };
}

const MAX_NAMED = 30;

/** Returns a sentence that lists what was not imported, or an empty text if everything was. */
export function skippedText(skipped: readonly Skipped[]): string {
  const counts = new Map<string, number>();
  for (const { what, count } of skipped) counts.set(what, (counts.get(what) ?? 0) + count);
  if (counts.size === 0) return '';
  const named = [...counts].slice(0, MAX_NAMED).map(([what, count]) => `${what} (${count})`);
  const more = counts.size > MAX_NAMED ? ` and ${counts.size - MAX_NAMED} more` : '';
  return `Skipped, because the sandbox does not import them: ${named.join(', ')}${more}`;
}

/** Reads an entity of any collection but Things. @throws ImportRefused */
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

/** Reads a Thing as its file defines it, without values. @throws ImportRefused */
export function readThing(element: XmlElement): PlatformThing {
  const { description = '', identifier = '', enabled, projectName = '', thingTemplate = '' } = element.attributes;
  if (thingTemplate === '') throw new ImportRefused(`Thing ${nameOf(element)} has no thingTemplate`);
  const source = { template: thingTemplate, shapes: shapesOf(element), parts: readParts(element) };
  const settings = { description, identifier, projectName, isEnabled: enabled !== 'false' };
  const thing = new PlatformThing(nameOf(element), thingTemplate, settings);
  thing.define(source);
  return thing;
}

/** Returns the references of an entity that do not resolve, each as its kind and name: `DataShape Pump`. */
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

/** Returns the data shapes that fields, results and events name, at any depth. */
function dataShapesOf(element: XmlElement): string[] {
  const { attributes, children, name } = element;
  const own = [attributes['aspect.dataShape'], name === 'EventDefinition' ? attributes['dataShape'] : undefined];
  return [...own.filter((shape) => shape !== undefined && shape !== ''), ...children.flatMap(dataShapesOf)] as string[];
}
