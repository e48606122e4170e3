import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { makeField, tableFromRows, tableToJson } from '../../../alwayson/values.js';
import { type HttpAnswer, type HttpRequest, json, Router } from '../../http/router.js';
import { addImportRoutes } from './import-routes.js';
import type { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { callEntityService, kindNamed } from '../services/entity-services.js';
import { addressInputs } from './parameters.js';
import { addEntityRoutes } from './entities.js';
import { deleteThing } from '../services/thing-lifecycle.js';
import { callResourceService, callThingService } from '../services/call-service.js';
import { serviceDefinitionJson, thingMetadataJson } from '../services/metadata.js';
import { inputsOf } from './parameters.js';
import { eventsTable, propertiesTable, pushesTable, writeProperties } from '../services/property-values.js';
import { entityNotFound, noSuchCollection } from '../model/service-failure.js';
import { resultAnswer, resultForm, tableAnswer } from './tables.js';

const THING_FIELDS = [
  makeField('name', 'STRING', { aspects: { isPrimaryKey: true } }),
  makeField('description', 'STRING'),
  makeField('thingTemplate', 'THINGTEMPLATENAME'),
  makeField('isConnected', 'BOOLEAN'),
];

type Handler = (thing: PlatformThing, request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer;

/** The routes below `/Thingworx` [TWX 5]. */
export function platformRoutes(platform: Platform): Router {
  const router = new Router();
  addThingRoutes(router, platform);
  addEntityRoutes(router, platform);
  addImportRoutes(router, platform);
  return router.add('POST', '/Thingworx/:collection/:entity/Services/:service', async (request) => {
    const { collection = '', entity = '', service = '' } = request.params;
    const form = resultForm(request.headers.accept);
    const given = { inputs: inputsOf(request.body), address: addressInputs(request.raw.url) };
    if (collection === 'Resources')
      return resultAnswer(await callResourceService(platform, entity, service, given), form);
    const kind = kindNamed(collection);
    if (!kind) throw noSuchCollection(collection);
    return resultAnswer(
      callEntityService(platform, { kind, name: entity, service, inputs: { ...given.address, ...given.inputs } }),
      form,
    );
  });
}

const ROOT = '/Thingworx/Things/:thing';

/** Lists of definitions, which services of the same content also return. */
const DEFINITION_LISTS = {
  '/Services': 'GetServiceDefinitions',
  '/ServiceDefinitions': 'GetServiceDefinitions',
  '/PropertyDefinitions': 'GetPropertyDefinitions',
  '/EventDefinitions': 'GetEventDefinitions',
};

function addThingRoutes(router: Router, platform: Platform): void {
  const add = (method: string, path: string, handler: Handler): void => {
    router.add(method, `${ROOT}${path}`, (request) => {
      const name = request.params['thing'] ?? '';
      const thing = platform.things.get(name);
      if (!thing) throw entityNotFound('Thing', name);
      return handler(thing, request);
    });
  };
  router.add('GET', '/Thingworx/Things', (request) => inForm(request, thingsTable(platform)));
  addReadRoutes(add, platform);
  add('DELETE', '', async (thing) => {
    await deleteThing(platform, thing);
    return { status: 200 };
  });
  add('PUT', '/Properties/:property', (thing, request) => putProperties(platform, thing, request));
  add('POST', '/Services/:service', (thing, request) => postService(platform, thing, request));
}

function addReadRoutes(add: (method: string, path: string, handler: Handler) => void, platform: Platform): void {
  const nameIn = (request: HttpRequest): string => request.params['name'] ?? '';
  add('GET', '', (thing) => json(200, thingJson(platform, thing)));
  add('GET', '/Metadata', (thing) => json(200, thingMetadataJson(thing)));
  for (const [path, service] of Object.entries(DEFINITION_LISTS))
    add('GET', path, async (thing, request) =>
      resultAnswer(
        await callThingService(platform, { thing, service, inputs: {} }),
        resultForm(request.headers.accept),
      ),
    );
  add('GET', '/ServiceDefinitions/:name', (thing, request) => json(200, serviceDefinitionJson(thing, nameIn(request))));
  add('GET', '/Events', (thing, request) => inForm(request, eventsTable(thing, firstRow)));
  add('GET', '/PropertyPushes', (thing, request) => inForm(request, pushesTable(thing)));
  add('GET', '/Properties', (thing, request) => inForm(request, propertiesTable(platform, thing)));
  add('GET', '/Properties/:name', (thing, request) =>
    inForm(request, propertiesTable(platform, thing, nameIn(request))),
  );
}

/** A table in the form that the request accepts. */
const inForm = (request: HttpRequest, table: InfoTable): HttpAnswer =>
  tableAnswer(table, resultForm(request.headers.accept));

async function postService(platform: Platform, thing: PlatformThing, request: HttpRequest): Promise<HttpAnswer> {
  const service = request.params['service'] ?? '';
  const form = resultForm(request.headers.accept);
  return resultAnswer(
    await callThingService(platform, {
      thing,
      service,
      inputs: inputsOf(request.body),
      address: addressInputs(request.raw.url),
    }),
    form,
  );
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
