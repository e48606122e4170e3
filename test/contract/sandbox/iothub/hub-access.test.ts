import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { ensureCertificates } from '../../../../src/sandbox/certificates.js';
import { json, Router } from '../../../../src/sandbox/http/router.js';
import { makeSasToken } from '../../../../src/sandbox/iothub/access/sas-token.js';
import { keyOf, splitAddress } from '../../../support/local-hub/hub-rest.js';
import { type HubUnderTest, startHubUnderTest } from '../../../support/local-hub/hub-under-test.js';
import { recordingLog } from '../../../support/recording-log.js';

const log = recordingLog();

let tested: HubUnderTest;
beforeAll(async () => {
  tested = await startHubUnderTest({
    log,
    adminRoutes: new Router().add('GET', '/sandbox/x', () => json(200, { of: 'sandbox' })),
  });
  await tested.hub.registerDevice('d');
  await tested.hub.registerDevice('d2');
});
afterAll(() => tested.close());

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

describe('rights', () => {
  const calls: [right: string, method: string, path: string, body?: unknown][] = [
    ['RegistryRead', 'GET', '/devices/d'],
    ['RegistryRead', 'GET', '/statistics/devices'],
    ['RegistryRead', 'GET', '/jobs/v2/j'],
    ['RegistryRead', 'GET', '/jobs/v2/query'],
    ['RegistryRead', 'GET', '/configurations'],
    ['RegistryWrite', 'PUT', '/devices/new', {}],
    ['RegistryWrite', 'POST', '/devices', []],
    ['RegistryWrite', 'PUT', '/jobs/v2/j', {}],
    ['RegistryWrite', 'POST', '/jobs/v2/j/cancel'],
    ['ServiceConnect', 'GET', '/twins/d'],
    ['ServiceConnect', 'PATCH', '/twins/d', {}],
    ['ServiceConnect', 'POST', '/twins/d/methods', {}],
    ['ServiceConnect', 'POST', '/devices/query', {}],
  ];
  const granted: Record<string, string[]> = {
    iothubowner: ['RegistryRead', 'RegistryWrite', 'ServiceConnect'],
    service: ['ServiceConnect'],
    device: [],
    registryRead: ['RegistryRead'],
    registryReadWrite: ['RegistryRead', 'RegistryWrite'],
  };

  test.each(Object.keys(granted))('of the policy %s match those in Azure', async (policy) => {
    for (const [right, method, path, body] of calls) {
      const answer = await tested.raw(method, path, { body, authorization: tested.token(policy) });
      const isAllowed = granted[policy]?.includes(right);
      expect([method, path, answer.status === 401]).toEqual([method, path, !isAllowed]);
      if (!isAllowed) expect(answer.headers['iothub-errorcode']).toBe('IotHubUnauthorizedAccess');
    }
  });
});

describe('a token', () => {
  const status = async (authorization: string, path = '/devices/d'): Promise<number> =>
    (await tested.raw('GET', path, { authorization })).status;

  test('is required', async () => {
    for (const authorization of ['', 'Basic abc', 'SharedAccessSignature', 'SharedAccessSignature sr=x']) {
      expect(await status(authorization)).toBe(401);
    }
    expect((await tested.raw('GET', '/nowhere', { authorization: '' })).status).toBe(401);
  });

  test('must be signed with a key of its policy', async () => {
    expect(await status(tested.token('iothubowner'))).toBe(200);
    expect(await status(tested.token('iothubowner', { key: keyOf(tested.hub.serviceConnectionString) }))).toBe(401);
  });

  test('is refused from the second of its expiry on', async () => {
    expect(await status(tested.token('iothubowner', { expirySeconds: nowSeconds() - 1 }))).toBe(401);
    expect(await status(tested.token('iothubowner', { expirySeconds: nowSeconds() }))).toBe(401);
    expect(await status(tested.token('iothubowner', { expirySeconds: nowSeconds() + 60 }))).toBe(200);
  });

  test.each([
    ['hub.local', 200],
    ['HUB.local', 200],
    ['hub.local:8443', 200],
    ['hub.local/devices', 200],
    ['hub.local/devices/d', 200],
    ['hub.local/devices/', 200],
    ['hub.local/devices/d2', 401],
    ['hub.local/dev', 401],
    ['hub.local/twins', 401],
    ['other.local', 401],
    ['hub.local.evil', 401],
    ['hub', 401],
    ['', 401],
  ])('for %s leads to status %d on /devices/d', async (resource, expected) => {
    expect(await status(tested.token('iothubowner', { resource }))).toBe(expected);
  });

  test('with a wrong signature, a changed expiry or a duplicate field is refused', async () => {
    const good = tested.token('iothubowner');
    expect(await status(good.replace(/sig=[^&]+/u, `sig=${encodeURIComponent('A'.repeat(43))}=`))).toBe(401);
    expect(await status(good.replace(/se=\d+/u, 'se=9999999999'))).toBe(401);
    expect(await status(`${good}&skn=service`)).toBe(401);
    expect(await status(good.replace('skn=iothubowner', 'skn=service'))).toBe(401);
  });

  test('of a device has no access to the service API', async () => {
    const { json } = await tested.raw('GET', '/devices/d');
    const token = makeSasToken({
      resource: 'hub.local/devices/d',
      key: json.authentication.symmetricKey.primaryKey,
      expirySeconds: nowSeconds() + 60,
    });
    expect(await status(token)).toBe(401);
    expect(await status(token, '/twins/d')).toBe(401);
  });
});

describe('a device that connects', () => {
  const keysOf = async (id: string) => (await tested.raw('GET', `/devices/${id}`)).json.authentication.symmetricKey;
  const open = async (sharedAccessSignature: string): Promise<string> => {
    const client = Client.fromSharedAccessSignature(sharedAccessSignature, Mqtt);
    (client as any)._transport._authenticationProvider._credentials.gatewayHostName = tested.hub.mqttAddress;
    client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
    await client.setOptions({ ca: tested.hub.caPem });
    try {
      await client.open();
      return 'open';
    } catch (error) {
      return (error as Error).name;
    } finally {
      await client.close().catch(() => undefined);
    }
  };
  const token = (key: string, resource = 'hub.local/devices/d', expirySeconds = nowSeconds() + 600): string =>
    makeSasToken({ resource, key, expirySeconds });

  test('is accepted with either of its keys', async () => {
    const { primaryKey, secondaryKey } = await keysOf('d');
    expect(await open(token(primaryKey))).toBe('open');
    expect(await open(token(secondaryKey))).toBe('open');
  });

  test("is refused with another device's key, for another hub, after the expiry, and when disabled", async () => {
    const { primaryKey } = await keysOf('d');
    const other = await keysOf('d2');
    expect(await open(token(other.primaryKey))).toBe('UnauthorizedError');
    expect(await open(token(primaryKey, 'other.local/devices/d'))).toBe('UnauthorizedError');
    expect(await open(token(primaryKey, 'hub.local/devices/d', nowSeconds() - 1))).toBe('UnauthorizedError');
    expect(await open(token(primaryKey, 'hub.local/devices/nobody'))).toBe('UnauthorizedError');
    await tested.registry.update({ deviceId: 'd', status: 'disabled' });
    expect(await open(token(primaryKey))).toBe('UnauthorizedError');
    await tested.registry.update({ deviceId: 'd', status: 'enabled' });
    expect(await open(token(primaryKey))).toBe('open');
  });
});

test('may use a certificate whose thumbprint is registered, and no other', async () => {
  const known = await ensureCertificates(undefined, ['x509']);
  const other = await ensureCertificates(undefined, ['x509']);
  const primaryThumbprint = new X509Certificate(known.certPem).fingerprint.replaceAll(':', '');
  const authentication = { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } };
  const own = await startHubUnderTest({ hubName: 'localhost' });
  const { connectionString } = await own.hub.registerDevice('x509', { authentication });
  expect(connectionString).toMatch(/^HostName=localhost:\d+;DeviceId=x509;x509=true$/u);
  const open = async ({ certPem, keyPem }: { certPem: string; keyPem: string }): Promise<string> => {
    const client = Client.fromConnectionString(connectionString, Mqtt);
    client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
    await client.setOptions({ ca: tested.hub.caPem, cert: certPem, key: keyPem } as never);
    try {
      await client.open();
      return 'open';
    } catch (error) {
      return (error as Error).name;
    } finally {
      await client.close().catch(() => undefined);
    }
  };
  expect(await open(known)).toBe('open');
  expect(await open(other)).toBe('UnauthorizedError');
  await own.close();
});

test('routes of the sandbox are accessible to the owner policy only', async () => {
  const { raw, token } = tested;
  expect((await raw('GET', '/sandbox/x', { version: '' })).json).toEqual({ of: 'sandbox' });
  expect((await raw('GET', '/sandbox/x', { version: '', authorization: '' })).status).toBe(401);
  for (const policy of ['service', 'device', 'registryReadWrite']) {
    expect((await raw('GET', '/sandbox/x', { authorization: token(policy) })).status).toBe(401);
  }
});

/** Writes text over TLS unchanged and reads until the other end closes. */
async function wire(text: string): Promise<string> {
  const [host, port] = splitAddress(tested.hub.address);
  const socket = connectTls({ host, port, ca: tested.hub.caPem, servername: 'hub.local' });
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe('hostile requests', () => {
  const get = (path: string): string =>
    `GET ${path}${path.includes('?') ? '&' : '?'}api-version=2021-04-12 HTTP/1.1\r\nhost: hub.local\r\n` +
    `authorization: ${tested.token('iothubowner')}\r\nconnection: close\r\n\r\n`;

  test.each([
    '/devices/../jobs/v2/query',
    '/devices/%2e%2e/twins/d',
    '/devices/..%2ftwins%2fd',
    '/twins/a%2Fb',
    '/twins/d%2Fmethods',
    '/devices/d%00',
    '/devices/%0d%0aset-cookie:%20x=y',
    '/devices/%zz',
    '/devices/d%5c..%5c',
  ])('for %s are refused', async (path) => {
    const answer = await wire(get(path));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /u);
    expect(answer).not.toMatch(/^set-cookie/imu);
  });

  test('with a line break in a header are refused', async () => {
    const answer = await tested
      .raw('POST', '/devices/query', {
        body: { query: 'SELECT * FROM devices' },
        headers: { 'x-ms-continuation': 'a.b' },
      })
      .then(({ status }) => status);
    expect(answer).toBe(400);
    expect(await wire('GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /u);
  });

  test('with a POST without a length are refused', async () => {
    const text = get('/jobs/v2/j/cancel').replace('GET', 'POST');
    expect(await wire(text)).toMatch(/^HTTP\/1\.1 411 /u);
  });

  test('of 100 MB are refused before they are read', async () => {
    const heads = get('/devices/query')
      .replace('GET', 'POST')
      .replace('\r\n\r\n', '\r\ncontent-length: 104857600\r\n\r\n');
    expect(await wire(heads)).toMatch(/^HTTP\/1\.1 413 /u);
  });

  test('a thousand silent connections do not affect other clients', async () => {
    const sockets: Socket[] = [];
    for (const address of [tested.hub.address, tested.hub.mqttAddress]) {
      const [host, port] = splitAddress(address);
      for (let index = 0; index < 500; index++) sockets.push(connectTcp({ host, port }).on('error', () => undefined));
    }
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    expect((await tested.raw('GET', '/devices/d')).status).toBe(200);
    const { connectionString } = await tested.hub.registerDevice('among-many');
    const client = Client.fromConnectionString(connectionString, Mqtt);
    await client.setOptions({ ca: tested.hub.caPem });
    await client.open();
    await client.close();
    for (const socket of sockets) socket.destroy();
  });
});

test('no key and no signature is ever logged', async () => {
  const { json } = await tested.raw('GET', '/devices/d');
  const text = log.lines.map((line) => JSON.stringify(line)).join('\n');
  expect(log.lines.length).toBeGreaterThan(10);
  expect(text).not.toContain(keyOf(tested.hub.connectionString));
  expect(text).not.toContain(json.authentication.symmetricKey.primaryKey);
  expect(text).not.toMatch(/sig=/u);
});
