import { isAgentError } from '../../../core/errors.js';
import type { PlatformThing } from '../model/thing.js';
import { unableToInvoke } from '../model/service-failure.js';
import { toBaseType } from '../values/to-base-type.js';
import { Unconvertible } from '../values/unconvertible.js';
import { DEFINITION_SERVICES } from './definition-services.js';
import { PROPERTY_DEFINITION_SERVICES } from './property-definition.js';
import { PROPERTY_SERVICES } from './property-services.js';
import { REMOTE_SERVICES } from './remote-services.js';
import type { BuiltInService, Inputs } from './service-outcome.js';
import { THING_SERVICES } from './thing-services.js';

/** The services that Things have without defining them, by name. REST, scripts and edges share them. */
const BUILT_IN: ReadonlyMap<string, BuiltInService> = new Map(
  Object.entries<BuiltInService>({
    ...PROPERTY_SERVICES,
    ...REMOTE_SERVICES,
    ...THING_SERVICES,
    ...DEFINITION_SERVICES,
    ...PROPERTY_DEFINITION_SERVICES,
  }),
);

/** Returns the built-in service with the name, if the Thing has it. */
export function builtInService(thing: PlatformThing, name: string): BuiltInService | undefined {
  const service = BUILT_IN.get(name);
  return service?.isOfRemoteThings && !thing.isRemote ? undefined : service;
}

/** Returns the names of the built-in services of a Thing. */
export const builtInNames = (thing: PlatformThing): string[] =>
  [...BUILT_IN.keys()].filter((name) => builtInService(thing, name) !== undefined);

/** Converts inputs to the base types of their parameters; others are left out. Throws ServiceFailure `invalid`. */
export function builtInInputs(thing: PlatformThing, name: string, service: BuiltInService, inputs: Inputs): Inputs {
  const converted = service.parameters.map(({ name: parameter, baseType }) => {
    try {
      return [
        parameter,
        toBaseType(baseType, Object.hasOwn(inputs, parameter) ? inputs[parameter] : undefined),
      ] as const;
    } catch (error) {
      if (!(error instanceof Unconvertible) && !isAgentError(error, 'InvalidArgument')) throw error;
      throw unableToInvoke('invalid', name, thing.name, `${error.message} (parameter "${parameter}")`);
    }
  });
  return Object.fromEntries(converted.filter(([, value]) => value !== undefined));
}
