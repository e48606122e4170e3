import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { makeField, tableFromRows, tableToJson } from '../../../alwayson/values.js';
import { EdgeFailure } from '../alwayson/edge-failure.js';
import { type HttpAnswer, type HttpRequest, json, Router } from '../../http/router.js';
import { addImportRoutes } from '../import/import-routes.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { addEntityRoutes } from './entities.js';
import { runEntityService, setEnabled, setIdentifier } from './entity-services.js';
import { findService, notConnected, resultAnswer } from './invoke.js';
import { serviceDefinitionJson, serviceDefinitionsTable, thingMetadataJson } from './metadata.js';
import { inputsOf } from './parameters.js';
import { eventsTable, propertiesTable, pushesTable, writeProperties } from './properties.js';
import { entityNotFound, unableToInvoke } from './rest-error.js';
import { resultForm, tableAnswer } from './tables.js';

const THING_FIELDS = [
  makeField('name', 'STRING', { aspects: { isPrimaryKey: true } }),
  makeField('description', 'STRING'),
  makeField('thingTemplate', 'THINGTEMPLATENAME'),
  makeField('isConnected', 'BOOLEAN'),
];

type Handler = (thing: PlatformThing, request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer;

/** The routes below `/Thingworx` (thingworx-formats 5). */
export function platformRoutes(platform: Platform): Router {
  const router = new Router();
  addThingRoutes(router, platform);
  addEntityRoutes(router, platform);
  addImportRoutes(router, platform);
  return router.add('POST', '/Thingworx/Resources/EntityServices/Services/:service', async (request) => {
    await runEntityService(platform, request.params['service'] ?? '', inputsOf(request.body));
    return { status: 200 };
  });
}

function addThingRoutes(router: Router, platform: Platform): void {
  const onThing =
    (handler: Handler) =>
    (request: HttpRequest): Promise<HttpAnswer> | HttpAnswer => {
      const name = request.params['thing'] ?? '';
      const thing = platform.things.get(name);
      if (!thing) throw entityNotFound('Thing', name);
      return handler(thing, request);
    };
  const table = (request: HttpRequest, value: InfoTable): HttpAnswer =>
    tableAnswer(value, resultForm(request.headers.accept));
  const root = '/Thingworx/Things/:thing';
  router
    .add('GET', '/Thingworx/Things', (request) => table(request, thingsTable(platform)))
    .add(
      'GET',
      root,
      onThing((thing) => json(200, thingJson(platform, thing))),
    )
    .add(
      'GET',
      `${root}/Metadata`,
      onThing((thing) => json(200, thingMetadataJson(thing))),
    )
    .add(
      'GET',
      `${root}/ServiceDefinitions`,
      onThing((thing, request) => table(request, serviceDefinitionsTable(thing))),
    )
    .add(
      'GET',
      `${root}/ServiceDefinitions/:service`,
      onThing((thing, request) => json(200, serviceDefinitionJson(thing, request.params['service'] ?? ''))),
    )
    .add(
      'GET',
      `${root}/PropertyPushes`,
      onThing((thing, request) => table(request, pushesTable(thing))),
    )
    .add(
      'GET',
      `${root}/Events`,
      onThing((thing, request) => table(request, eventsTable(thing, firstRow))),
    )
    .add(
      'GET',
      `${root}/Properties`,
      onThing((thing, request) => table(request, propertiesTable(platform, thing))),
    )
    .add(
      'GET',
      `${root}/Properties/:property`,
      onThing((thing, request) => table(request, propertiesTable(platform, thing, request.params['property'] ?? ''))),
    )
    .add(
      'PUT',
      `${root}/Properties/:property`,
      onThing((thing, request) => putProperties(platform, thing, request)),
    )
    .add(
      'POST',
      `${root}/Services/:service`,
      onThing((thing, request) => postService(platform, thing, request)),
    );
}

async function postService(platform: Platform, thing: PlatformThing, request: HttpRequest): Promise<HttpAnswer> {
  const name = request.params['service'] ?? '';
  const form = resultForm(request.headers.accept);
  const inputs = inputsOf(request.body);
  const built = await builtIn(platform, thing, name, inputs);
  if (built) return built;
  const service = await findService(platform, thing, name);
  return resultAnswer(service, await platform.run({ thing, service, inputs, depth: 0 }), form);
}

/** Services that every Thing has, of those that the sandbox needs. */
async function builtIn(
  platform: Platform,
  thing: PlatformThing,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
): Promise<HttpAnswer | undefined> {
  if (thing.definitions.services.has(name)) return undefined;
  switch (name) {
    case 'GetRemoteMetadata':
      return thing.isRemote ? remoteMetadata(platform, thing) : undefined;
    case 'EnableThing':
    case 'DisableThing':
      await setEnabled(platform, thing, name === 'EnableThing');
      return { status: 200 };
    case 'SetIdentifier':
      await setIdentifier(platform, thing, typeof inputs['identifier'] === 'string' ? inputs['identifier'] : '');
      return { status: 200 };
    default:
      return undefined;
  }
}

async function remoteMetadata(platform: Platform, thing: PlatformThing): Promise<HttpAnswer> {
  try {
    return json(200, (await platform.alwaysOn.metadata(thing)) ?? {});
  } catch (error) {
    if (!(error instanceof EdgeFailure)) throw error;
    if (!error.isFromEdge) throw notConnected('GetRemoteMetadata', thing.name);
    throw unableToInvoke(500, 'GetRemoteMetadata', thing.name, error.message);
  }
}

async function putProperties(platform: Platform, thing: PlatformThing, request: HttpRequest): Promise<HttpAnswer> {
  const name = request.params['property'] ?? '';
  const inputs = inputsOf(request.body);
  const values = name === '*' ? inputs : { [name]: inputs[name] ?? null };
  await writeProperties(platform, thing, values);
  return { status: 200 };
}

function thingsTable(platform: Platform): InfoTable {
  return tableFromRows(
    THING_FIELDS,
    platform.things.list().map((thing) => ({
      name: thing.name,
      description: thing.description,
      thingTemplate: thing.template,
      isConnected: platform.alwaysOn.isConnected(thing),
    })),
  );
}

function thingJson(platform: Platform, thing: PlatformThing): object {
  return {
    ...thingMetadataJson(thing),
    thingTemplate: thing.template,
    identifier: thing.identifier,
    enabled: thing.isEnabled,
    isConnected: platform.alwaysOn.isConnected(thing),
    lastConnection: thing.lastConnectionMs,
  };
}

const firstRow = (data: InfoTable): unknown => tableToJson(data).rows[0] ?? {};
