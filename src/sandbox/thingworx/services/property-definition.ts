import { type BaseType, isBaseType } from '../../../alwayson/codec/base-types.js';
import { makeField } from '../../../alwayson/values.js';
import { isAgentError } from '../../../core/errors.js';
import type { PlatformProperty } from '../model/definitions.js';
import { type FailureKind, ServiceFailure } from '../model/service-failure.js';
import { toBaseType } from '../values/to-base-type.js';
import { Unconvertible } from '../values/unconvertible.js';
import type { BuiltInCall, BuiltInService, Inputs } from './service-outcome.js';

/** Valid property names: the rules of "Naming Properties" in PTC's help, and the characters that occur in exports. */
const NAME = /^[\p{L}_$][\p{L}\p{N}_$@-]{0,254}$/u;
const MAX_ADDED = 5000;

/** The services that add and remove properties of a Thing. */
export const PROPERTY_DEFINITION_SERVICES: Readonly<Record<string, BuiltInService>> = {
  AddPropertyDefinition: {
    parameters: [
      makeField('name', 'STRING'),
      makeField('type', 'STRING'),
      makeField('description', 'STRING'),
      makeField('category', 'STRING'),
      makeField('dataShape', 'STRING'),
      makeField('readOnly', 'BOOLEAN'),
      makeField('persistent', 'BOOLEAN'),
      makeField('logged', 'BOOLEAN'),
      makeField('defaultValue', 'VARIANT'),
      makeField('dataChangeType', 'STRING'),
      makeField('dataChangeThreshold', 'NUMBER'),
      makeField('remote', 'BOOLEAN'),
      makeField('remotePropertyName', 'STRING'),
      makeField('pushType', 'STRING'),
      makeField('pushThreshold', 'NUMBER'),
      makeField('cacheTime', 'NUMBER'),
      makeField('timeout', 'INTEGER'),
    ],
    result: 'NOTHING',
    run: addPropertyDefinition,
  },
  RemovePropertyDefinition: {
    parameters: [makeField('name', 'STRING')],
    result: 'NOTHING',
    run: removePropertyDefinition,
  },
};

async function addPropertyDefinition({ platform, thing, inputs }: BuiltInCall): Promise<null> {
  const property = propertyIn(inputs);
  const { name } = property.definition;
  if (thing.definitions.properties.has(name)) throw refused('conflict', name, `${thing.name} already has it`);
  if (thing.addedProperties.size >= MAX_ADDED)
    throw refused('invalid', name, `${thing.name} already has ${MAX_ADDED} added properties; remove one first`);
  thing.addProperty(property);
  platform.alwaysOn.redefined(thing);
  await platform.archive.keepThing(thing);
  return null;
}

async function removePropertyDefinition({ platform, thing, inputs }: BuiltInCall): Promise<null> {
  const name = textIn(inputs, 'name');
  if (!thing.definitions.properties.has(name)) throw refused('notFound', name, `${thing.name} does not have it`);
  if (!thing.removeProperty(name))
    throw refused('invalid', name, 'an imported entity or the edge defines it; change it there');
  platform.alwaysOn.redefined(thing);
  await platform.archive.keepThing(thing);
  return null;
}

/** Returns the property that the inputs describe. Throws ServiceFailure `invalid`. */
function propertyIn(inputs: Inputs): PlatformProperty {
  const name = textIn(inputs, 'name');
  if (!NAME.test(name))
    throw refused('invalid', name, 'it is not a valid name: letters, digits and _ $ @ -, no digit first');
  const baseType = textIn(inputs, 'type') || 'STRING';
  if (!isBaseType(baseType) || baseType === 'NOTHING')
    throw refused('invalid', name, `the type ${baseType} is not a base type`);
  const { description = '', dataShape, persistent, logged, readOnly, defaultValue } = inputs;
  const aspects = { dataShape, isPersistent: persistent, isLogged: logged, dataChangeType: inputs['dataChangeType'] };
  const definition = makeField(name, baseType, { description: description as string, aspects });
  const remote = inputs['remote'] === true ? { remote: bindingIn(name, inputs) } : {};
  const known = defaultIn(name, baseType, defaultValue);
  const initial = known === undefined ? {} : { defaultValue: known };
  return { definition, isReadOnly: readOnly === true, ...remote, ...initial };
}

function bindingIn(name: string, inputs: Inputs): NonNullable<PlatformProperty['remote']> {
  return {
    edgeName: textIn(inputs, 'remotePropertyName') || name,
    pushType: textIn(inputs, 'pushType') || 'VALUE',
    pushThreshold: (inputs['pushThreshold'] as number | undefined) ?? 0,
  };
}

function defaultIn(name: string, baseType: BaseType, value: unknown): unknown {
  try {
    return value === '' && baseType !== 'STRING' ? undefined : toBaseType(baseType, value);
  } catch (error) {
    if (error instanceof Unconvertible || isAgentError(error, 'InvalidArgument'))
      throw refused('invalid', name, `the default value is invalid: ${error.message}`);
    throw error;
  }
}

const textIn = (inputs: Inputs, name: string): string => (inputs[name] as string | undefined) ?? '';

const refused = (kind: FailureKind, property: string, why: string): ServiceFailure =>
  new ServiceFailure(kind, `Unable to change the property definition ${property.slice(0, 255)} : ${why}`);
