import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import {
  type Definitions,
  describesAnEdge,
  mergeDefinitions,
  NO_DEFINITIONS,
  type PlatformProperty,
} from './definitions.js';
import type { ResolvedThing, ThingSource } from './entities.js';
import { NO_PARTS } from './entity-parts.js';

export interface PropertyValue {
  readonly value: unknown;
  readonly timeMs: number;
  readonly quality: string;
}

export interface ReceivedEvent {
  readonly timeMs: number;
  readonly event: string;
  /** The data as the edge sent it. */
  readonly data: InfoTable | null;
}

export interface ReceivedPush extends PropertyValue {
  readonly property: string;
}

/** How many events and how many pushes are kept for each Thing. */
const MAX_KEPT = 1000;

/** The settings of a Thing that an import, a service or the archive can set. */
export interface ThingSettings {
  readonly description: string;
  /** Edges bind the Thing as `*identifier` when it has one. */
  readonly identifier: string;
  readonly projectName: string;
  readonly isEnabled: boolean;
}

/** A Thing of the local platform. */
export class PlatformThing {
  readonly values = new Map<string, PropertyValue>();
  readonly #events: ReceivedEvent[] = [];
  readonly #pushes: ReceivedPush[] = [];
  #given: ResolvedThing = { definitions: NO_DEFINITIONS, isRemote: false };
  /** Undefined until the edge has described itself once. */
  #fromEdge: Definitions | undefined;
  #isLearning = false;
  #isEphemeral = false;
  #lastConnectionMs: number | null = null;
  #source: ThingSource;
  #settings: ThingSettings;
  #definitions: Definitions = NO_DEFINITIONS;
  readonly #added = new Map<string, PlatformProperty>();

  constructor(
    readonly name: string,
    template: string,
    settings: Partial<ThingSettings> = {},
  ) {
    this.#source = { template, shapes: [], parts: NO_PARTS };
    this.#settings = { description: '', identifier: '', projectName: '', isEnabled: true, ...settings };
  }

  get description(): string {
    return this.#settings.description;
  }

  get identifier(): string {
    return this.#settings.identifier;
  }

  get projectName(): string {
    return this.#settings.projectName;
  }

  get isEnabled(): boolean {
    return this.#settings.isEnabled;
  }

  configure(settings: Partial<ThingSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Whether the Thing was created for a gateway and exists only while the gateway is bound. It is not archived. */
  get isEphemeral(): boolean {
    return this.#isEphemeral;
  }

  makeEphemeral(): void {
    this.#isEphemeral = true;
  }

  /** Null if it has never been connected. */
  get lastConnectionMs(): number | null {
    return this.#lastConnectionMs;
  }

  connected(atMs: number | null): void {
    this.#lastConnectionMs = atMs;
  }

  /** The Thing's template, its own shapes and its own parts. */
  get source(): ThingSource {
    return this.#source;
  }

  /** Replaces the source; `resolved` must be called afterwards. */
  define(source: ThingSource): void {
    this.#source = source;
  }

  get template(): string {
    return this.#source.template;
  }

  get isRemote(): boolean {
    return this.#given.isRemote;
  }

  /** Imported definitions override those of the edge. */
  get definitions(): Definitions {
    return this.#definitions;
  }

  get takesDefinitionsFromEdge(): boolean {
    return this.isRemote && !describesAnEdge(this.#given.definitions);
  }

  /** Sets the definitions that result from the Thing's template, its shapes and its own parts. */
  resolved(given: ResolvedThing): void {
    this.#given = given;
    this.#merge();
  }

  /** Adopts the definition of another Thing with the same name; values, events and the connection are kept. */
  redefined(other: PlatformThing): this {
    this.#added.clear();
    this.#source = other.#source;
    this.#settings = other.#settings;
    return this;
  }

  /** The properties that were added to this Thing alone, by name. */
  get addedProperties(): ReadonlyMap<string, PlatformProperty> {
    return this.#added;
  }

  addProperty(property: PlatformProperty): void {
    this.#added.set(property.definition.name, property);
    this.#merge();
  }

  /** Returns false for a property that was not added to this Thing. */
  removeProperty(name: string): boolean {
    if (!this.#added.delete(name)) return false;
    this.values.delete(name);
    this.#merge();
    return true;
  }

  learn(definitions: Definitions): void {
    this.#fromEdge = definitions;
    this.#merge();
  }

  /** Runs `query`, which requests the definitions of the edge that bound the Thing. */
  async whileLearning(query: () => Promise<void>): Promise<void> {
    this.#isLearning = true;
    try {
      await query();
    } finally {
      this.#isLearning = false;
    }
  }

  /** Whether the Thing has an event, or may have it because the definitions of its edge are not known yet. */
  mayHaveEvent(name: string): boolean {
    if (this.#definitions.events.has(name)) return true;
    return this.takesDefinitionsFromEdge && (this.#isLearning || this.#fromEdge === undefined);
  }

  get events(): readonly ReceivedEvent[] {
    return this.#events;
  }

  get pushes(): readonly ReceivedPush[] {
    return this.#pushes;
  }

  received(event: ReceivedEvent): void {
    keep(this.#events, event);
  }

  /** Stores a value that the edge has pushed. */
  pushed(push: ReceivedPush): void {
    const { property, ...value } = push;
    this.values.set(property, value);
    keep(this.#pushes, push);
  }

  #merge(): void {
    const { definitions } = this.#given;
    const known = this.takesDefinitionsFromEdge
      ? mergeDefinitions(this.#fromEdge ?? NO_DEFINITIONS, definitions)
      : definitions;
    this.#definitions = mergeDefinitions(known, { ...NO_DEFINITIONS, properties: this.#added });
  }
}

function keep<T>(kept: T[], item: T): void {
  kept.push(item);
  if (kept.length > MAX_KEPT) kept.shift();
}
