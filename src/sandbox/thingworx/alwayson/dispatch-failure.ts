import { CHARACTERISTIC, CODE, ENTITY_TYPE } from '../../../alwayson/codec/codes.js';
import type { RequestBody } from '../../../alwayson/codec/message.js';
import { EdgeFailure } from './edge-failure.js';

/** AlwaysOn codes of HTTP's: those that all edge SDKs of PTC know, and the two of time-outs and conflicts. */
const CODES: ReadonlyMap<number, number> = new Map([
  [400, CODE.BAD_REQUEST],
  [401, CODE.UNAUTHORIZED],
  [403, CODE.FORBIDDEN],
  [404, CODE.NOT_FOUND],
  [405, CODE.METHOD_NOT_ALLOWED],
  [406, CODE.NOT_ACCEPTABLE],
  [409, CODE.CONFLICT],
  [413, CODE.BAD_REQUEST],
  [502, CODE.BAD_GATEWAY],
  [503, CODE.SERVICE_UNAVAILABLE],
  [504, CODE.GATEWAY_TIMEOUT],
]);

/** Names of the collections and characteristics in an address. */
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

/** The refusal of an edge's request, in the wording that ThingPark's connector documents of a platform. */
export function dispatchFailure(request: RequestBody, httpStatus: number, cause: string): EdgeFailure {
  const collection = COLLECTIONS.get(request.entityType) ?? request.entityType;
  const characteristic = CHARACTERISTICS.get(request.characteristic) ?? request.characteristic;
  const uri = `/${collection}/${request.entityName}/${characteristic}/${request.name}/`;
  const code = CODES.get(httpStatus) ?? CODE.INTERNAL_SERVER_ERROR;
  return new EdgeFailure(code, `Unable to dispatch [ uri = ${uri}]: ${cause}`);
}
