import { isPlainObject } from '../../../core/objects.js';
import { type HttpAnswer, json } from '../../http/router.js';
import { readIfMatch } from '../answers/wire-values.js';
import { argumentInvalid, notBuilt } from '../answers/service-error.js';
import { checkConfigurationId } from '../identities/id-rules.js';
import type { Configurations } from '../state/configurations.js';
import type { Journal } from '../state/journal.js';
import { readJson } from './read-json.js';
import type { ServiceRequest, ServiceRoute } from './service-route.js';

/** Automatic device configurations: create, read, list, update, delete. */
export function configurationRoutes(configurations: Configurations, journal: Journal): ServiceRoute[] {
  const pattern = '/configurations/:id';
  const read = { right: 'RegistryRead', operation: 'identities' } as const;
  const write = { right: 'RegistryWrite', operation: 'identities' } as const;
  return [
    { method: 'GET', pattern: '/configurations', ...read, handle: () => json(200, configurations.list()) },
    { method: 'GET', pattern, ...read, handle: (request) => json(200, configurations.get(idOf(request))) },
    { method: 'PUT', pattern, ...write, handle: (request) => put(configurations, journal, request) },
    {
      method: 'DELETE',
      pattern,
      ...write,
      handle: async (request): Promise<HttpAnswer> => {
        await journal.checkWritable();
        configurations.delete(idOf(request), readIfMatch(request.headers));
        await journal.flush();
        return { status: 204 };
      },
    },
    {
      method: 'POST',
      pattern: '/configurations/testQueries',
      ...read,
      handle: () => {
        throw notBuilt('Testing the queries of a configuration');
      },
    },
  ];
}

async function put(configurations: Configurations, journal: Journal, request: ServiceRequest): Promise<HttpAnswer> {
  const id = idOf(request);
  const body = readJson(request.body);
  if (!isPlainObject(body)) throw argumentInvalid('The body must be a JSON object.');
  if (body['id'] !== undefined && body['id'] !== id)
    throw argumentInvalid('id in the body differs from the one in the path.');
  await journal.checkWritable();
  const document = configurations.put(id, body, readIfMatch(request.headers));
  await journal.flush();
  return json(200, document);
}

function idOf({ params }: ServiceRequest): string {
  const { id } = params;
  checkConfigurationId(id);
  return id;
}
