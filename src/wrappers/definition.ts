/**
 * A wrapper description as every output sees it: read, checked, and with all defaults filled in. One description is one
 * bundle; everything else in this room is a pure function of it.
 */
import type { BaseType } from '../alwayson/codec/base-types.js';
import type { JsonValue } from '../edge/definitions.js';
import type { ConditionTemplate } from './condition.js';
import type { PatternMatcher } from './patterns/match.js';

/** How a value is read and written; several base types share one. */
export type ValueKind =
  'text' | 'number' | 'integer' | 'long' | 'boolean' | 'datetime' | 'location' | 'json' | 'table' | 'binary' | 'tags';

/** What a value must be, and what of it goes into the payload. */
export interface ValueRule {
  readonly kind: ValueKind;
  /** Of numbers, inclusive. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of texts, in characters (code points). */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** A regular expression of ECMAScript 5, found anywhere in the text unless anchored. */
  readonly pattern?: string;
  /** Tries the pattern on a text, in bounded time. */
  readonly matcher?: PatternMatcher;
  readonly enum?: readonly (string | number)[];
  /** Columns of a table, in order. */
  readonly fields?: readonly FieldRule[];
}

export interface FieldRule {
  readonly name: string;
  readonly rule: ValueRule;
}

/** The options of a job that a caller may be allowed to set; each is then a parameter of that name. */
export const JOB_OPTIONS = [
  'queryCondition',
  'startTime',
  'maxExecutionTimeInSeconds',
  'connectTimeoutInSeconds',
  'responseTimeoutInSeconds',
  'jobId',
] as const;

export type JobOption = (typeof JOB_OPTIONS)[number];

/** Where the value of a parameter goes. Every parameter may stand in placeholders of the condition besides. */
export type ParameterTarget =
  | { readonly kind: 'payload'; readonly pointer: readonly string[] }
  | { readonly kind: 'option'; readonly option: JobOption }
  | { readonly kind: 'condition' };

export interface WrapperParameter {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly required: boolean;
  /** As it stands in the payload. */
  readonly defaultValue?: JsonValue;
  readonly dataShapeName?: string;
  readonly rule: ValueRule;
  readonly target: ParameterTarget;
}

/** A value that stands in every payload. */
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
}

export type ServiceKind = 'deviceMethod' | 'twinUpdate';

export interface WrapperService {
  readonly name: string;
  readonly kind: ServiceKind;
  /** The direct method; `module::method` for one of a module. Empty for a twin update. */
  readonly methodName: string;
  readonly description: string;
  readonly category: string;
  /** The declared ones in their order, then the job options that the caller may set. */
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
  /** Name of the extension, of the ThingWorx project, and the first part of the entities' names. */
  readonly name: string;
  readonly version: string;
  readonly vendor: string;
  readonly description: string;
  /** The Thing whose job services are called; `me` for the Thing that the shape is put on. */
  readonly hubThing: string;
  readonly minimumThingWorxVersion: string;
}

export interface WrapperDescription {
  readonly bundle: WrapperBundle;
  readonly dataShapes: readonly WrapperDataShape[];
  readonly services: readonly WrapperService[];
}

/** The name of the ThingShape that carries the bundle's services. */
export const shapeNameOf = (bundle: WrapperBundle): string => `${bundle.name}.DeviceMethods_TS`;

/** The name of the Thing that implements it; there is none when the shape is put on the hub's own Thing. */
export const thingNameOf = (bundle: WrapperBundle): string => `${bundle.name}.DeviceMethods`;

/** Whether the shape is meant for the hub's own Thing. */
export const isOnHubThing = (bundle: WrapperBundle): boolean => bundle.hubThing === 'me';
