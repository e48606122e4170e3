import type { BaseType } from '../../../alwayson/codec/base-types.js';
import type { FieldDefinition } from '../../../alwayson/codec/values-model.js';

/** How a service is run. */
export type ServiceHandler =
  /** Sent to the edge that has bound the Thing, under this name. */
  | { readonly kind: 'remote'; readonly sourceName: string; readonly timeoutMs: number }
  /** An ES5 script that the platform runs. */
  | { readonly kind: 'script'; readonly code: string }
  /** Declared without an implementation. */
  | { readonly kind: 'none' };

export interface ServiceSignature {
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly parameters: readonly FieldDefinition[];
  readonly result: {
    readonly baseType: BaseType;
    readonly fields: readonly FieldDefinition[];
    readonly dataShape: string;
  };
}

export interface PlatformService extends ServiceSignature {
  readonly implementation: ServiceHandler;
}

export interface PropertyBinding {
  readonly edgeName: string;
  readonly pushType: string;
  readonly pushThreshold: number;
}

export interface PlatformProperty {
  readonly definition: FieldDefinition;
  readonly isReadOnly: boolean;
  /** Bound to a property of the edge under this name. */
  readonly remote?: PropertyBinding;
  readonly defaultValue?: unknown;
}

export interface PlatformEvent {
  readonly name: string;
  readonly description: string;
  readonly dataShape: string;
  readonly fields: readonly FieldDefinition[];
}

/** The definitions of a Thing, by name. */
export interface Definitions {
  readonly services: ReadonlyMap<string, PlatformService>;
  readonly properties: ReadonlyMap<string, PlatformProperty>;
  readonly events: ReadonlyMap<string, PlatformEvent>;
}

export const NO_DEFINITIONS: Definitions = { services: new Map(), properties: new Map(), events: new Map() };

/** Merges both. Where both have the same name, the definition in `winners` is used. */
export function mergeDefinitions(others: Definitions, winners: Definitions): Definitions {
  return {
    services: new Map([...others.services, ...winners.services]),
    properties: new Map([...others.properties, ...winners.properties]),
    events: new Map([...others.events, ...winners.events]),
  };
}

/** Whether any of the definitions describes an edge; if so, the edge is not asked for its definitions. */
export function describesAnEdge({ services, properties, events }: Definitions): boolean {
  return (
    events.size > 0 ||
    [...services.values()].some(({ implementation }) => implementation.kind === 'remote') ||
    [...properties.values()].some(({ remote }) => remote !== undefined)
  );
}
