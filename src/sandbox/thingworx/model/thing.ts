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
  /** As it came. */
  readonly data: InfoTable | null;
}

export interface ReceivedPush extends PropertyValue {
  readonly property: string;
}

/** Events, and pushes, that are kept of each Thing. */
const MAX_KEPT = 1000;

/** A Thing of the local platform. */
export class PlatformThing {
  isEnabled = true;
  /** Whether it was created for a gateway, and exists for as long as that is bound. It is not archived. */
  isEphemeral = false;
  projectName = '';
  /** Null when it has never been connected. */
  lastConnectionMs: number | null = null;
  readonly values = new Map<string, PropertyValue>();
  /** What it is made of. After a change, `resolved` must be called. */
  source: ThingSource;
  readonly #events: ReceivedEvent[] = [];
  readonly #pushes: ReceivedPush[] = [];
  #given: ResolvedThing = { definitions: NO_DEFINITIONS, isRemote: false };
  /** Undefined until the edge has described itself once. */
  #fromEdge: Definitions | undefined;
  #isLearning = false;
  #definitions: Definitions = NO_DEFINITIONS;
  readonly #added = new Map<string, PlatformProperty>();

  constructor(
    readonly name: string,
    template: string,
    public description = '',
    /** Edges bind it as `*identifier` when it has one. */
    public identifier = '',
  ) {
    this.source = { template, shapes: [], parts: NO_PARTS };
  }

  get template(): string {
    return this.source.template;
  }

  get isRemote(): boolean {
    return this.#given.isRemote;
  }

  /** Imported definitions win over those of the edge. */
  get definitions(): Definitions {
    return this.#definitions;
  }

  get takesDefinitionsFromEdge(): boolean {
    return this.isRemote && !describesAnEdge(this.#given.definitions);
  }

  /** Takes what its template, its shapes and itself amount to. */
  resolved(given: ResolvedThing): void {
    this.#given = given;
    this.#merge();
  }

  /** Takes the definition of another Thing of the same name; values, events and the connection stay. */
  redefined({ source, description, identifier, projectName, isEnabled }: PlatformThing): this {
    this.#added.clear();
    return Object.assign(this, { source, description, identifier, projectName, isEnabled });
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

  /** Marks the time in which the edge that bound the Thing is asked for its definitions. */
  set isLearning(isLearning: boolean) {
    this.#isLearning = isLearning;
  }

  /** Whether the Thing has an event, or may have it since what its edge offers is not known. */
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

  /** Takes a value from the edge. */
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
