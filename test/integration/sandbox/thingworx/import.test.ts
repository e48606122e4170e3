import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import { EdgeClient } from '../../../../src/edge/edge-client.js';
import type { Service } from '../../../../src/edge/definitions.js';
import { EdgeThing } from '../../../../src/edge/thing.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { MemoryStore } from '../../../../src/store/memory-store.js';
import { EXTENSIONS, IMPORTER, scriptThing, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller } from '../../../support/thingworx-rest.js';

const bundle = (path: string): Buffer => readFileSync(join(__dirname, '../../../../wrappers', path));
const MAINTENANCE_XML = 'device-maintenance/device-maintenance.xml';
const METADATA =
  '<Entities><ExtensionPackages><ExtensionPackage name="x" packageVersion="1.0.0" minimumThingWorxVersion="9.0.0"/></ExtensionPackages></Entities>';

const entities = (xml: string): string => `<?xml version="1.0"?><Entities>${xml}</Entities>`;

describe('import into the local ThingWorx', () => {
  const store = new MemoryStore();
  let platform: LocalThingWorx;
  let rest: RestCaller;

  const start = async (): Promise<void> => {
    platform = await startLocalThingWorx({ port: 0, things: [{ name: 'AzureIotHub' }], store, appKey: 'k'.repeat(36) });
    rest = new RestCaller(platform.url, platform.appKey, 'device-maintenance.DeviceMethods');
  };

  beforeEach(start);

  afterEach(async () => {
    await platform.close();
    for await (const [key] of store.entries()) await store.delete(key);
  });

  /** Connects the agent's Thing, which records the parameters of each call. */
  const hub = async (): Promise<{ calls: unknown[]; client: EdgeClient }> => {
    const calls: unknown[] = [];
    const client = new EdgeClient({ url: platform.wsUrl, appKey: platform.appKey, allowInsecure: true });
    const service = (name: string): Service => ({
      definition: {
        name,
        description: '',
        parameters: [
          { name: 'methodName', baseType: 'STRING', description: '' },
          { name: 'payload', baseType: 'JSON', description: '' },
          { name: 'patch', baseType: 'JSON', description: '' },
          { name: 'queryCondition', baseType: 'STRING', description: '' },
          { name: 'startTime', baseType: 'DATETIME', description: '' },
          { name: 'jobId', baseType: 'STRING', description: '' },
          { name: 'connectTimeoutInSeconds', baseType: 'INTEGER', description: '' },
          { name: 'responseTimeoutInSeconds', baseType: 'INTEGER', description: '' },
          { name: 'maxExecutionTimeInSeconds', baseType: 'INTEGER', description: '' },
        ],
        result: { baseType: 'STRING' },
      },
      handler: (_context, parameters) => {
        calls.push(parameters);
        return Promise.resolve('job-7');
      },
    });
    client.addThing(
      new EdgeThing({
        name: 'AzureIotHub',
        services: [
          service('AzureIotDeviceJobScheduleDeviceMethodJob'),
          service('AzureIotDeviceJobScheduleTwinUpdateJob'),
        ],
        properties: [],
        events: [],
      }),
    );
    await client.start();
    return { calls, client };
  };

  it.each([
    ['the XML', IMPORTER, MAINTENANCE_XML],
    ['the extension', EXTENSIONS, 'device-maintenance/device-maintenance-1.0.0.zip'],
  ])('imports %s of the wrappers and runs their scripts against the agent', async (_what, path, file) => {
    expect(await upload(platform, path, bundle(file))).toMatchObject({ status: 200 });
    const { calls, client } = await hub();
    expect(await rest.result('RebootDevices', { delaySeconds: 5, site: "A'" })).toBe('job-7');
    const components = {
      dataShape: { fieldDefinitions: { component: { baseType: 'STRING' }, sizeBytes: { baseType: 'LONG' } } },
      rows: [{ component: 'os', sizeBytes: 5 }],
    };
    expect(await rest.result('UpdateFirmware', { version: '1.2.3', components, reboot: 'false' })).toBe('job-7');
    expect(calls).toMatchObject([
      { methodName: 'reboot', payload: { delaySeconds: 5 }, queryCondition: String.raw`tags.site = 'A\''` },
      {
        methodName: 'firmwareUpdate',
        payload: {
          version: '1.2.3',
          components: [{ component: 'os', sizeBytes: 5 }],
          options: { reboot: false, protocol: 1 },
        },
      },
    ]);
    expect(await rest.invoke('RebootDevices', { delaySeconds: 5 })).toMatchObject({
      status: 500,
      text: expect.stringMatching(/^Unable to Invoke Service RebootDevices on .*'site' is required/),
    });
    await client.close();
    expect(await rest.invoke('RebootDevices', { site: 'A' })).toMatchObject({
      status: 500,
      text: expect.stringContaining('Thing [AzureIotHub] is not connected'),
    });
  });

  it('prefers the imported definitions of a RemoteThing to those of its edge', async () => {
    const { client } = await hub();
    const path = 'hub/azure-iot-hub-jobs.xml';
    expect(await upload(platform, IMPORTER, bundle(path))).toMatchObject({ text: 'success' });
    const { json } = await rest.request('GET', '/Thingworx/Things/AzureIotHub/ServiceDefinitions');
    expect((json as { rows: { name: string }[] }).rows.map(({ name }) => name)).toContain('PreviewTargets');
    const thing = new RestCaller(platform.url, platform.appKey, 'AzureIotHub');
    expect(await thing.result('AzureIotDeviceJobScheduleDeviceMethodJob', { methodName: 'm' })).toBe('job-7');
    await client.close();
  });

  it('keeps entities, Things and values across a restart', async () => {
    await upload(platform, IMPORTER, bundle(MAINTENANCE_XML));
    await upload(platform, IMPORTER, scriptThing('Desk', [{ name: 'Hi', code: 'var result = "hi";' }]));
    const create = '/Thingworx/Resources/EntityServices/Services/CreateThing';
    await rest.request('POST', create, { name: 'Made', thingTemplateName: 'GenericThing', description: 'by hand' });
    await rest.request('PUT', '/Thingworx/Things/Desk/Properties/count', { count: 9 });
    await platform.close();
    await start();
    const desk = new RestCaller(platform.url, platform.appKey, 'Desk');
    expect(await desk.result('Hi')).toBe('hi');
    expect((await rest.request('GET', '/Thingworx/Things/Desk/Properties/count')).json).toMatchObject({
      rows: [{ count: 9 }],
    });
    const things = (await rest.request('GET', '/Thingworx/Things')).json as { rows: { name: string }[] };
    expect(things.rows.map(({ name }) => name)).toEqual([
      'AzureIotHub',
      'Desk',
      'Made',
      'device-maintenance.DeviceMethods',
    ]);
    expect((await rest.request('GET', '/Thingworx/DataShapes/DeviceMaintenance.Component_DS')).status).toBe(200);
    await desk.request('POST', '/Thingworx/Resources/EntityServices/Services/DeleteThing', { name: 'Desk' });
    await platform.close();
    await start();
    expect((await rest.request('GET', '/Thingworx/Things/Desk')).status).toBe(404);
  });

  it.each([
    ['is not XML', 'nonsense'],
    ['is not well-formed', '<Entities><A></Entities>'],
    ['has a document type', '<!DOCTYPE x [<!ENTITY a "b">]><Entities/>'],
    ['has another root', '<Things/>'],
    ['is nested 100,000 levels deep', '<a>'.repeat(100_000)],
    [
      'has an unknown base type',
      entities(
        '<DataShapes><DataShape name="D"><FieldDefinitions><FieldDefinition name="a" baseType="X"/></FieldDefinitions></DataShape></DataShapes>',
      ),
    ],
    ['names a template that does not exist', entities('<Things><Thing name="T" thingTemplate="Nowhere"/></Things>')],
    [
      'has templates that are based on each other',
      entities(
        '<ThingTemplates><ThingTemplate name="A" baseThingTemplate="B"/><ThingTemplate name="B" baseThingTemplate="A"/></ThingTemplates>',
      ),
    ],
    [
      'names a shape that does not exist',
      entities(
        '<Things><Thing name="T" thingTemplate="GenericThing"><ImplementedShapes><ImplementedShape name="S"/></ImplementedShapes></Thing></Things>',
      ),
    ],
  ])('refuses with 406 and changes nothing when a file %s', async (_what, xml) => {
    const answer = await upload(platform, IMPORTER, xml);
    expect(answer).toMatchObject({ status: 406, text: '' });
    expect(answer.headers.get('x-sandbox-reason')).toMatch(/./);
    expect((await rest.request('GET', '/Thingworx/Things/T')).status).toBe(404);
  });

  it.each([
    ['has no metadata.xml', { 'Entities/Things/a.xml': strToU8(entities('')) }],
    ['has names that lead out of its folder', { 'metadata.xml': strToU8(METADATA), '../up.xml': strToU8('x') }],
    ['has names with backslashes', { 'metadata.xml': strToU8(METADATA), 'Entities\\a.xml': strToU8('x') }],
    ['unpacks to 70 MB', { 'metadata.xml': strToU8(METADATA), 'big.xml': new Uint8Array(70_000_000) }],
    ['has an invalid version', { 'metadata.xml': strToU8(METADATA.replace('1.0.0', '1.0-beta')) }],
  ])('refuses an extension that %s', async (_what, files) => {
    const answer = await upload(platform, EXTENSIONS, zipSync(files));
    expect(answer).toMatchObject({ status: 406, text: '' });
  });

  it('validates an extension without importing it', async () => {
    const zip = bundle('device-maintenance/device-maintenance-1.0.0.zip');
    const answer = await upload(platform, `${EXTENSIONS}&validate=true`, zip);
    expect(answer.json).toMatchObject({ rows: [{ name: 'device-maintenance', reportStatus: 'SUCCESS' }] });
    expect((await rest.request('GET', '/Thingworx/Things/device-maintenance.DeviceMethods')).status).toBe(404);
  });

  it('requires the anti-forgery token, the purpose and a file', async () => {
    expect((await upload(platform, IMPORTER, '<Entities/>', {})).status).toBe(403);
    expect((await upload(platform, '/Thingworx/Importer', '<Entities/>')).status).toBe(400);
    expect((await rest.request('POST', IMPORTER, {})).status).toBe(400);
    expect((await rest.request('GET', IMPORTER)).status).toBe(405);
  });
});
