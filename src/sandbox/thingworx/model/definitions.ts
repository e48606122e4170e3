import type { BaseType } from '../../../alwayson/codec/base-types.js';
import type { FieldDefinition } from '../../../alwayson/codec/values-model.js';

/** What runs a service. */
export type ServiceImplementation =
  /** Sent to the edge that has bound the Thing, under this name. */
  | { readonly kind: 'remote'; readonly sourceName: string; readonly timeoutMs: number }
  /** ES5, run by the platform. */
  | { readonly kind: 'script'; readonly code: string };

export interface PlatformService {
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly parameters: readonly FieldDefinition[];
  readonly result: {
    readonly baseType: BaseType;
    readonly fields: readonly FieldDefinition[];
    readonly dataShape: string;
  };
  readonly implementation: ServiceImplementation;
}

export interface PlatformProperty {
  readonly definition: FieldDefinition;
  readonly isReadOnly: boolean;
  /** Bound to a property of the edge under this name. */
  readonly remote?: { readonly edgeName: string; readonly pushType: string; readonly pushThreshold: number };
  readonly defaultValue?: unknown;
}

export interface PlatformEvent {
  readonly name: string;
  readonly description: string;
  readonly dataShape: string;
  readonly fields: readonly FieldDefinition[];
}

/** What a Thing, a template or a shape offers, by name. */
export interface Definitions {
  readonly services: ReadonlyMap<string, PlatformService>;
  readonly properties: ReadonlyMap<string, PlatformProperty>;
  readonly events: ReadonlyMap<string, PlatformEvent>;
}

export const NO_DEFINITIONS: Definitions = { services: new Map(), properties: new Map(), events: new Map() };

export function isEmpty({ services, properties, events }: Definitions): boolean {
  return services.size === 0 && properties.size === 0 && events.size === 0;
}
