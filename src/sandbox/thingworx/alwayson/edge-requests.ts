import { CHARACTERISTIC, CODE, ENTITY_TYPE } from '../../../alwayson/codec/codes.js';
import type { RequestBody } from '../../../alwayson/codec/message.js';
import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { isInfoTable, rowsFromTable } from '../../../alwayson/values.js';
import { deferred } from '../../../core/promises.js';
import { isAgentError } from '../../../core/errors.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { propertiesTable, unknownProperty, writeProperties } from '../services/property-values.js';
import { entityNotFound, type FailureKind, ServiceFailure } from '../model/service-failure.js';
import { callResourceService, callThingService } from '../services/call-service.js';
import { inTypeOf, updatePropertyValues } from '../services/property-services.js';
import { checkEvent } from '../services/remote-services.js';
import type { Inputs } from '../services/service-outcome.js';
import { EdgeFailure } from './edge-failure.js';

/** The edge that sends a request. */
export interface RequestingEdge {
  /** Whether the edge has bound the Thing. */
  has(thing: PlatformThing): boolean;
}

/**
 * Handles a request of an edge. It may call every service that REST offers, and read and write the
 * properties of every Thing, because its application key has these rights.
 * @throws EdgeFailure
 */
export async function serveEdgeRequest(
  platform: Platform,
  edge: RequestingEdge,
  request: RequestBody,
  code: number,
): Promise<InfoTable | null> {
  try {
    if (request.entityType === ENTITY_TYPE.Resources) return await serveResource(platform, request, code);
    if (request.entityType !== ENTITY_TYPE.Things)
      throw new ServiceFailure('notFound', `the sandbox has no entities of the type ${request.entityType}`);
    const thing = platform.things.bindable(request.entityName) ?? platform.things.get(request.entityName);
    if (!thing) throw entityNotFound('Thing', request.entityName);
    return await serveThing(platform, { thing, isOwn: edge.has(thing) }, request, code);
  } catch (error) {
    if (error instanceof ServiceFailure) throw dispatchFailure(request, error.kind, error.message);
    if (isAgentError(error, 'InvalidArgument')) throw dispatchFailure(request, 'invalid', error.message);
    throw error;
  }
}

async function serveResource(platform: Platform, request: RequestBody, code: number): Promise<InfoTable | null> {
  const { entityName, name, params } = request;
  if (request.characteristic !== CHARACTERISTIC.services || code !== CODE.POST) throw notAllowed();
  return (await callResourceService(platform, entityName, name, { inputs: inputsIn(params) })).table;
}

/** Services whose result depends on definitions that the edge may not have sent yet. */
const SUBSCRIPTIONS: ReadonlySet<string> = new Set(['GetPropertySubscriptions', 'GetEventSubscriptions']);
/** PTC's Java SDK calls these services only once, right after BIND, and answers GetMetadata meanwhile. */
const LEARNING_TIMEOUT_MS = 2000;

async function whenLearned(platform: Platform, thing: PlatformThing): Promise<void> {
  const late = deferred();
  const timer = platform.clock.schedule(LEARNING_TIMEOUT_MS, () => late.resolve());
  await Promise.race([platform.alwaysOn.learned(thing), late.promise]);
  timer.cancel();
}

interface Target {
  readonly thing: PlatformThing;
  /** Whether the requesting edge has bound it. */
  readonly isOwn: boolean;
}

async function serveThing(
  platform: Platform,
  { thing, isOwn }: Target,
  { characteristic, name, params }: RequestBody,
  code: number,
): Promise<InfoTable | null> {
  switch (characteristic) {
    case CHARACTERISTIC.services: {
      if (code !== CODE.POST) throw notAllowed();
      if (isOwn && SUBSCRIPTIONS.has(name)) await whenLearned(platform, thing);
      // An edge of PTC's C SDK sends no responses while it waits for one, so its definitions must not be waited for.
      const call = { thing, service: name, inputs: inputsIn(params), isPatient: !isOwn };
      return (await callThingService(platform, call)).table;
    }
    case CHARACTERISTIC.properties:
      if (code === CODE.GET) return propertiesTable(platform, thing, name === '*' ? undefined : name);
      if (code !== CODE.PUT) throw notAllowed();
      return putProperties(platform, { thing, isOwn }, inputsIn(params));
    case CHARACTERISTIC.propertiesVtq:
      if (code !== CODE.PUT) throw notAllowed();
      if (!params) throw new ServiceFailure('invalid', 'Bad Request : the table of values is missing');
      await updatePropertyValues(platform, thing, params);
      return null;
    case CHARACTERISTIC.events:
      if (code !== CODE.POST) throw notAllowed();
      checkEvent(thing, name);
      thing.received({ timeMs: platform.clock.nowMs(), event: name, data: params });
      return null;
    default:
      throw new ServiceFailure('notFound', `the sandbox does not have the characteristic ${characteristic} of Things`);
  }
}

/**
 * An edge sets the property values of its own Things directly. Properties of other Things are written as over REST,
 * which may send a request to another edge.
 */
async function putProperties(platform: Platform, { thing, isOwn }: Target, values: Inputs): Promise<null> {
  if (!isOwn) {
    await writeProperties(platform, thing, values);
    return null;
  }
  const timeMs = platform.clock.nowMs();
  const pushes = Object.entries(values).map(([name, value]) => {
    const property = thing.definitions.properties.get(name);
    if (!property) throw unknownProperty(thing, name);
    return { property: name, value: inTypeOf(property.definition, value), timeMs, quality: 'GOOD' };
  });
  for (const push of pushes) thing.pushed(push);
  return null;
}

/** Returns the first row of a parameter table as native values. An InfoTable inside it stays an InfoTable. */
function inputsIn(params: InfoTable | null): Inputs {
  if (!params) return {};
  const natives = rowsFromTable({ fields: params.fields, rows: params.rows.slice(0, 1) })[0] ?? {};
  const tables = params.fields.flatMap(({ name }, index) => {
    const cell = params.rows[0]?.[index];
    return isInfoTable(cell) ? [[name, cell] as const] : [];
  });
  return { ...natives, ...Object.fromEntries(tables) };
}

const notAllowed = (): ServiceFailure => new ServiceFailure('notAllowed', 'Method Not Allowed');

/** Codes that all of PTC's edge SDKs know, and the codes for timeouts and conflicts. */
const CODES: Readonly<Record<FailureKind, number>> = {
  invalid: CODE.BAD_REQUEST,
  forbidden: CODE.FORBIDDEN,
  notFound: CODE.NOT_FOUND,
  notAllowed: CODE.METHOD_NOT_ALLOWED,
  conflict: CODE.CONFLICT,
  failed: CODE.INTERNAL_SERVER_ERROR,
  notConnected: CODE.SERVICE_UNAVAILABLE,
  timedOut: CODE.GATEWAY_TIMEOUT,
};

/** Names of collections and characteristics in the address of a request. */
const COLLECTIONS: ReadonlyMap<number, string> = new Map([
  [ENTITY_TYPE.Things, 'Things'],
  [ENTITY_TYPE.Resources, 'Resources'],
]);
const CHARACTERISTICS: ReadonlyMap<number, string> = new Map([
  [CHARACTERISTIC.properties, 'Properties'],
  [CHARACTERISTIC.services, 'Services'],
  [CHARACTERISTIC.events, 'Events'],
  [CHARACTERISTIC.propertiesVtq, 'PropertiesVTQ'],
]);

/**
 * Returns the refusal of an edge's request. The wording is that of a ThingWorx platform, as the documentation of
 * ThingPark's connector shows it.
 */
function dispatchFailure(request: RequestBody, kind: FailureKind, cause: string): EdgeFailure {
  const collection = COLLECTIONS.get(request.entityType) ?? request.entityType;
  const characteristic = CHARACTERISTICS.get(request.characteristic) ?? request.characteristic;
  const uri = `/${collection}/${request.entityName}/${characteristic}/${request.name}/`;
  return new EdgeFailure(CODES[kind], `Unable to dispatch [ uri = ${uri}]: ${cause}`);
}
