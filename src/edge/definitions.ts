/**
 * The Edge SDK model's definitions: one table gives registration, parameter checks, GetMetadata, entity files and
 * documentation.
 *
 * Handlers see *native* values: STRING-like a string; NUMBER, INTEGER, LONG a number; BOOLEAN a boolean; DATETIME a
 * Date; JSON and QUERY the parsed JSON value; LOCATION a Location; BLOB and IMAGE a Uint8Array; INFOTABLE an array of
 * row objects (NativeRow) whose cells are native values, empty cells left out; VARIANT the native value of its content.
 */
import type { BaseType } from '../alwayson/codec/base-types.js';
import type { JsonValue } from '../alwayson/values.js';
import type { CallContext } from '../core/call-context.js';

export type { JsonValue, NativeRow } from '../alwayson/values.js';

export interface DataShapeField {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly isPrimaryKey?: boolean;
  /** For INFOTABLE fields: the name of the shape of their rows. */
  readonly dataShapeName?: string;
}

export interface DataShapeDefinition {
  readonly name: string;
  readonly description: string;
  readonly fields: readonly DataShapeField[];
}

export interface ParameterDefinition {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  /** A request without it, or with NOTHING, is refused. */
  readonly isRequired?: boolean;
  /** Native value taken when the parameter is absent or NOTHING. */
  readonly defaultValue?: unknown;
  /**
   * An empty text counts as absent, whatever the base type; for JSON and QUERY a text of length zero (the JSON text `""`
   * is a value). Without it an empty text is a value like any other.
   */
  readonly emptyTextIsAbsent?: boolean;
  /** Required for INFOTABLE. */
  readonly dataShape?: DataShapeDefinition;
  /** Further aspects for GetMetadata (units, minimumValue, ...). */
  readonly aspects?: Readonly<Record<string, JsonValue>>;
}

export interface ResultDefinition {
  /** NOTHING for a service without a result. */
  readonly baseType: BaseType;
  readonly description?: string;
  /** Required for INFOTABLE. */
  readonly dataShape?: DataShapeDefinition;
}

export interface ServiceDefinition {
  /** Case-sensitive. */
  readonly name: string;
  readonly description: string;
  readonly category?: string;
  readonly parameters: readonly ParameterDefinition[];
  readonly result: ResultDefinition;
}

export type PushType = 'ALWAYS' | 'NEVER' | 'VALUE' | 'DEADBAND';

export interface PropertyDefinition {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly isReadOnly?: boolean;
  readonly pushType: PushType;
  /** For DEADBAND: the smallest change that is pushed. */
  readonly pushThreshold?: number;
  readonly dataShape?: DataShapeDefinition;
  readonly aspects?: Readonly<Record<string, JsonValue>>;
}

export interface EventDefinition {
  readonly name: string;
  readonly description: string;
  readonly dataShape: DataShapeDefinition;
}

/** Native parameter values by name; absent optional parameters are not in it. */
export type ServiceParameters = Readonly<Record<string, unknown>>;

/** Answers with the native value of the service's result (undefined for NOTHING); throws AgentError to refuse. */
export type ServiceHandler = (context: CallContext, parameters: ServiceParameters) => Promise<unknown>;

/** A service with what runs it. */
export interface Service {
  readonly definition: ServiceDefinition;
  readonly handler: ServiceHandler;
}
