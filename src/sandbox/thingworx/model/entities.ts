import type { FieldDefinition } from '../../../alwayson/codec/values-model.js';
import type { Definitions, PlatformEvent, PlatformProperty, PlatformService } from './definitions.js';
import { type EntityParts, mergeParts } from './entity-parts.js';
import { makeField } from '../../../alwayson/values.js';

interface Entity {
  readonly name: string;
  readonly description: string;
  readonly projectName: string;
}

export interface DataShape extends Entity {
  readonly kind: 'DataShapes';
  readonly fields: readonly FieldDefinition[];
}

export interface ThingShape extends Entity {
  readonly kind: 'ThingShapes';
  readonly parts: EntityParts;
}

export interface ThingTemplate extends Entity {
  readonly kind: 'ThingTemplates';
  readonly base: string;
  readonly shapes: readonly string[];
  readonly parts: EntityParts;
}

export interface Project extends Entity {
  readonly kind: 'Projects';
}

export type ModelEntity = DataShape | ThingShape | ThingTemplate | Project;
export type EntityKind = ModelEntity['kind'];
export const ENTITY_KINDS: readonly EntityKind[] = ['Projects', 'DataShapes', 'ThingShapes', 'ThingTemplates'];

/** The templates that every platform has, each with its base template. */
const BUILT_IN_TEMPLATES: Readonly<Record<string, string>> = {
  GenericThing: '',
  RemoteThing: 'GenericThing',
  RemoteThingWithFileTransfer: 'RemoteThing',
  RemoteThingWithTunnels: 'RemoteThing',
  RemoteThingWithTunnelsAndFileTransfer: 'RemoteThing',
  EMSGateway: 'RemoteThing',
  SDKGateway: 'RemoteThing',
};

const BUILT_IN = new Map(Object.entries(BUILT_IN_TEMPLATES).map(([name, base]) => [name.toLowerCase(), base]));
const primaryKey = { aspects: { isPrimaryKey: true } };

/** The fields of those built-in data shapes that services and exports refer to most. */
const BUILT_IN_FIELDS: Readonly<Record<string, readonly FieldDefinition[]>> = {
  EntityList: [makeField('name', 'STRING', primaryKey), makeField('description', 'STRING')],
  GenericStringList: [makeField('item', 'STRING', primaryKey)],
  NamedVTQ: [
    makeField('name', 'STRING', primaryKey),
    makeField('time', 'DATETIME'),
    makeField('value', 'VARIANT'),
    makeField('quality', 'STRING'),
  ],
};

const BUILT_IN_SHAPES = new Map(
  Object.entries(BUILT_IN_FIELDS).map(([name, fields]): [string, DataShape] => [
    name.toLowerCase(),
    { kind: 'DataShapes', name, description: '', projectName: '', fields },
  ]),
);
/** Longer chains of templates are rejected as circular. */
const MAX_CHAIN = 32;

/** What a Thing is derived from. */
export interface ThingSource {
  readonly template: string;
  readonly shapes: readonly string[];
  readonly parts: EntityParts;
}

export interface ResolvedThing {
  readonly definitions: Definitions;
  /** Whether its template derives from RemoteThing. */
  readonly isRemote: boolean;
}

/** The entities of the platform other than Things; names are case-insensitive. */
export class Entities {
  readonly #byKind: { readonly [K in EntityKind]: Map<string, Extract<ModelEntity, { kind: K }>> } = {
    Projects: new Map(),
    DataShapes: new Map(),
    ThingShapes: new Map(),
    ThingTemplates: new Map(),
  };

  /** Adds or replaces. */
  put(entity: ModelEntity): void {
    (this.#byKind[entity.kind] as Map<string, ModelEntity>).set(entity.name.toLowerCase(), entity);
  }

  get<K extends EntityKind>(kind: K, name: string): Extract<ModelEntity, { kind: K }> | undefined {
    const entity: ModelEntity | undefined = this.#byKind[kind].get(name.toLowerCase());
    return (entity ?? (kind === 'DataShapes' ? BUILT_IN_SHAPES.get(name.toLowerCase()) : undefined)) as
      Extract<ModelEntity, { kind: K }> | undefined;
  }

  copy(): Entities {
    const copy = new Entities();
    for (const kind of ENTITY_KINDS) for (const entity of this.#byKind[kind].values()) copy.put(entity);
    return copy;
  }

  /** Sorted by name. */
  list(kind: EntityKind): ModelEntity[] {
    return [...this.#byKind[kind].values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  hasTemplate(name: string): boolean {
    return BUILT_IN.has(name.toLowerCase()) || this.get('ThingTemplates', name) !== undefined;
  }

  /** The names of the templates of a Thing, from the base to its own; undefined if they are circular. */
  chainOf(template: string): string[] | undefined {
    const chain: string[] = [];
    for (let name = template; name !== ''; name = this.#baseOf(name)) {
      if (chain.length === MAX_CHAIN) return undefined;
      chain.unshift(name);
    }
    return chain;
  }

  /** The shapes of a Thing and of its templates. */
  shapesOf({ template, shapes }: ThingSource): string[] {
    const inherited = (this.chainOf(template) ?? []).flatMap((name) => this.get('ThingTemplates', name)?.shapes ?? []);
    return [...inherited, ...shapes];
  }

  /** Resolves a Thing from its templates, their shapes, its own shapes and its own parts, in this order. */
  resolve({ template, shapes, parts }: ThingSource): ResolvedThing {
    const chain = this.chainOf(template) ?? [];
    const layers = chain.flatMap((name) => {
      const entity = this.get('ThingTemplates', name);
      return entity ? [...this.#shapeParts(entity.shapes), entity.parts] : [];
    });
    const merged = mergeParts([...layers, ...this.#shapeParts(shapes), parts]);
    return {
      definitions: this.#definitions(merged),
      isRemote: chain.some((name) => name.toLowerCase() === 'remotething'),
    };
  }

  #baseOf(template: string): string {
    return this.get('ThingTemplates', template)?.base ?? BUILT_IN.get(template.toLowerCase()) ?? '';
  }

  #shapeParts(shapes: readonly string[]): EntityParts[] {
    return shapes.flatMap((name) => this.get('ThingShapes', name)?.parts ?? []);
  }

  #definitions({ signatures, handlers, properties, propertyBindings, events }: EntityParts): Definitions {
    const services = [...signatures.values()].map((signature): PlatformService => {
      const { dataShape, baseType } = signature.result;
      const result = { baseType, dataShape, fields: this.#fieldsOf(dataShape) };
      return { ...signature, result, implementation: handlers.get(signature.name) ?? { kind: 'none' } };
    });
    const bound = [...properties].map(([name, property]): [string, PlatformProperty] => {
      const remote = propertyBindings.get(name);
      return [name, remote ? { ...property, remote } : property];
    });
    const resolved = [...events.values()].map((event): PlatformEvent => ({
      ...event,
      fields: this.#fieldsOf(event.dataShape),
    }));
    return {
      services: new Map(services.map((service) => [service.name, service])),
      properties: new Map(bound),
      events: new Map(resolved.map((event) => [event.name, event])),
    };
  }

  #fieldsOf(dataShape: string): readonly FieldDefinition[] {
    return this.get('DataShapes', dataShape)?.fields ?? [];
  }
}

const NAME = /^[A-Za-z0-9_][^+/:*"<>\p{Cc}]{0,254}$/u;

/** Whether a string can be the name of an entity. */
export const isEntityName = (text: string): boolean => NAME.test(text);
