import { convertLoose, makeField, nativeToJson } from '../../alwayson/values.js';
import { isPlainObject } from '../../core/objects.js';
import { parseJson, stringifyJson } from '../../core/exact-json.js';
import { isAgentError } from '../../core/errors.js';
import type { Store, StoreChange } from '../../store/store.js';
import {
  type Collection,
  COLLECTION_NAMES,
  type EntityElement,
  readModelEntity,
  readThing,
} from './import/read-entity.js';
import { nameOf } from './import/read-fields.js';
import type { XmlElement } from './import/xml.js';
import { PlatformThing } from './model/thing.js';
import type { Things } from './model/things.js';
import { type BaseType, isBaseType } from '../../alwayson/codec/base-types.js';
import type { PlatformProperty, PropertyBinding } from './model/definitions.js';

/** The stored form of a Thing, without the definitions that it was imported with. */
interface KeptThing {
  readonly name: string;
  readonly template: string;
  readonly description: string;
  readonly identifier: string;
  readonly isEnabled: boolean;
  readonly lastConnectionMs: number | null;
  /**
   * The values of properties that are not bound to the edge, in their REST form: an object in older stores, otherwise its
   * JSON text, which keeps every digit of a number.
   */
  readonly values: Readonly<Record<string, unknown>> | string;
  /** JSON text of the properties that were added to the Thing; absent in older stores. */
  readonly added?: string;
}

const entityKey = (collection: Collection, name: string): string => `entity/${collection}/${name.toLowerCase()}`;
const thingKey = (name: string): string => `thing/${name.toLowerCase()}`;

/** Keeps Things and imported entities across restarts. Without a store nothing is kept. */
export class Archive {
  readonly #store: Store | undefined;

  constructor(store: Store | undefined) {
    this.#store = store;
  }

  /** Restores the stored entities and Things. */
  async load(things: Things): Promise<void> {
    if (!this.#store) return;
    for (const collection of COLLECTION_NAMES)
      for await (const [, element] of this.#store.entries({ prefix: `entity/${collection}/` })) {
        if (collection === 'Things') things.put(readThing(element as XmlElement));
        else things.entities.put(readModelEntity(collection, element as XmlElement));
      }
    for await (const [, kept] of this.#store.entries({ prefix: 'thing/' })) restore(things, kept as KeptThing);
    things.resolveAll();
  }

  /** Resolves once the change would survive a kill. */
  async keepThing(thing: PlatformThing): Promise<void> {
    if (!thing.isEphemeral) await this.#store?.put(thingKey(thing.name), keptForm(thing));
  }

  async keepImport(elements: readonly EntityElement[], things: readonly PlatformThing[]): Promise<void> {
    const changes: StoreChange[] = [
      ...elements.map(({ collection, element }) => put(entityKey(collection, nameOf(element)), element)),
      ...things.map((thing) => put(thingKey(thing.name), keptForm(thing))),
    ];
    await this.#store?.batch(changes);
  }

  async forget(thing: PlatformThing): Promise<void> {
    await this.#store?.batch([
      { type: 'delete', key: thingKey(thing.name) },
      { type: 'delete', key: entityKey('Things', thing.name) },
    ]);
  }
}

const put = (key: string, value: unknown): StoreChange => ({ type: 'put', key, value });

function restore(things: Things, kept: KeptThing): void {
  const { name, template, description, identifier, isEnabled, lastConnectionMs } = kept;
  const values = typeof kept.values === 'string' ? parseJson(kept.values) : kept.values;
  const thing = things.get(name) ?? new PlatformThing(name, template);
  thing.configure({ description, identifier, isEnabled });
  thing.connected(lastConnectionMs);
  const added = kept.added === undefined ? [] : parseJson(kept.added);
  for (const property of Array.isArray(added) ? added.map(restoredProperty) : [])
    if (property) thing.addProperty(property);
  if (isPlainObject(values))
    for (const [property, value] of Object.entries(values))
      thing.values.set(property, { value, timeMs: 0, quality: 'GOOD' });
  things.put(thing);
}

function keptForm(thing: PlatformThing): KeptThing {
  const { name, template, description, identifier, isEnabled, lastConnectionMs } = thing;
  const values: Record<string, unknown> = {};
  for (const { definition, remote } of thing.definitions.properties.values()) {
    const value = thing.values.get(definition.name)?.value;
    if (remote || value === undefined || value === null) continue;
    try {
      values[definition.name] = nativeToJson(definition.baseType, value);
    } catch (error) {
      if (!isAgentError(error)) throw error;
    }
  }
  return {
    name,
    template,
    description,
    identifier,
    isEnabled,
    lastConnectionMs,
    values: stringifyJson(values) ?? '{}',
    added: stringifyJson([...thing.addedProperties.values()].map(keptProperty)) ?? '[]',
  };
}

/** A property that was added to a Thing, as JSON. */
export interface KeptProperty {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly aspects: Readonly<Record<string, unknown>>;
  readonly isReadOnly: boolean;
  readonly remote: PropertyBinding | null;
  readonly defaultValue: unknown;
}

export function keptProperty({ definition, isReadOnly, remote, defaultValue }: PlatformProperty): KeptProperty {
  const { name, baseType, description } = definition;
  const aspects = Object.fromEntries([...definition.aspects].map(([aspect, { value }]) => [aspect, value]));
  const kept = defaultValue === undefined ? null : nativeToJson(baseType, defaultValue);
  return { name, baseType, description, aspects, isReadOnly, remote: remote ?? null, defaultValue: kept };
}

/** Returns the property, or undefined if no release of the sandbox has written this form. */
export function restoredProperty(kept: unknown): PlatformProperty | undefined {
  if (!isPlainObject(kept)) return undefined;
  const { name, baseType, description, aspects, isReadOnly, remote, defaultValue } = kept as Partial<KeptProperty>;
  if (typeof name !== 'string' || typeof baseType !== 'string' || !isBaseType(baseType)) return undefined;
  const initial = defaultOf(baseType, defaultValue);
  return {
    definition: makeField(name, baseType, { description: description ?? '', aspects: aspects ?? {} }),
    isReadOnly: isReadOnly === true,
    ...(remote ? { remote } : {}),
    ...(initial === undefined ? {} : { defaultValue: initial }),
  };
}

function defaultOf(baseType: BaseType, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  try {
    return convertLoose(baseType, value);
  } catch (error) {
    if (isAgentError(error)) return undefined;
    throw error;
  }
}
