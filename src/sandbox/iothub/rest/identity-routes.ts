import { isPlainObject } from '../../../core/objects.js';
import { type HttpAnswer, json } from '../../http/router.js';
import { readIfMatch, readWholeNumber } from '../answers/wire-values.js';
import { argumentInvalid, deviceNotFound, notBuilt } from '../answers/service-error.js';
import { runBulk } from '../identities/bulk.js';
import { checkDeviceId, checkModuleId } from '../identities/id-rules.js';
import { identityDocument, identityEtag } from '../model/identity-document.js';
import type { Endpoint } from '../model/endpoint.js';
import type { Registry } from '../identities/registry.js';
import type { EndpointId } from '../ports.js';
import type { Endpoints } from '../state/endpoints.js';
import type { Journal } from '../state/journal.js';
import type { Twins } from '../twins/twins.js';
import { readJson } from './read-json.js';
import type { ServiceRequest, ServiceRoute } from './service-route.js';

const MAX_LISTED = 1_000;

interface IdentityDependencies {
  readonly endpoints: Endpoints;
  readonly registry: Registry;
  readonly twins: Twins;
  readonly journal: Journal;
}

const DEVICE = '/devices/:deviceId';
const MODULE = '/devices/:deviceId/modules/:moduleId';

/** Identities of devices and modules: single, bulk and statistics. */
export function identityRoutes(dependencies: IdentityDependencies): ServiceRoute[] {
  const read = { right: 'RegistryRead', operation: 'identities' } as const;
  const write = { right: 'RegistryWrite', operation: 'identities' } as const;
  return [
    { method: 'GET', pattern: '/devices', ...read, handle: (request) => list(dependencies, request) },
    { method: 'POST', pattern: '/devices', ...write, handle: (request) => bulk(dependencies, request) },
    ...[DEVICE, MODULE].flatMap((pattern): ServiceRoute[] => [
      { method: 'GET', pattern, ...read, handle: (request) => answer(find(dependencies, request)) },
      { method: 'PUT', pattern, ...write, handle: (request) => put(dependencies, request) },
      { method: 'DELETE', pattern, ...write, handle: (request) => remove(dependencies, request) },
    ]),
    { method: 'GET', pattern: `${DEVICE}/modules`, ...read, handle: (request) => listModules(dependencies, request) },
    { method: 'GET', pattern: '/statistics/devices', ...read, handle: () => statistics(dependencies) },
    { method: 'GET', pattern: '/statistics/service', ...read, handle: () => serviceStatistics(dependencies) },
    {
      method: 'POST',
      pattern: `${DEVICE}/applyConfigurationContent`,
      ...write,
      handle: () => {
        throw notBuilt('Applying the content of a configuration to a device');
      },
    },
  ];
}

/** Returns the ids in a path. @throws ServiceError ArgumentInvalid for an invalid id */
export function idOf({ params }: ServiceRequest): EndpointId {
  const { deviceId, moduleId } = params;
  checkDeviceId(deviceId);
  if (moduleId === undefined) return { deviceId };
  checkModuleId(moduleId);
  return { deviceId, moduleId };
}

const find = ({ twins }: IdentityDependencies, request: ServiceRequest): Endpoint => twins.find(idOf(request));

const answer = (endpoint: Endpoint): HttpAnswer =>
  json(200, identityDocument(endpoint), { etag: `"${identityEtag(endpoint)}"` });

async function put(dependencies: IdentityDependencies, request: ServiceRequest): Promise<HttpAnswer> {
  const id = idOf(request);
  const body = readJson(request.body);
  if (!isPlainObject(body)) throw argumentInvalid('The body must be a JSON object.');
  for (const name of ['deviceId', 'moduleId'] as const) {
    if (body[name] !== undefined && id[name] !== undefined && body[name] !== id[name]) {
      throw argumentInvalid(`${name} in the body differs from the one in the path.`);
    }
  }
  await dependencies.journal.checkWritable();
  const endpoint = dependencies.registry.put(id, body, readIfMatch(request.headers));
  await dependencies.journal.flush();
  return answer(endpoint);
}

async function remove(dependencies: IdentityDependencies, request: ServiceRequest): Promise<HttpAnswer> {
  const id = idOf(request);
  await dependencies.journal.checkWritable();
  dependencies.registry.delete(id, readIfMatch(request.headers));
  await dependencies.journal.flush();
  return { status: 204 };
}

async function bulk(dependencies: IdentityDependencies, request: ServiceRequest): Promise<HttpAnswer> {
  const body = readJson(request.body);
  await dependencies.journal.checkWritable();
  const result = await runBulk(dependencies, body);
  await dependencies.journal.flush();
  if (result.isSuccessful) return json(200, result);
  return json(400, result, { 'iothub-errorcode': 'BulkRegistryOperationFailure' });
}

function list({ endpoints }: IdentityDependencies, { query }: ServiceRequest): HttpAnswer {
  const top = readWholeNumber(query.get('top') ?? MAX_LISTED);
  if (top === undefined || top < 1) throw argumentInvalid('top must be an integer above 0.');
  const listed: object[] = [];
  for (const endpoint of endpoints.devices.walk()) {
    listed.push(identityDocument(endpoint));
    if (listed.length >= Math.min(top, MAX_LISTED)) break;
  }
  return json(200, listed);
}

function listModules({ endpoints }: IdentityDependencies, { params }: ServiceRequest): HttpAnswer {
  const deviceId = params['deviceId'] ?? '';
  checkDeviceId(deviceId);
  if (!endpoints.find({ deviceId })) throw deviceNotFound(deviceId);
  return json(200, endpoints.modulesOf(deviceId).map(identityDocument));
}

function statistics({ endpoints }: IdentityDependencies): HttpAnswer {
  let enabledDeviceCount = 0;
  for (const { record } of endpoints.devices.walk()) if (record.status === 'enabled') enabledDeviceCount += 1;
  const totalDeviceCount = endpoints.devices.size;
  return json(200, {
    totalDeviceCount,
    enabledDeviceCount,
    disabledDeviceCount: totalDeviceCount - enabledDeviceCount,
  });
}

function serviceStatistics({ endpoints }: IdentityDependencies): HttpAnswer {
  let connectedDeviceCount = 0;
  for (const endpoint of endpoints.devices.walk()) if (endpoint.isConnected) connectedDeviceCount += 1;
  return json(200, { connectedDeviceCount });
}
