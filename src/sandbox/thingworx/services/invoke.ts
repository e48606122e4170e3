import { CODE } from '../../../alwayson/codec/codes.js';
import type { FieldDefinition, InfoTable } from '../../../alwayson/codec/values-model.js';
import type { BaseType } from '../../../alwayson/codec/base-types.js';
import { inferPrimitive } from '../../../alwayson/values.js';
import { bareColumn } from '../values/bare-column.js';
import { isAgentError } from '../../../core/errors.js';
import type { AlwaysOnServer } from '../alwayson/alwayson-server.js';
import { EdgeFailure } from '../alwayson/edge-failure.js';
import type { PlatformService } from '../model/definitions.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform, ServiceRun } from '../platform.js';
import { declaredResult } from '../values/declared.js';
import { Unconvertible } from '../values/unconvertible.js';
import { type ServiceFailure, unableToInvoke } from '../model/service-failure.js';

/** Returns a service that the Thing defines. Throws ServiceFailure. */
export function findService(platform: Platform, thing: PlatformThing, name: string): PlatformService {
  const service = thing.definitions.services.get(name);
  if (service) return service;
  if (thing.takesDefinitionsFromEdge && !platform.alwaysOn.isConnected(thing)) throw notConnected(name, thing.name);
  throw unableToInvoke(
    'notFound',
    name,
    thing.name,
    'the Thing has no service of that name, and the sandbox has no built-in one either; docs/sandbox.md lists those',
  );
}

/** Runs a remote service on its edge. Throws ServiceFailure. */
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
    if (error instanceof Unconvertible) throw unableToInvoke('failed', service.name, thing.name, error.message);
    if (!(error instanceof EdgeFailure)) throw error;
    throw failureOf(error, service.name, thing.name);
  }
}

/** @throws ServiceFailure `invalid` for an input that cannot be converted. */
function parametersOf(service: PlatformService, thing: PlatformThing, inputs: ServiceRun['inputs']): InfoTable | null {
  try {
    return parameterTable(service.parameters, inputs);
  } catch (error) {
    if (error instanceof Unconvertible || isAgentError(error, 'InvalidArgument'))
      throw unableToInvoke('invalid', service.name, thing.name, error.message);
    throw error;
  }
}

export const notConnected = (service: string, thing: string): ServiceFailure =>
  unableToInvoke('notConnected', service, thing, `Thing [${thing}] is not connected`);

function failureOf(failure: EdgeFailure, service: string, thing: string): ServiceFailure {
  if (failure.isFromEdge) return unableToInvoke('failed', service, thing, failure.message);
  if (failure.code === CODE.GATEWAY_TIMEOUT) return unableToInvoke('timedOut', service, thing, failure.message);
  if (failure.code === CODE.SERVICE_UNAVAILABLE) return notConnected(service, thing);
  return unableToInvoke('failed', service, thing, failure.message);
}

/**
 * Returns the inputs as the single parameter row of a request, or null if there are none. A value is converted to the
 * base type of its parameter. A parameter that the service does not declare is sent in the base type of its value,
 * because the edge decides whether to accept it.
 * @throws Unconvertible, or AgentError InvalidArgument for a table whose shape cannot be read.
 */
function parameterTable(
  definitions: readonly FieldDefinition[],
  inputs: Readonly<Record<string, unknown>>,
): InfoTable | null {
  const known = new Map(definitions.map((definition) => [definition.name, definition.baseType]));
  const columns = Object.entries(inputs)
    .map(([name, value]) => parameter(name, known.get(name) ?? inferredBaseType(value), value))
    .filter(({ cell }) => cell !== null);
  if (columns.length === 0) return null;
  return { fields: columns.map(({ field }) => field), rows: [columns.map(({ cell }) => cell)] };
}

function parameter(name: string, baseType: BaseType, value: unknown): ReturnType<typeof bareColumn> {
  try {
    return bareColumn(name, baseType, value);
  } catch (error) {
    throw error instanceof Unconvertible ? error.of(`parameter "${name}"`) : error;
  }
}

const inferredBaseType = (value: unknown): BaseType =>
  value === undefined || value === null ? 'NOTHING' : inferPrimitive(value).baseType;
