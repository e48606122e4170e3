import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { type Definitions, isEmpty, NO_DEFINITIONS } from './definitions.js';

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

/** Events that are kept of each Thing. */
const MAX_EVENTS = 1000;

/** A Thing of the local platform. */
export class PlatformThing {
  isEnabled = true;
  /** Null when it has never been connected. */
  lastConnectionMs: number | null = null;
  readonly values = new Map<string, PropertyValue>();
  readonly #events: ReceivedEvent[] = [];
  #own: Definitions = NO_DEFINITIONS;
  #fromEdge: Definitions = NO_DEFINITIONS;

  constructor(
    readonly name: string,
    readonly template: string,
    readonly description = '',
    /** Edges bind it as `*identifier` when it has one. */
    public identifier = '',
  ) {}

  get isRemote(): boolean {
    return this.template !== 'GenericThing';
  }

  /** Imported definitions win over what the edge tells of itself. */
  get definitions(): Definitions {
    return isEmpty(this.#own) ? this.#fromEdge : this.#own;
  }

  get takesDefinitionsFromEdge(): boolean {
    return this.isRemote && isEmpty(this.#own);
  }

  define(definitions: Definitions): void {
    this.#own = definitions;
  }

  learn(definitions: Definitions): void {
    this.#fromEdge = definitions;
  }

  get events(): readonly ReceivedEvent[] {
    return this.#events;
  }

  received(event: ReceivedEvent): void {
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }
}
