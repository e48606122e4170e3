import type { BaseType } from '../alwayson/codec/base-types.js';
import type { Location } from '../alwayson/codec/values-model.js';
import type { CallContext } from '../core/call-context.js';
import { omitUndefined } from '../core/objects.js';
import type {
  NativeRow,
  ParameterDefinition,
  ResultDefinition,
  ServiceDefinition,
  ServiceParameters,
} from './definitions.js';

/** A parameter without its name, which is its key in `defineService`. */
export type ParameterSpec = Omit<ParameterDefinition, 'name'>;

/** The native types of the base types that are not texts. */
interface NativeTypes {
  readonly NUMBER: number;
  readonly INTEGER: number;
  readonly LONG: number | bigint;
  readonly BOOLEAN: boolean;
  readonly DATETIME: Date;
  readonly JSON: unknown;
  readonly QUERY: unknown;
  readonly VARIANT: unknown;
  readonly LOCATION: Location;
  readonly BLOB: Uint8Array;
  readonly IMAGE: Uint8Array;
  readonly INFOTABLE: readonly NativeRow[];
}

type NativeOf<B extends BaseType> = B extends keyof NativeTypes ? NativeTypes[B] : string;

/** Whether a parameter always has a value when the service runs. */
type IsGiven<P extends ParameterSpec> = P extends { readonly isRequired: true }
  ? true
  : P extends { readonly defaultValue: string | number | bigint | boolean | object }
    ? true
    : false;

/** The arguments of a service: native values by parameter name; optional parameters without a default may be absent. */
export type ArgumentsOf<P extends Readonly<Record<string, ParameterSpec>>> = {
  readonly [Name in keyof P as IsGiven<P[Name]> extends true ? Name : never]: NativeOf<P[Name]['baseType']>;
} & {
  readonly [Name in keyof P as IsGiven<P[Name]> extends true ? never : Name]?:
    NativeOf<P[Name]['baseType']> | undefined;
};

/** What a service receives besides its arguments; nothing by default. */
type EnvironmentOf<Environment> = [Environment] extends [void] ? [] : [environment: Environment];

export interface ServiceSpec<P extends Readonly<Record<string, ParameterSpec>>, Environment> {
  /** Case-sensitive. */
  readonly name: string;
  /** Begins with a verb: "Returns the state of a job". */
  readonly description: string;
  readonly category?: string;
  /** In the order of the documentation. */
  readonly parameters: P;
  readonly result: ResultDefinition;
  readonly isReadOnly?: boolean;
  readonly creates?: ServiceDefinition['creates'];
  /** Returns the native value of the result; throws AgentError to refuse. */
  readonly run: (
    args: ArgumentsOf<P>,
    context: CallContext,
    ...environment: EnvironmentOf<Environment>
  ) => Promise<unknown>;
}

/** A service as one value. Without an environment it is a `Service` that a Thing can offer. */
export interface DefinedService<Environment = void> {
  readonly definition: ServiceDefinition;
  /** Runs with parameters that have been checked against the definition. */
  readonly handler: (
    context: CallContext,
    parameters: ServiceParameters,
    ...environment: EnvironmentOf<Environment>
  ) => Promise<unknown>;
}

/**
 * Defines a service. The types of the arguments of `run`, the checks before it, the metadata and the documentation all
 * derive from its parameters.
 *
 *     const add = defineService({
 *       name: 'Add',
 *       description: 'Adds two numbers.',
 *       parameters: {
 *         a: { baseType: 'NUMBER', description: 'First summand.', isRequired: true },
 *         b: { baseType: 'NUMBER', description: 'Second summand.', defaultValue: 1 },
 *       },
 *       result: { baseType: 'NUMBER' },
 *       run: async ({ a, b }) => a + b,
 *     });
 */
export function defineService<const P extends Readonly<Record<string, ParameterSpec>>, Environment = void>(
  spec: ServiceSpec<P, Environment>,
): DefinedService<Environment> {
  const { name, description, category, parameters, result, isReadOnly, creates, run } = spec;
  return {
    definition: {
      name,
      description,
      ...(category === undefined ? {} : { category }),
      parameters: Object.entries<ParameterSpec>(parameters).map(([parameter, rest]) => ({ name: parameter, ...rest })),
      result,
      ...omitUndefined({ isReadOnly, creates }),
    },
    // The cast is sound because the values have been checked against the definition, which has the same parameters.
    handler: (context, values, ...environment) => run(values as ArgumentsOf<P>, context, ...environment),
  };
}
