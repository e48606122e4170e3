import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import type { Service } from '../../../src/edge/definitions.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import { createSingleDeviceServices } from '../../../src/single-device/services/services.js';
import { type FairClock, startFairClock } from '../../support/fair-clock.js';
import { azureError, type Misbehaviour, ScriptedHub } from '../../support/iothub/scripted-hub.js';
import { DEVICE_KEY } from '../../support/iothub/scripted-devices.js';
import { callService, failureOf, withDeadline } from '../../support/jobs/callers.js';
import { singleDeviceEnvironment } from '../../support/single-device/environment.js';

const TIMEOUT_MS = 500;
const RETRY = { baseMs: 20, capMs: 60, smallestAttemptMs: 60, random: Math.random };

let clock: FairClock;
let hub: ScriptedHub;
let services: Service[];
const open: { close(): Promise<void> | void }[] = [];

beforeEach(async () => {
  clock = startFairClock();
  hub = await ScriptedHub.start();
  hub.devices.add('d1');
  services = servicesAt(hub.address);
});

afterEach(async () => {
  for (const end of [...open.splice(0), hub]) await end.close();
  clock.stop();
});

function servicesAt(address: string, showsDeviceKeys = false): Service[] {
  const { connectionString } = hub;
  const ca = hub.certificates.caPem;
  const port = openHub({ credentials: { connectionString }, address, ca, tier: 'unlimited', units: 1, retry: RETRY });
  open.push(port);
  const environment = singleDeviceEnvironment(port, { showsDeviceKeys });
  return withDeadline(createSingleDeviceServices(environment, { deviceManagement: true }), TIMEOUT_MS);
}

const call = (name: string, parameters: object, over = services): Promise<unknown> =>
  callService(over, name, { ...parameters }, { timeoutMs: 5000, clock });

const status = (code: number, azureCode: string, message = 'it is so'): Misbehaviour => ({
  kind: 'status',
  status: code,
  body: azureError(azureCode, message),
  headers: { 'iothub-errorcode': azureCode },
});

/** The second form of Azure's error bodies, with which methods are refused. */
const numbered = (code: number, errorCode: number): Misbehaviour => ({
  kind: 'status',
  status: code,
  body: JSON.stringify({ Message: JSON.stringify({ errorCode, message: 'it is so' }), ExceptionMessage: '' }),
});

const firstOf =
  (method: string, count: number, wrong: Misbehaviour): ScriptedHub['decide'] =>
  (request) =>
    request.method === method && hub.count(method) < count ? wrong : undefined;

const payloadOf = (bytes: number): string => `{"status":200,"payload":"${'x'.repeat(bytes)}"}`;

describe('a method', () => {
  const METHOD = { deviceId: 'd1', methodName: 'reboot' };
  const html = { kind: 'body', body: '<html>', contentType: 'text/html' } as const;

  test.each<[string, Misbehaviour, string, boolean]>([
    ['500', status(500, 'ServerError'), 'HubUnavailable', true],
    ['502', status(502, 'BadGateway'), 'HubUnavailable', true],
    ['503', status(503, 'ServiceUnavailable'), 'HubUnavailable', true],
    ['a lost response', { kind: 'resetAfter' }, 'HubTimeout', true],
    ['a truncated response', { kind: 'cutOff' }, 'HubTimeout', true],
    ['a hang', { kind: 'hang' }, 'HubTimeout', true],
    ['a page of a gateway', html, 'HubUnavailable', true],
    ['JSON of something else', { kind: 'body', body: '{"a":1}' }, 'HubUnavailable', true],
    ['504', status(504, 'GatewayTimeout'), 'DeviceTimeout', true],
    ['504101', numbered(504, 504_101), 'DeviceTimeout', true],
    ['a device that leaves', numbered(404, 404_104), 'DeviceOffline', true],
    ['a device that is offline', numbered(404, 404_103), 'DeviceOffline', false],
    ['an offline device, in the first form', status(404, 'DeviceNotOnline'), 'DeviceOffline', false],
    ['an unknown device', status(404, 'DeviceNotFound'), 'DeviceNotFound', false],
    ['an unknown module', numbered(404, 404_010), 'DeviceNotFound', false],
    ['a bare 404', { kind: 'status', status: 404 }, 'DeviceNotFound', false],
    ['a response that the hub cannot read', status(502, 'BadDeviceResponse'), 'BadDeviceResponse', true],
    ['a response that is not JSON', { kind: 'body', body: '{"status":200,"payload":oops}' }, 'BadDeviceResponse', true],
    ['a response of over 128 KiB', { kind: 'body', body: payloadOf(128 * 1024 - 1) }, 'BadDeviceResponse', true],
    ['a response of over 8 MiB', { kind: 'body', body: payloadOf(9 * 1024 * 1024) }, 'BadDeviceResponse', true],
  ])('is called once if the hub answers with %s', async (_what, wrong, code, mayHaveRun) => {
    hub.decide = () => wrong;
    const failure = await failureOf(call('InvokeDeviceMethod', METHOD));
    expect(failure.code).toBe(code);
    expect(/the method may have run/.test(failure.reason)).toBe(mayHaveRun);
    expect(hub.seen).toHaveLength(1);
  });

  it('of 128 KiB is read', async () => {
    hub.decide = () => ({ kind: 'body', body: payloadOf(128 * 1024 - 2) });
    await expect(call('InvokeDeviceMethod', METHOD)).resolves.toMatchObject({ status: 200 });
  });

  it('is a result whatever the status of the device, with all digits of its payload', async () => {
    hub.decide = () => ({ kind: 'body', body: '{"status":500,"payload":{"n":[9007199254740993]}}' });
    const result = { status: 500, payload: { n: [9007199254740993n] } };
    await expect(call('InvokeDeviceMethod', METHOD)).resolves.toEqual(result);
  });

  it('is called again after connections that were never made', async () => {
    const gate = await startGate(hub.address, 2);
    open.push(gate);
    const over = servicesAt(gate.address);
    await expect(call('InvokeDeviceMethod', METHOD, over)).resolves.toEqual({ status: 200, payload: null });
    expect([gate.refused, hub.devices.ran]).toEqual([2, 1]);
  });

  it('cannot have run if no connection was ever made', async () => {
    const gate = await startGate(hub.address, Infinity);
    open.push(gate);
    const failure = await failureOf(call('InvokeDeviceMethod', METHOD, servicesAt(gate.address)));
    expect(failure.code).toBe('HubUnavailable');
    expect(failure.reason).not.toContain('may have run');
    expect(gate.refused).toBeGreaterThan(1);
  });
});

describe('UpdateDeviceTwin', () => {
  const UPDATE = { deviceId: 'd1', patch: { tags: { site: 'Lyon' } } };
  const etagOfTwin = (): unknown => hub.devices.twins.get('d1')?.['etag'];

  it('repeats an update of any version whose response was lost', async () => {
    hub.decide = firstOf('PATCH', 2, { kind: 'resetAfter' });
    await expect(call('UpdateDeviceTwin', UPDATE)).resolves.toMatchObject({ tags: { site: 'Lyon' } });
    expect(hub.count('PATCH')).toBe(3);
  });

  test.each<[string, Misbehaviour, string]>([
    ['lost response', { kind: 'resetAfter' }, 'HubTimeout'],
    ['hang', { kind: 'hang' }, 'HubTimeout'],
    ['500', status(500, 'ServerError'), 'HubUnavailable'],
  ])('does not repeat an update under an etag after a %s', async (_what, wrong, code) => {
    hub.decide = () => wrong;
    const failure = await failureOf(call('UpdateDeviceTwin', { ...UPDATE, etag: etagOfTwin() }));
    expect(failure.code).toBe(code);
    expect(failure.reason).toContain('the twin may have been updated');
    expect(hub.seen).toHaveLength(1);
  });

  it('repeats it after 429, and accepts an etag in quotes', async () => {
    hub.decide = firstOf('PATCH', 1, status(429, 'ThrottlingException'));
    await expect(call('UpdateDeviceTwin', { ...UPDATE, etag: `"${String(etagOfTwin())}"` })).resolves.toBeDefined();
  });

  it('is TwinConflict for an etag that is not that of the twin', async () => {
    expect((await failureOf(call('UpdateDeviceTwin', { ...UPDATE, etag: 'stale' }))).code).toBe('TwinConflict');
  });
});

describe('CreateDevice', () => {
  test.each(['CreateDevice', 'CreateAzureIotDevice'])('%s creates one device if the response is lost', async (name) => {
    hub.decide = firstOf('PUT', 2, { kind: 'resetAfter' });
    await call(name, name === 'CreateDevice' ? { deviceId: 'new' } : { thingName: 'new' });
    expect(hub.devices.made).toBe(1);
    expect(hub.count('PUT')).toBe(3);
  });

  it('reads the device if the acknowledgement cannot be parsed', async () => {
    hub.decide = firstOf('PUT', 1, { kind: 'body', body: 'ok', contentType: 'text/html', isProcessed: true });
    await expect(call('CreateDevice', { deviceId: 'new' })).resolves.toMatchObject([{ deviceId: 'new' }]);
    hub.decide = firstOf('PUT', 2, { kind: 'body', body: 'ok', contentType: 'text/html' });
    expect((await failureOf(call('CreateDevice', { deviceId: 'other' }))).code).toBe('HubUnavailable');
  });

  it('is DeviceAlreadyExists for a device that existed, also if a response was lost and its definition differs', async () => {
    expect((await failureOf(call('CreateDevice', { deviceId: 'd1' }))).code).toBe('DeviceAlreadyExists');
    hub.decide = firstOf('PUT', 2, { kind: 'resetBefore' });
    const differing = call('CreateDevice', { deviceId: 'd1', status: 'disabled' });
    const failure = await failureOf(differing);
    expect(failure.code).toBe('DeviceAlreadyExists');
    expect(failure.reason).not.toContain('may have been');
    await expect(call('CreateAzureIotDevice', { thingName: 'd1' })).resolves.toBe(true);
  });

  it('says that the device was created if its tags cannot be set', async () => {
    hub.decide = (request) => (request.method === 'PATCH' ? status(403, 'IotHubQuotaExceeded') : undefined);
    const failure = await failureOf(call('CreateDevice', { deviceId: 'new', tags: { site: 'Lyon' } }));
    expect(failure.code).toBe('HubRejected');
    expect(failure.reason).toMatch(/device new was created/);
    expect(hub.devices.identities.has('new')).toBe(true);
  });

  it('returns keys only if the operator shows them, and empty ones for certificates', async () => {
    expect(JSON.stringify(await call('CreateDevice', { deviceId: 'a' }))).not.toContain(DEVICE_KEY);
    const showing = servicesAt(hub.address, true);
    const row = { deviceId: 'b', primaryKey: DEVICE_KEY, secondaryKey: expect.any(String) };
    await expect(call('CreateDevice', { deviceId: 'b' }, showing)).resolves.toMatchObject([row]);
    const certificate = { deviceId: 'c', authentication: 'certificateAuthority' };
    await expect(call('CreateDevice', certificate, showing)).resolves.toMatchObject([
      { deviceId: 'c', primaryKey: '', secondaryKey: '' },
    ]);
    expect(JSON.stringify(await call('GetDevice', { deviceId: 'b' }, showing))).not.toContain(DEVICE_KEY);
  });
});

describe('DeleteDevice', () => {
  test.each([
    ['DeleteDevice', { deviceId: 'd1' }],
    ['DeleteAzureIotDevice', { thingName: 'd1' }],
  ])('%s succeeds if the response is lost', async (name, parameters) => {
    hub.decide = firstOf('DELETE', 1, { kind: 'resetAfter' });
    await expect(call(name, parameters)).resolves.toBe(true);
    expect(hub.devices.identities.has('d1')).toBe(false);
  });

  it('reads the device if the acknowledgement cannot be parsed', async () => {
    hub.decide = firstOf('DELETE', 1, { kind: 'body', body: 'ok', isProcessed: true });
    await expect(call('DeleteDevice', { deviceId: 'd1' })).resolves.toBe(true);
    hub.devices.add('d2');
    hub.decide = firstOf('DELETE', 2, { kind: 'body', body: 'ok' });
    expect((await failureOf(call('DeleteDevice', { deviceId: 'd2' }))).code).toBe('HubUnavailable');
  });

  it('refuses an etag that is not that of the identity, and a device that is absent', async () => {
    expect((await failureOf(call('DeleteDevice', { deviceId: 'd1', etag: 'stale' }))).code).toBe('TwinConflict');
    expect((await failureOf(call('DeleteDevice', { deviceId: 'nobody' }))).code).toBe('DeviceNotFound');
    await expect(call('DeleteAzureIotDevice', { thingName: 'nobody' })).resolves.toBe(true);
    await expect(call('DescribeAzureIotDevice', { thingName: 'nobody' })).resolves.toEqual([]);
  });
});

describe('SetDeviceStatus', () => {
  const DISABLE = { deviceId: 'd1', status: 'disabled', reason: 'lost' };

  it('writes the identity back whole, under its etag', async () => {
    const before = hub.devices.identities.get('d1');
    await expect(call('SetDeviceStatus', DISABLE)).resolves.toMatchObject([
      { deviceId: 'd1', status: 'disabled', statusReason: 'lost' },
    ]);
    const put = hub.seen.find(({ method }) => method === 'PUT');
    expect(JSON.parse(put?.body ?? '')).toEqual({ ...before, status: 'disabled', statusReason: 'lost' });
    expect(put?.headers['if-match']).toBe(`"${String(before?.['etag'])}"`);
    const [row] = (await call('SetDeviceStatus', { deviceId: 'd1', status: 'enabled' })) as object[];
    expect(row).not.toHaveProperty('statusReason');
  });

  it('succeeds if the response is lost and the identity is as requested', async () => {
    hub.decide = firstOf('PUT', 1, { kind: 'resetAfter' });
    await expect(call('SetDeviceStatus', DISABLE)).resolves.toMatchObject([{ status: 'disabled' }]);
    expect(hub.count('PUT')).toBe(2);
  });

  it('is TwinConflict if the identity was changed in between', async () => {
    hub.decide = firstOf('PUT', 1, status(412, 'PreconditionFailed'));
    expect((await failureOf(call('SetDeviceStatus', DISABLE))).code).toBe('TwinConflict');
  });

  it('shows no keys that the hub repeats in a refusal', async () => {
    hub.decide = firstOf('PUT', 1, status(400, 'ArgumentInvalid', `the key ${DEVICE_KEY} is too short`));
    const failure = await failureOf(call('SetDeviceStatus', DISABLE));
    expect(failure.code).toBe('HubRejected');
    expect(JSON.stringify([failure.reason, failure.context, failure.cause])).not.toContain(DEVICE_KEY);
  });
});

test('each id is encoded in the address', async () => {
  const deviceId = "a.b%c#d*e?f!g(h),i:j=k@l$m_n'o-p";
  hub.devices.add(deviceId);
  await expect(call('GetDevice', { deviceId })).resolves.toMatchObject([{ deviceId }]);
  expect(hub.seen.map(({ path }) => path).join(' ')).toContain(encodeURIComponent(deviceId));
});

/** A network that closes the first connections before TLS is established, then lets all through. */
async function startGate(
  target: string,
  count: number,
): Promise<{ readonly address: string; readonly refused: number; close(): Promise<void> }> {
  const [host, port] = target.split(':');
  const sockets = new Set<Socket>();
  let refused = 0;
  const server = createServer((client) => {
    if (refused < count) {
      refused += 1;
      client.destroy();
      return;
    }
    const through = connect(Number(port), host ?? '');
    for (const socket of [client, through]) sockets.add(socket.on('error', () => undefined));
    client.pipe(through).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get refused() {
      return refused;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
