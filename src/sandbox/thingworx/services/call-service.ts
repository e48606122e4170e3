import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { runEntityService } from '../rest/entity-services.js';
import { findService } from '../rest/invoke.js';
import { RestError } from '../rest/rest-error.js';
import { builtInInputs, builtInService } from './built-in.js';
import { entityList } from './entity-list.js';
import type { Inputs, ServiceOutcome } from './service-outcome.js';

export interface ThingCall {
  readonly thing: PlatformThing;
  readonly service: string;
  readonly inputs: Inputs;
  /** How many scripts wait for this call; 0 for a call from outside. */
  readonly depth?: number;
  /** Whether to wait for what the Thing's edge offers, where it was just bound; true when absent. */
  readonly isPatient?: boolean;
}

const NOTHING: ServiceOutcome = { baseType: 'NOTHING', table: null };

/**
 * Calls a service of a Thing: one that the Thing defines, remote or script, or one that every Thing has. REST, scripts
 * and edges come here, so that all of them have the same services.
 * @throws RestError
 */
export async function callThingService(platform: Platform, call: ThingCall): Promise<ServiceOutcome> {
  const { thing, service: name, inputs, depth = 0, isPatient = true } = call;
  const builtIn = thing.definitions.services.has(name) ? undefined : builtInService(thing, name);
  if (builtIn) {
    const table = await builtIn.run({ platform, thing, inputs: builtInInputs(thing, name, builtIn, inputs) });
    return { baseType: builtIn.result, table };
  }
  if (isPatient) await platform.alwaysOn.learned(thing);
  const service = findService(platform, thing, name);
  const table = await platform.run({ thing, service, inputs, depth });
  return { baseType: service.result.baseType, table };
}

/** Calls a service of a resource. @throws RestError */
export async function callResourceService(
  platform: Platform,
  resource: string,
  service: string,
  inputs: Inputs,
): Promise<ServiceOutcome> {
  if (resource !== 'EntityServices') throw new RestError(404, `the sandbox does not have the resource ${resource}`);
  if (service === 'GetEntityList') return { baseType: 'INFOTABLE', table: entityList(platform, inputs) };
  await runEntityService(platform, service, inputs);
  return NOTHING;
}
