import type { BaseType } from '../../../alwayson/codec/base-types.js';
import type { FieldDefinition, InfoTable } from '../../../alwayson/codec/values-model.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';

/** The result of a service: a table for INFOTABLE, one row with the field `result` for any other base type. */
export interface ServiceOutcome {
  readonly baseType: BaseType;
  /** Null for NOTHING and for a missing result. */
  readonly table: InfoTable | null;
}

/** Inputs by name, as JSON-like or native values. */
export type Inputs = Readonly<Record<string, unknown>>;

export interface BuiltInCall {
  readonly platform: Platform;
  readonly thing: PlatformThing;
  /** The inputs in the base types of the declared parameters; omitted inputs are left out. */
  readonly inputs: Inputs;
}

/** A service that every Thing has, or every RemoteThing. */
export interface BuiltInService {
  readonly parameters: readonly FieldDefinition[];
  readonly result: BaseType;
  readonly isOfRemoteThings?: true;
  /** @throws ServiceFailure */
  readonly run: (call: BuiltInCall) => Promise<InfoTable | null> | InfoTable | null;
}
