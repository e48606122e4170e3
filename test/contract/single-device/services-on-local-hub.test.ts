import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ModuleClient } from 'azure-iot-device';
import type { Service } from '../../../src/edge/definitions.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import type { HubPort } from '../../../src/iothub/ports.js';
import { createSingleDeviceServices } from '../../../src/single-device/services/services.js';
import { callService, failureOf } from '../../support/jobs/callers.js';
import { type HubUnderTest, startHubUnderTest } from '../../support/local-hub/hub-under-test.js';
import { connectDevice, type SdkDevice } from '../../support/local-hub/sdk-device.js';
import { connectModule } from '../../support/local-hub/sdk-module.js';
import { singleDeviceEnvironment } from '../../support/single-device/environment.js';

let tested: HubUnderTest;
let device: SdkDevice;
let module: ModuleClient;
let port: HubPort;
let services: Service[];

beforeAll(async () => {
  tested = await startHubUnderTest();
  device = await connectDevice(tested, 'real');
  module = await addModule('real', 'part');
  device.client.onDeviceMethod('echo', (request, response) => void response.send(200, request.payload));
  device.client.onDeviceMethod('failing', (_request, response) => void response.send(500, { reason: 'worn' }));
  module.onMethod('echo', (request, response) => void response?.send(200, request?.payload));
  module.onMethod('failing', (_request, response) => void response?.send(500, { reason: 'worn' }));
  // A second request is answered after the subscriptions that the first ones of a client cause.
  await Promise.all([device.client.getTwin(), module.getTwin()]);
  await tested.hub.registerDevice('offline', { tags: { site: 'Oslo' } });
  port = openPort(tested.hub.connectionString);
  services = servicesOver(port);
});

afterAll(async () => {
  port.close();
  await Promise.all([device.close(), module.close()]);
  await tested.close();
});

function openPort(connectionString: string): HubPort {
  const { address, caPem: ca } = tested.hub;
  return openHub({ credentials: { connectionString }, address, ca, tier: 'unlimited', units: 1 });
}

const servicesOver = (hub: HubPort): Service[] =>
  createSingleDeviceServices(singleDeviceEnvironment(hub), { deviceManagement: true });

async function addModule(deviceId: string, moduleId: string): Promise<ModuleClient> {
  const { responseBody } = await tested.registry.addModule({ deviceId, moduleId });
  const key = responseBody.authentication?.symmetricKey?.primaryKey ?? '';
  return await connectModule(tested.hub, { deviceId, moduleId, key });
}

type Row = Readonly<Record<string, unknown>>;
const call = <T>(name: string, parameters: Row, over = services): Promise<T> =>
  callService(over, name, parameters, { timeoutMs: 20_000 }) as Promise<T>;

test.each([
  ['the device', {}],
  ['a module', { moduleId: 'part' }],
])('InvokeDeviceMethod returns what %s responds, with any status', async (_what, target) => {
  const real = { deviceId: 'real', ...target };
  await expect(
    call('InvokeDeviceMethod', { ...real, methodName: 'echo', payload: { n: 0, list: [''] } }),
  ).resolves.toEqual({ status: 200, payload: { n: 0, list: [''] } });
  await expect(call('InvokeDeviceMethod', { ...real, methodName: 'failing' })).resolves.toEqual({
    status: 500,
    payload: { reason: 'worn' },
  });
});

test('InvokeDeviceMethod reports why there is no response', async () => {
  const codeOf = async (parameters: Row): Promise<string> =>
    (await failureOf(call('InvokeDeviceMethod', { methodName: 'echo', ...parameters }))).code;
  await expect(codeOf({ deviceId: 'nobody' })).resolves.toBe('DeviceNotFound');
  await expect(codeOf({ deviceId: 'real', moduleId: 'nothing' })).resolves.toBe('DeviceNotFound');
  await expect(codeOf({ deviceId: 'offline' })).resolves.toBe('DeviceOffline');
});

test.each([
  ['a device', {}],
  ['a module', { moduleId: 'part' }],
])('UpdateDeviceTwin changes the twin of %s, which GetDeviceTwin returns', async (_what, more) => {
  const target = { deviceId: 'real', ...more };
  const patch = { tags: { site: 'Lyon' }, properties: { desired: { fan: 2 } } };
  const updated = await call<Row>('UpdateDeviceTwin', { ...target, patch });
  expect(updated).toMatchObject({ ...target, tags: { site: 'Lyon' }, properties: { desired: { fan: 2 } } });
  const twin = await call<Row>('GetDeviceTwin', target);
  expect(twin).toEqual({ ...updated, lastActivityTime: twin['lastActivityTime'] });
  const { etag } = twin;
  await call('UpdateDeviceTwin', { ...target, patch: { tags: { floor: 3 } }, etag });
  const stale = await failureOf(call('UpdateDeviceTwin', { ...target, patch: { tags: { floor: 4 } }, etag }));
  expect(stale.code).toBe('TwinConflict');
});

test('UpdateDeviceTwin reaches a connected device, which reports what GetDeviceTwin then shows', async () => {
  const received = new Promise<unknown>((resolve) => device.twin.on('properties.desired.speed', resolve));
  await call('UpdateDeviceTwin', { deviceId: 'real', patch: { properties: { desired: { speed: 7 } } } });
  await expect(received).resolves.toBe(7);
  await new Promise<void>((resolve) => device.twin.properties.reported['update']({ speed: 7 }, () => resolve()));
  await expect(call('GetDeviceTwin', { deviceId: 'real' })).resolves.toMatchObject({
    properties: { reported: { speed: 7 } },
  });
});

test('QueryDevices returns twins, modules, projections and groups page by page', async () => {
  const rowsOf = async (query: string): Promise<unknown> => (await call<Row>('QueryDevices', { query }))['rows'];
  await expect(rowsOf("tags.site = 'Oslo'")).resolves.toMatchObject([{ deviceId: 'offline', tags: { site: 'Oslo' } }]);
  await expect(rowsOf("FROM devices.modules WHERE moduleId = 'part'")).resolves.toMatchObject([{ moduleId: 'part' }]);
  await expect(rowsOf("SELECT deviceId FROM devices WHERE deviceId = 'real'")).resolves.toEqual([{ deviceId: 'real' }]);
  await expect(rowsOf('SELECT status, COUNT() AS n FROM devices GROUP BY status')).resolves.toEqual([
    { status: 'enabled', n: expect.any(Number) },
  ]);
  const first = await call<Row>('QueryDevices', { query: '*', maxItems: 1 });
  const second = await call<Row>('QueryDevices', { query: '*', continuationToken: first['continuationToken'] });
  expect([...(first['rows'] as Row[]), ...(second['rows'] as Row[])].map((row) => row['deviceId'])).toEqual(
    expect.arrayContaining(['real', 'offline']),
  );
});

test('a device is created, described, disabled, enabled and deleted', async () => {
  const deviceId = "it's (new)#1?".replace(' ', '');
  const tags = { site: 'Metz' };
  const [created] = await call<Row[]>('CreateDevice', { deviceId, edgeDevice: true, status: 'disabled', tags });
  const common = { deviceId, connectionState: 'Disconnected', authenticationType: 'sas', edgeDevice: true, tags };
  expect(created).toMatchObject({
    ...common,
    status: 'disabled',
    etag: expect.any(String),
    generationId: expect.any(String),
  });
  expect(created).not.toHaveProperty('lastActivityTime');
  await expect(call('GetDevice', { deviceId })).resolves.toEqual([created]);
  expect((await failureOf(call('CreateDevice', { deviceId }))).code).toBe('DeviceAlreadyExists');
  await expect(call('CreateAzureIotDevice', { thingName: deviceId })).resolves.toBe(true);

  const key = async (): Promise<unknown> =>
    (await tested.raw('GET', `/devices/${encodeURIComponent(deviceId)}`)).json.authentication.symmetricKey;
  const keys = await key();
  const [enabled] = await call<Row[]>('SetDeviceStatus', { deviceId, status: 'enabled', reason: 'repaired' });
  expect(enabled).toMatchObject({ ...common, status: 'enabled', statusReason: 'repaired' });
  const [again] = await call<Row[]>('SetDeviceStatus', { deviceId, status: 'enabled' });
  expect(again).not.toHaveProperty('statusReason');
  await expect(key()).resolves.toEqual(keys);

  const stale = await failureOf(call('DeleteDevice', { deviceId, etag: created?.['etag'] }));
  expect(stale.code).toBe('TwinConflict');
  await expect(call('DeleteDevice', { deviceId, etag: again?.['etag'] })).resolves.toBe(true);
  for (const name of ['GetDevice', 'GetDeviceTwin', 'DeleteDevice'])
    expect((await failureOf(call(name, { deviceId }))).code).toBe('DeviceNotFound');
  await expect(call('DeleteAzureIotDevice', { thingName: deviceId })).resolves.toBe(true);
  await expect(call('DescribeAzureIotDevice', { thingName: deviceId })).resolves.toEqual([]);
});

test('devices with certificates are created, and DescribeAzureIotDevice shows them', async () => {
  const primaryThumbprint = 'AB'.repeat(32);
  await call('CreateDevice', { deviceId: 'own', authentication: 'selfSigned', primaryThumbprint });
  await call('CreateDevice', { deviceId: 'ca', authentication: 'certificateAuthority' });
  const typeOf = async (thingName: string): Promise<unknown> =>
    (await call<Row[]>('DescribeAzureIotDevice', { thingName }))[0]?.['authenticationType'];
  await expect(typeOf('own')).resolves.toBe('selfSigned');
  await expect(typeOf('ca')).resolves.toBe('certificateAuthority');
});

test('a policy without the right is HubUnauthorized', async () => {
  const reader = openPort(tested.hub.policyConnectionString('registryRead') ?? '');
  const failure = await failureOf(call('DeleteDevice', { deviceId: 'offline' }, servicesOver(reader)));
  expect(failure.code).toBe('HubUnauthorized');
  reader.close();
});
