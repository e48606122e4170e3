import { CODE } from '../../../alwayson/codec/codes.js';
import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { tableToJson } from '../../../alwayson/values.js';
import { isAgentError } from '../../../core/errors.js';
import { type HttpAnswer, json } from '../../http/router.js';
import type { AlwaysOnServer } from '../alwayson/alwayson-server.js';
import { EdgeFailure } from '../alwayson/edge-failure.js';
import type { PlatformService } from '../model/definitions.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform, ServiceRun } from '../platform.js';
import type { ServiceOutcome } from '../services/service-outcome.js';
import { declaredResult } from '../values/declared.js';
import { Unconvertible } from '../values/unconvertible.js';
import { parameterTable } from './parameters.js';
import { type RestError, unableToInvoke } from './rest-error.js';
import { type ResultForm, tableAnswer } from './tables.js';

/** A service that a Thing defines. Throws RestError. */
export function findService(platform: Platform, thing: PlatformThing, name: string): PlatformService {
  const service = thing.definitions.services.get(name);
  if (service) return service;
  if (thing.takesDefinitionsFromEdge && !platform.alwaysOn.isConnected(thing)) throw notConnected(name, thing.name);
  throw unableToInvoke(
    404,
    name,
    thing.name,
    'it has no service of that name, and the sandbox has none for every Thing (docs/sandbox.md lists those)',
  );
}

/** Runs a remote service on its edge. Throws RestError. */
export async function invokeRemote(
  alwaysOn: AlwaysOnServer,
  { thing, service, inputs }: ServiceRun,
): Promise<InfoTable | null> {
  const { implementation } = service;
  if (implementation.kind !== 'remote') throw new TypeError('not a remote service');
  const params = parametersOf(service, thing, inputs);
  try {
    const content = await alwaysOn.invoke(thing, implementation.sourceName, params, implementation.timeoutMs);
    return declaredResult(service.result.baseType, content);
  } catch (error) {
    if (error instanceof Unconvertible) throw unableToInvoke(500, service.name, thing.name, error.message);
    if (!(error instanceof EdgeFailure)) throw error;
    throw failureOf(error, service.name, thing.name);
  }
}

/** @throws RestError 400 for an input that cannot be converted. */
function parametersOf(service: PlatformService, thing: PlatformThing, inputs: ServiceRun['inputs']): InfoTable | null {
  try {
    return parameterTable(service.parameters, inputs);
  } catch (error) {
    if (error instanceof Unconvertible || isAgentError(error, 'InvalidArgument'))
      throw unableToInvoke(400, service.name, thing.name, error.message);
    throw error;
  }
}

/** The result of a service over REST: JSON as the value itself, NOTHING as an empty body, anything else as a table. */
export function resultAnswer({ baseType, table }: ServiceOutcome, form: ResultForm): HttpAnswer {
  if (baseType === 'NOTHING' || !table) return { status: 200 };
  if (baseType === 'JSON') return json(200, tableToJson(table).rows[0]?.['result'] ?? null);
  return tableAnswer(table, form);
}

export const notConnected = (service: string, thing: string): RestError =>
  unableToInvoke(503, service, thing, `Thing [${thing}] is not connected`);

function failureOf(failure: EdgeFailure, service: string, thing: string): RestError {
  if (failure.isFromEdge) return unableToInvoke(500, service, thing, failure.message);
  if (failure.code === CODE.GATEWAY_TIMEOUT) return unableToInvoke(504, service, thing, failure.message);
  if (failure.code === CODE.SERVICE_UNAVAILABLE) return notConnected(service, thing);
  return unableToInvoke(500, service, thing, failure.message);
}
