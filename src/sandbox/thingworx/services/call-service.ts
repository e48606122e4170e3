import type { PlatformService } from '../model/definitions.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { makeField } from '../../../alwayson/values.js';
import { runEntityService } from './thing-lifecycle.js';
import { findService } from './invoke.js';
import { ServiceFailure, unableToInvoke } from '../model/service-failure.js';
import { builtInInputs, builtInService } from './built-in.js';
import { entityList } from './entity-list.js';
import type { Inputs, ServiceOutcome } from './service-outcome.js';

export interface ThingCall {
  readonly thing: PlatformThing;
  readonly service: string;
  readonly inputs: Inputs;
  /** Inputs from the address of a request, as texts. */
  readonly address?: Inputs;
  /** How many scripts wait for this call; 0 for a call from outside. */
  readonly depth?: number;
  /** Whether to wait for the definitions of an edge that has just bound the Thing; true by default. */
  readonly isPatient?: boolean;
}

const NOTHING: ServiceOutcome = { baseType: 'NOTHING', table: null };

/**
 * Calls a service of a Thing: one that the Thing defines, remote or script, or one that every Thing has. REST, scripts
 * and edges share this function, so that all of them have the same services.
 * @throws ServiceFailure
 */
export async function callThingService(platform: Platform, call: ThingCall): Promise<ServiceOutcome> {
  const { thing, service: name, depth = 0, isPatient = true } = call;
  const builtIn = thing.definitions.services.has(name) ? undefined : builtInService(thing, name);
  if (builtIn) {
    const given = withAddress({ ...call, on: thing.name }, { parameters: builtIn.parameters, name });
    const table = await builtIn.run({ platform, thing, inputs: builtInInputs(thing, name, builtIn, given) });
    return { baseType: builtIn.result, table };
  }
  if (isPatient) await platform.alwaysOn.learned(thing);
  const service = findService(platform, thing, name);
  const table = await platform.run({
    thing,
    service,
    inputs: withAddress({ ...call, on: thing.name }, service),
    depth,
  });
  return { baseType: service.result.baseType, table };
}

type Called = Pick<PlatformService, 'name' | 'parameters'> & Partial<Pick<PlatformService, 'implementation'>>;

/** Query parameters meant for the platform, unless a service declares an input of that name. */
const PLATFORM_PARAMETERS: ReadonlySet<string> = new Set(['method', 'accept', 'x-thingworx-session']);

/**
 * Merges the inputs in the body and in the address. Throws ServiceFailure `invalid` for an input that is in both, and for
 * one that would not be used.
 */
function withAddress(
  { on, inputs, address = {} }: { readonly on: string } & Pick<ThingCall, 'inputs' | 'address'>,
  { name: service, parameters, implementation }: Called,
): Inputs {
  const merged = new Map(Object.entries(inputs));
  for (const [name, value] of Object.entries(address)) {
    const isDeclared = parameters.some((parameter) => parameter.name === name);
    if (!isDeclared && PLATFORM_PARAMETERS.has(name.toLowerCase())) continue;
    if (merged.has(name))
      throw unableToInvoke(
        'invalid',
        service,
        on,
        `the input ${name} is in both the address and the body; send it once`,
      );
    // The edge decides which inputs it accepts.
    if (!isDeclared && implementation?.kind !== 'remote')
      throw unableToInvoke('invalid', service, on, `the service has no input ${name}, which is in the address`);
    merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

/** The inputs of the services of EntityServices. */
const ENTITY_SERVICE_INPUTS: Readonly<Record<string, readonly string[]>> = {
  CreateThing: ['name', 'thingTemplateName', 'description', 'identifier', 'projectName', 'tags'],
  DeleteThing: ['name'],
  EnableThing: ['name'],
  DisableThing: ['name'],
  GetEntityList: ['type', 'nameMask', 'maxItems', 'tags'],
};

/** Calls a service of a resource. @throws ServiceFailure */
export async function callResourceService(
  platform: Platform,
  resource: string,
  service: string,
  { inputs, address = {} }: Pick<ThingCall, 'inputs' | 'address'>,
): Promise<ServiceOutcome> {
  if (resource !== 'EntityServices')
    throw new ServiceFailure('notFound', `the sandbox does not have the resource ${resource}`);
  const parameters = (ENTITY_SERVICE_INPUTS[service] ?? []).map((name) => makeField(name, 'STRING'));
  const given = withAddress({ on: resource, inputs, address }, { name: service, parameters });
  if (service === 'GetEntityList') return { baseType: 'INFOTABLE', table: entityList(platform, given) };
  await runEntityService(platform, service, given);
  return NOTHING;
}
