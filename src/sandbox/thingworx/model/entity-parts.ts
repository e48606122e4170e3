import type {
  PlatformEvent,
  PlatformProperty,
  PropertyBinding,
  ServiceHandler,
  ServiceSignature,
} from './definitions.js';

/**
 * The own definitions of one entity (Thing, template or shape). A signature and its handler may come from different
 * entities: a child may define the handler only.
 */
export interface EntityParts {
  readonly signatures: ReadonlyMap<string, ServiceSignature>;
  readonly handlers: ReadonlyMap<string, ServiceHandler>;
  readonly properties: ReadonlyMap<string, Omit<PlatformProperty, 'remote'>>;
  readonly propertyBindings: ReadonlyMap<string, PropertyBinding>;
  readonly events: ReadonlyMap<string, PlatformEvent>;
}

export const NO_PARTS: EntityParts = {
  signatures: new Map(),
  handlers: new Map(),
  properties: new Map(),
  propertyBindings: new Map(),
  events: new Map(),
};

/** Merges all parts; later ones override earlier ones. */
export function mergeParts(parts: readonly EntityParts[]): EntityParts {
  return {
    signatures: new Map(parts.flatMap(({ signatures }) => [...signatures])),
    handlers: new Map(parts.flatMap(({ handlers }) => [...handlers])),
    properties: new Map(parts.flatMap(({ properties }) => [...properties])),
    propertyBindings: new Map(parts.flatMap(({ propertyBindings }) => [...propertyBindings])),
    events: new Map(parts.flatMap(({ events }) => [...events])),
  };
}
