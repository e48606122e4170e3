import { type Entity, empties } from './entity.js';
import { element, type XmlElement } from './xml.js';

/** The content of a ThingShape, and of the shape inside a Thing or a ThingTemplate. */
export interface ShapeContent {
  readonly properties?: readonly XmlElement[];
  readonly services?: readonly XmlElement[];
  readonly events?: readonly XmlElement[];
  readonly implementations?: readonly XmlElement[];
}

/** The blocks of a shape in their order, empty ones too. */
export const shapeBlocks = (content: ShapeContent): XmlElement[] => [
  element('PropertyDefinitions', {}, content.properties ?? []),
  element('ServiceDefinitions', {}, content.services ?? []),
  element('EventDefinitions', {}, content.events ?? []),
  element('ServiceMappings'),
  element('ServiceImplementations', {}, content.implementations ?? []),
  element('Subscriptions'),
];

/** A ThingShape: the blocks are its own children. */
export function thingShapeEntity(
  shape: { readonly name: string; readonly description: string; readonly projectName: string },
  content: ShapeContent,
): Entity {
  const attributes = { description: shape.description, name: shape.name, projectName: shape.projectName, tags: '' };
  return { collection: 'ThingShapes', name: shape.name, xml: element('ThingShape', attributes, shapeBlocks(content)) };
}

/** The bindings of remote characteristics to the edge. */
export interface RemoteBindings {
  readonly properties: readonly XmlElement[];
  readonly services: readonly XmlElement[];
  readonly events: readonly XmlElement[];
}

export const NO_BINDINGS: RemoteBindings = { properties: [], services: [], events: [] };

/** The blocks of bindings, which are beside the shape of a Thing or a ThingTemplate. */
export const bindingBlocks = (bindings: RemoteBindings): XmlElement[] => [
  element('PropertyBindings'),
  element('RemotePropertyBindings', {}, bindings.properties),
  element('RemoteServiceBindings', {}, bindings.services),
  element('RemoteEventBindings', {}, bindings.events),
  ...empties('AlertConfigurations'),
];
