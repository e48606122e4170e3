/**
 * The definitions of the edge model, from which registration, parameter checks, GetMetadata, entity files and
 * documentation derive.
 *
 * Handlers receive and return *native* values: a string for STRING and the other text types, a number for NUMBER and
 * INTEGER, a number for LONG or a bigint beyond 2^53, a boolean for BOOLEAN, a Date for DATETIME, the parsed value for JSON
 * and QUERY, a Location for LOCATION, a Uint8Array for BLOB and IMAGE, the native value of its content for VARIANT. An
 * INFOTABLE is an array of row objects (NativeRow) whose cells are native values; empty cells are omitted.
 */
import type { BaseType } from '../alwayson/codec/base-types.js';
import type { JsonValue } from '../alwayson/values.js';
import type { CallContext } from '../core/call-context.js';
import type { AgentError } from '../core/errors.js';

export type { JsonValue, NativeRow } from '../alwayson/values.js';

export interface DataShapeField {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly isPrimaryKey?: boolean;
  /** For INFOTABLE fields: the name of the data shape of their rows. */
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
  /** Native value used if the parameter is absent or NOTHING. */
  readonly defaultValue?: unknown;
  /**
   * Whether an empty text counts as absent, whatever the base type; for JSON and QUERY a string of length zero, since the
   * JSON text `""` is a value. By default an empty text is a value like any other.
   */
  readonly emptyTextIsAbsent?: boolean;
  /** Required for INFOTABLE. */
  readonly dataShape?: DataShapeDefinition;
  /** Smallest value of a number; the aspect `minimumValue` of the metadata. */
  readonly minimum?: number;
  /** Largest value of a number; the aspect `maximumValue` of the metadata. */
  readonly maximum?: number;
  /** Shortest text, in UTF-16 code units. */
  readonly minLength?: number;
  /** Longest text, in UTF-16 code units. */
  readonly maxLength?: number;
  /** The text must match it. It runs on untrusted text: anchor it and keep it linear. Neither global nor sticky. */
  readonly pattern?: RegExp;
  /** What `pattern` requires, as the end of "must be ...": `letters, digits and dashes`. */
  readonly form?: string;
  /** The texts that are allowed. */
  readonly choices?: readonly string[];
  /** Accepts `choices` in any case; the handler receives the spelling of the list. */
  readonly ignoresCase?: boolean;
  /** Whether the text is a query condition of IoT Hub, for forms that check it while it is typed. */
  readonly isCondition?: boolean;
  /** Further aspects for the metadata (`units`, ...). */
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
  /** Whether it changes nothing. By default a service is taken to change something. */
  readonly isReadOnly?: boolean;
  /** What its result, a text, is the id of. */
  readonly creates?: 'job' | 'rollout';
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

/** Native parameter values by name, without absent optional parameters. */
export type ServiceParameters = Readonly<Record<string, unknown>>;

/**
 * Returns the native value of the service's result (undefined for NOTHING); throws AgentError to refuse. Its parameters
 * have been checked: presence, base type, bounds, pattern and choices.
 */
export type ServiceHandler = (context: CallContext, parameters: ServiceParameters) => Promise<unknown>;

/** A service and its handler. */
export interface Service {
  readonly definition: ServiceDefinition;
  readonly handler: ServiceHandler;
  /** For a service that is switched off: returns the error of each call, whose parameters are not read. */
  readonly refuse?: () => AgentError;
}
