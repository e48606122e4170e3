/**
 * A wrapper description that has been read and checked and has all defaults. One description is one bundle; all outputs are
 * pure functions of it.
 */
import type { BaseType } from '../alwayson/codec/base-types.js';
import type { ParameterSpec } from '../edge/define-service.js';
import type { JsonValue } from '../edge/definitions.js';
import { START_ROLLOUT_PARAMETERS } from '../rollouts/definition/parameters.js';
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

/** What a roll-out does to each device follows from the kind and the parameters of a service. */
const ROLLOUT_CONTENT = ['methodName', 'payload', 'payloadText', 'patch', 'copyOf'] as const;

export type RolloutOption = Exclude<keyof typeof START_ROLLOUT_PARAMETERS, (typeof ROLLOUT_CONTENT)[number]>;

/** The parameters of StartRollout that a description may fix, and that callers may be allowed to set. */
export const ROLLOUT_OPTIONS = Object.keys(START_ROLLOUT_PARAMETERS).filter(
  (name) => !(ROLLOUT_CONTENT as readonly string[]).includes(name),
) as RolloutOption[];

/** Type, bounds and description of each of them. */
export const ROLLOUT_PARAMETERS: Readonly<Record<RolloutOption, ParameterSpec>> = START_ROLLOUT_PARAMETERS;

/** An option of the job or roll-out that a service starts. */
export type WrapperOption = JobOption | RolloutOption;

/** Where the value of a parameter goes. Every parameter may also be used in placeholders of the condition. */
export type ParameterTarget =
  | { readonly kind: 'payload'; readonly pointer: readonly string[] }
  | { readonly kind: 'option'; readonly option: WrapperOption }
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

/** The value of an option that the description fixes. */
export type FixedOption =
  | { readonly kind: 'condition'; readonly template: ConditionTemplate }
  | { readonly kind: 'instant'; readonly epochMs: number }
  /** A list is wrapped as `{array: [...]}`: the JSON type of the platform holds objects only. */
  | { readonly kind: 'value'; readonly value: JsonValue };

export type ServiceKind = 'deviceMethod' | 'twinUpdate';

export interface WrapperService {
  readonly name: string;
  readonly kind: ServiceKind;
  /** The direct method; `module::method` for one of a module. Empty for a twin update. */
  readonly methodName: string;
  readonly description: string;
  readonly category: string;
  /** What a call starts. */
  readonly starts: 'job' | 'rollout';
  /** The declared parameters in their order, then the options that callers may set. */
  readonly parameters: readonly WrapperParameter[];
  readonly constants: readonly WrapperConstant[];
  /** The options that the description fixes, in the order of the documentation. */
  readonly options: ReadonlyMap<WrapperOption, FixedOption>;
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
  /** The Thing whose services are called; `me` for the Thing that implements the shape. */
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

/** The options that a service may have, in the order of the documentation. */
export const optionsOf = ({ starts }: Pick<WrapperService, 'starts'>): readonly WrapperOption[] =>
  starts === 'job' ? JOB_OPTIONS : ROLLOUT_OPTIONS;

/** What the result of a service is. */
export const resultOf = ({ starts }: Pick<WrapperService, 'starts'>): string =>
  starts === 'job' ? 'The id of the job' : 'The id of the roll-out';

/** Whether the hub's own Thing implements the shape. */
export const isOnHubThing = (bundle: WrapperBundle): boolean => bundle.hubThing === 'me';
