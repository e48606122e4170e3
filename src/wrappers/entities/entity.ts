import { element, type XmlElement } from './xml.js';

/** The collections in the order in which ThingWorx must read them: entities come after those that they refer to. */
export const COLLECTIONS = ['Projects', 'DataShapes', 'ThingShapes', 'ThingTemplates', 'Things'] as const;

export type Collection = (typeof COLLECTIONS)[number];

/** One entity of a bundle. */
export interface Entity {
  readonly collection: Collection;
  readonly name: string;
  readonly xml: XmlElement;
}

/** The entity marked as editable in an extension. Projects have no such mark. */
export function editable(entity: Entity): Entity {
  if (entity.collection === 'Projects') return entity;
  const { xml } = entity;
  const attributes = { ...xml.attributes, 'aspect.isEditableExtensionObject': 'true' };
  return { ...entity, xml: { ...xml, attributes } };
}

/** The root of a file with these entities, by collection. It has no version, because older platforms refuse newer files. */
export function entitiesRoot(entities: readonly Entity[]): XmlElement {
  const collections = COLLECTIONS.flatMap((collection) => {
    const members = entities.filter((entity) => entity.collection === collection);
    return members.length === 0
      ? []
      : [
          element(
            collection,
            {},
            members.map(({ xml }) => xml),
          ),
        ];
  });
  return element('Entities', {}, collections);
}

/** An element without content for each name. */
export const empties = (...names: readonly string[]): XmlElement[] => names.map((name) => element(name));
