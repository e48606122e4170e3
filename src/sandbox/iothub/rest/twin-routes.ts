import { type HttpAnswer, json } from '../../http/router.js';
import { readIfMatch } from '../answers/wire-values.js';
import type { Endpoint } from '../model/endpoint.js';
import { TwinDocument, twinEtag } from '../twins/twin-document.js';
import { readTwinChange, type Twins } from '../twins/twins.js';
import { idOf } from './identity-routes.js';
import { readJson } from './read-json.js';
import type { ServiceRequest, ServiceRoute } from './service-route.js';

const PATTERNS = ['/twins/:deviceId', '/twins/:deviceId/modules/:moduleId'];

/** Twins of devices and modules. */
export const twinRoutes = (twins: Twins): ServiceRoute[] =>
  PATTERNS.flatMap((pattern): ServiceRoute[] => [
    {
      method: 'GET',
      pattern,
      right: 'ServiceConnect',
      operation: 'twinReads',
      handle: (request) => answer(twins.find(idOf(request))),
    },
    {
      method: 'PATCH',
      pattern,
      right: 'ServiceConnect',
      operation: 'twinUpdates',
      handle: (request) => change(twins, request, 'patch'),
    },
    {
      method: 'PUT',
      pattern,
      right: 'ServiceConnect',
      operation: 'twinUpdates',
      handle: (request) => change(twins, request, 'replace'),
    },
  ]);

async function change(twins: Twins, request: ServiceRequest, how: 'patch' | 'replace'): Promise<HttpAnswer> {
  const endpoint = twins.find(idOf(request));
  await twins[how](endpoint, readTwinChange(readJson(request.body)), readIfMatch(request.headers));
  return answer(endpoint);
}

const answer = (endpoint: Endpoint): HttpAnswer =>
  json(200, new TwinDocument(endpoint), { etag: `"${twinEtag(endpoint)}"` });
