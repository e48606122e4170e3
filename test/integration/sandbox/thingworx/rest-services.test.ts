import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import { IMPORTER, scriptThing, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller, type RestAnswer, type TableRow } from '../../../support/thingworx-rest.js';

const SHAPE = `<DataShapes><DataShape name="Point_DS"><FieldDefinitions><FieldDefinition name="x" baseType="INTEGER"/></FieldDefinitions></DataShape></DataShapes>
  <ThingShapes><ThingShape name="Other_TS"/></ThingShapes>`;
const SERVICES = [
  { name: 'Add', parameters: { a: 'NUMBER' }, code: 'var result = a + 1;', result: 'NUMBER' },
  { name: 'Own', code: 'var result = JSON.stringify(me.GetPropertyValues().count);' },
  { name: 'Describe', code: 'me.SetDescription({ description: "by script" }); var result = me.GetDescription();' },
  {
    name: 'List',
    code: 'var result = ThingTemplates["GenericThing"].GetImplementingThings().rows.toArray().map(function (row) { return row.name; }).join();',
  },
];

describe('REST services that people try first', () => {
  const store = new MemoryStore();
  let platform: LocalThingWorx;
  let rest: RestCaller;

  const start = async (): Promise<void> => {
    platform = await startLocalThingWorx({ port: 0, store, things: [{ name: 'Remote' }] });
    rest = new RestCaller(platform.url, platform.appKey, 'Desk');
  };

  beforeEach(async () => {
    await start();
    await upload(platform, IMPORTER, scriptThing('Desk', SERVICES, SHAPE));
  });

  afterEach(async () => {
    await platform.close();
    for await (const [key] of store.entries()) await store.delete(key);
  });

  const get = (path: string): Promise<RestAnswer> => rest.request('GET', `/Thingworx${path}`);
  const names = (rows: readonly TableRow[]): unknown[] => rows.map(({ name }) => name);
  const property = async (name: string): Promise<unknown> =>
    ((await get(`/Things/Desk/Properties/${name}`)).json as { rows: TableRow[] }).rows[0]?.[name];

  it('deletes a Thing by DELETE', async () => {
    expect((await rest.request('DELETE', '/Thingworx/Things/Desk')).status).toBe(200);
    expect((await get('/Things/Desk')).status).toBe(404);
    expect((await rest.request('DELETE', '/Thingworx/Things/Desk')).status).toBe(404);
    await platform.close();
    await start();
    expect((await get('/Things/Desk')).status).toBe(404);
  });

  it('restarts, disables and enables a Thing', async () => {
    const isEnabled = async (): Promise<unknown> => ((await get('/Things/Desk')).json as TableRow)['enabled'];
    expect(await rest.invoke('DisableThing')).toMatchObject({ status: 200, text: '' });
    expect(await isEnabled()).toBe(false);
    expect(await rest.invoke('RestartThing')).toMatchObject({ status: 200, text: '' });
    expect(await isEnabled()).toBe(true);
  });

  it('returns property values, named ones and all', async () => {
    expect(await rest.rows('GetPropertyValues')).toEqual([{ count: 3 }]);
    await rest.invoke('AddPropertyDefinition', { name: 'label', type: 'STRING', defaultValue: 'x' });
    const propertyNames = {
      dataShape: { fieldDefinitions: { name: { name: 'name', baseType: 'STRING' } } },
      rows: [{ name: 'label' }],
    };
    expect(await rest.rows('GetNamedPropertyValues', { propertyNames })).toEqual([{ label: 'x' }]);
  });

  interface Added {
    readonly name: string;
    readonly type?: string;
    readonly description?: string;
    readonly readOnly?: boolean;
    readonly defaultValue?: unknown;
    readonly persistent?: boolean;
    readonly logged?: boolean;
  }

  it.each<[Added, unknown]>([
    [{ name: 'a', type: 'NUMBER', defaultValue: '1.5' }, 1.5],
    [{ name: 'a', type: 'INTEGER', defaultValue: 7, readOnly: true }, 7],
    [{ name: 'a', type: 'BOOLEAN', defaultValue: true, description: 'A flag', persistent: true, logged: false }, true],
    [{ name: 'a', type: 'JSON', defaultValue: { deep: [1] } }, { deep: [1] }],
    [{ name: 'a', type: 'LONG', defaultValue: '7615917337495251231' }, expect.anything()],
    [{ name: 'a', type: 'DATETIME', defaultValue: '' }, null],
    [{ name: 'a' }, null],
  ])('adds the property %j and keeps it across a restart', async (definition, value) => {
    expect(await rest.invoke('AddPropertyDefinition', definition)).toMatchObject({ status: 200, text: '' });
    expect(await property('a')).toEqual(value);
    await platform.close();
    await start();
    expect(await property('a')).toEqual(value);
    const [row] = await rest.rows('GetPropertyDefinition', { name: 'a' });
    expect(row).toMatchObject({
      baseType: definition.type ?? 'STRING',
      description: definition.description ?? '',
      isReadOnly: definition.readOnly ?? false,
      isRemote: false,
    });
  });

  it('adds a property that can be written and removed', async () => {
    await rest.invoke('AddPropertyDefinition', { name: 'a', type: 'NUMBER' });
    expect((await rest.request('PUT', '/Thingworx/Things/Desk/Properties/a', { a: 5 })).status).toBe(200);
    expect(await property('a')).toBe(5);
    expect((await rest.invoke('RemovePropertyDefinition', { name: 'a' })).status).toBe(200);
    expect((await get('/Things/Desk/Properties/a')).status).toBe(404);
    await platform.close();
    await start();
    expect((await get('/Things/Desk/Properties/a')).status).toBe(404);
  });

  it('binds an added property of a RemoteThing to its edge, which keeps describing the rest', async () => {
    const remote = new RestCaller(platform.url, platform.appKey, 'Remote');
    const definition = { name: 'p', type: 'NUMBER', remote: true, remotePropertyName: 'edgeP', pushType: 'ALWAYS' };
    expect((await remote.invoke('AddPropertyDefinition', definition)).status).toBe(200);
    expect(await remote.rows('GetPropertySubscriptions')).toMatchObject([{ edgeName: 'edgeP', pushType: 'ALWAYS' }]);
    expect(platform.platform.things.get('Remote')?.takesDefinitionsFromEdge).toBe(true);
  });

  it.each([
    [{ name: 'count', type: 'NUMBER' }, 409, 'count : Desk already has it'],
    [{ name: '', type: 'NUMBER' }, 400, 'it is not a valid name'],
    [{ name: '1a' }, 400, '1a : it is not a valid name'],
    [{ name: 'a b' }, 400, 'a b : it is not a valid name'],
    [{ name: 'a', type: 'X' }, 400, 'the type X is not a base type'],
    [{ name: 'a', type: 'NOTHING' }, 400, 'the type NOTHING is not a base type'],
    [{ name: 'a', type: 'NUMBER', defaultValue: 'x' }, 400, 'Unable To Convert From java.lang.String to NUMBER'],
  ])('refuses to add %j', async (definition, status, reason) => {
    expect(await rest.invoke('AddPropertyDefinition', definition)).toMatchObject({
      status,
      text: expect.stringContaining(reason),
    });
  });

  it.each([
    ['count', 400, 'an imported entity or the edge defines it'],
    ['none', 404, 'Desk does not have it'],
  ])('refuses to remove %s', async (name, status, reason) => {
    expect(await rest.invoke('RemovePropertyDefinition', { name })).toMatchObject({
      status,
      text: expect.stringContaining(reason),
    });
  });

  it('writes several properties, or none if one is refused', async () => {
    await rest.invoke('AddPropertyDefinition', { name: 'label', type: 'STRING' });
    const put = (values: object): Promise<RestAnswer> =>
      rest.request('PUT', '/Thingworx/Things/Desk/Properties/*', values);
    expect((await put({ count: 4, label: 'x' })).status).toBe(200);
    expect((await put({ label: 'y', count: 'x' })).status).toBe(400);
    expect((await put({ label: 'y', none: 1 })).status).toBe(404);
    expect(await rest.rows('GetPropertyValues')).toEqual([{ count: 4, label: 'x' }]);
  });

  it('describes services, properties and events', async () => {
    expect(names(await rest.rows('GetServiceDefinitions'))).toEqual(['Add', 'Describe', 'List', 'Own']);
    expect(names(await rest.rows('GetServiceDefinitions', { type: 'NUMBER' }))).toEqual(['Add']);
    expect(await rest.rows('GetServiceDefinition', { name: 'Add' })).toMatchObject([
      { name: 'Add', parameterDefinitions: { rows: [{ name: 'a', baseType: 'NUMBER' }] } },
    ]);
    expect(await rest.rows('GetPropertyDefinitions')).toMatchObject([
      { name: 'count', baseType: 'INTEGER', defaultValue: 3 },
    ]);
    expect(await rest.rows('GetEventDefinitions')).toEqual([]);
    expect((await rest.invoke('GetMetadataAsJSON')).json).toMatchObject({
      name: 'Desk',
      serviceDefinitions: { Add: {} },
    });
    for (const path of ['Services', 'ServiceDefinitions', 'PropertyDefinitions', 'EventDefinitions'])
      expect(await get(`/Things/Desk/${path}`)).toMatchObject({ status: 200, json: { rows: expect.any(Array) } });
    expect(await rest.invoke('GetServiceDefinition', { name: 'None' })).toMatchObject({ status: 404 });
  });

  it('finds out which templates and shapes a Thing has', async () => {
    const answers = async (service: string, inputs: object): Promise<unknown> => rest.result(service, inputs);
    expect(await answers('IsDerivedFromTemplate', { thingTemplateName: 'genericthing' })).toBe(true);
    expect(await answers('IsDerivedFromTemplate', { thingTemplateName: 'RemoteThing' })).toBe(false);
    expect(await answers('ImplementsShape', { thingShapeName: 'Other_TS' })).toBe(false);
    await rest.invoke('SetIdentifier', { identifier: 'id-1' });
    expect(await answers('GetIdentifier', {})).toBe('id-1');
  });

  it('keeps a description across a restart', async () => {
    await rest.invoke('SetDescription', { description: 'a desk' });
    await platform.close();
    await start();
    expect(await rest.result('GetDescription')).toBe('a desk');
  });

  it.each([
    [
      'DataShapes/Point_DS',
      'CreateValues',
      { dataShape: { fieldDefinitions: { x: { baseType: 'INTEGER' } } }, rows: [] },
    ],
    ['DataShapes/Point_DS', 'GetFieldDefinitions', { rows: [{ name: 'x', baseType: 'INTEGER' }] }],
    ['ThingTemplates/GenericThing', 'GetImplementingThings', { rows: [{ name: 'Desk' }, { name: 'Remote' }] }],
    ['ThingTemplates/RemoteThing', 'GetImplementingThings', { rows: [{ name: 'Remote' }] }],
    ['ThingShapes/Other_TS', 'GetImplementingThings', { rows: [] }],
  ])('answers %s/Services/%s', async (entity, service, json) => {
    expect(await rest.request('POST', `/Thingworx/${entity}/Services/${service}`, {})).toMatchObject({
      status: 200,
      json,
    });
  });

  it('offers the same services to scripts', async () => {
    expect(await rest.result('Own')).toBe('3');
    expect(await rest.result('Describe')).toBe('by script');
    expect(await rest.result('List')).toBe('Desk,Remote');
  });

  it.each([
    ['POST', 'Things/Desk/Services/QueryPropertyHistory', 'the sandbox has no built-in one'],
    ['POST', 'Things/Desk/Services/AddServiceDefinition', 'the sandbox has no built-in one'],
    ['POST', 'DataShapes/Point_DS/Services/AddFieldDefinition', 'the sandbox does not have this service'],
    ['POST', 'ThingTemplates/None/Services/GetImplementingThings', 'Entity Not Found : [ThingTemplate] [None]'],
    [
      'POST',
      'Resources/SearchFunctions/Services/SpotlightSearch',
      'the sandbox does not have the resource SearchFunctions',
    ],
    ['POST', 'Resources/EntityServices/Services/CreateGroup', 'the sandbox does not have it'],
    ['POST', 'Subsystems/PlatformSubsystem/Services/GetThingWorxVersion', 'the sandbox does not have this collection'],
    ['GET', 'Users', 'the sandbox does not have this address'],
    ['GET', 'Mashups/Start', 'the sandbox does not have this address'],
    ['PUT', 'Things', 'Method Not Allowed'],
  ])('reports that the sandbox does not have %s %s', async (method, path, reason) => {
    const answer = await rest.request(method, `/Thingworx/${path}`, method === 'GET' ? undefined : {});
    expect(answer.status).toBe(method === 'PUT' ? 405 : 404);
    expect(answer.text).toContain(reason);
  });
});
