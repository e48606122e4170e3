/**
 * A wrapper description that has been read and checked and has all defaults. One description is one bundle; all outputs are
 * pure functions of it.
 */
import type { BaseType } from '../alwayson/codec/base-types.js';
import type { JsonValue } from '../edge/definitions.js';
import type { ConditionTemplate } from './condition.js';
import type { PatternMatcher } from './patterns/match.js';

/** How a value is read and written; several base types may share a kind. */
export type ValueKind =
  'text' | 'number' | 'integer' | 'long' | 'boolean' | 'datetime' | 'location' | 'json' | 'table' | 'binary' | 'tags';

/** The constraints on a value, and which parts of it go into the payload. */
export interface ValueRule {
  readonly kind: ValueKind;
  /** For numbers, inclusive. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** For texts, in characters (code points). */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** A regular expression of ECMAScript 5, found anywhere in the text unless anchored. */
  readonly pattern?: string;
  /** Matches a string against the pattern in bounded time. */
  readonly matcher?: PatternMatcher;
  readonly enum?: readonly (string | number)[];
  /** Columns of a table, in order. */
  readonly fields?: readonly FieldRule[];
}

export interface FieldRule {
  readonly name: string;
  readonly rule: ValueRule;
}

/** The job options that callers may be allowed to set, each through a parameter of the same name. */
export const JOB_OPTIONS = [
  'queryCondition',
  'startTime',
  'maxExecutionTimeInSeconds',
  'connectTimeoutInSeconds',
  'responseTimeoutInSeconds',
  'jobId',
  'queue',
] as const;

export type JobOption = (typeof JOB_OPTIONS)[number];

/** Where the value of a parameter goes. Every parameter may also be used in placeholders of the condition. */
export type ParameterTarget =
  | { readonly kind: 'payload'; readonly pointer: readonly string[] }
  | { readonly kind: 'option'; readonly option: JobOption }
  | { readonly kind: 'condition' };

export interface WrapperParameter {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly required: boolean;
  /** In the form that the payload has. */
  readonly defaultValue?: JsonValue;
  readonly dataShapeName?: string;
  readonly rule: ValueRule;
  readonly target: ParameterTarget;
}

/** A value that every payload contains. */
export interface WrapperConstant {
  readonly pointer: readonly string[];
  readonly value: JsonValue;
}

export interface WrapperJob {
  readonly queryCondition?: ConditionTemplate;
  readonly startTimeMs?: number;
  readonly maxExecutionTimeInSeconds?: number;
  readonly connectTimeoutInSeconds?: number;
  readonly responseTimeoutInSeconds?: number;
  /** Whether the job waits in the queue of the agent. */
  readonly queue?: boolean;
}

export type ServiceKind = 'deviceMethod' | 'twinUpdate';

export interface WrapperService {
  readonly name: string;
  readonly kind: ServiceKind;
  /** The direct method; `module::method` for one of a module. Empty for a twin update. */
  readonly methodName: string;
  readonly description: string;
  readonly category: string;
  /** The declared parameters in their order, then the job options that callers may set. */
  readonly parameters: readonly WrapperParameter[];
  readonly constants: readonly WrapperConstant[];
  readonly job: WrapperJob;
}

export interface WrapperField {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly isPrimaryKey: boolean;
  readonly dataShapeName?: string;
}

export interface WrapperDataShape {
  readonly name: string;
  readonly description: string;
  readonly fields: readonly WrapperField[];
}

export interface WrapperBundle {
  /** Name of the extension and of the ThingWorx project, and first part of the names of entities. */
  readonly name: string;
  readonly version: string;
  readonly vendor: string;
  readonly description: string;
  /** The Thing whose job services are called; `me` for the Thing that implements the shape. */
  readonly hubThing: string;
  readonly minimumThingWorxVersion: string;
}

export interface WrapperDescription {
  readonly bundle: WrapperBundle;
  readonly dataShapes: readonly WrapperDataShape[];
  readonly services: readonly WrapperService[];
}

/** The name of the ThingShape with the bundle's services. */
export const shapeNameOf = (bundle: WrapperBundle): string => `${bundle.name}.DeviceMethods_TS`;

/** The name of the Thing that implements it; there is none if the hub's own Thing implements it. */
export const thingNameOf = (bundle: WrapperBundle): string => `${bundle.name}.DeviceMethods`;

/** Whether the hub's own Thing implements the shape. */
export const isOnHubThing = (bundle: WrapperBundle): boolean => bundle.hubThing === 'me';
