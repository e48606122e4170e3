import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deferred } from '../../../src/core/promises.js';
import { type HubOptions, openHub } from '../../../src/iothub/azure-hub.js';
import type { HubPort } from '../../../src/iothub/ports.js';
import { ScriptedHub } from '../../support/iothub/scripted-hub.js';
import { failureOf, inCall } from '../../support/jobs/callers.js';

let hub: ScriptedHub;
const closing: (() => Promise<unknown> | void)[] = [];

beforeEach(async () => {
  hub = await ScriptedHub.start();
  hub.jobs.set('j', { jobId: 'j', type: 'scheduleUpdateTwin', status: 'running' });
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await hub.close();
});

function open(options: Partial<HubOptions> = {}): HubPort {
  const port = openHub({
    credentials: { connectionString: hub.connectionString },
    address: hub.address,
    ca: hub.certificates.caPem,
    tier: 'unlimited',
    units: 1,
    ...options,
  });
  closing.push(() => port.close());
  return port;
}

const getJob = (port: HubPort, jobId = 'j', timeoutMs = 2000): Promise<unknown> =>
  inCall((context) => port.lane('user').getJob(context, jobId), { timeoutMs });

test('requests have the form that the service expects', async () => {
  hub.jobs.set('j', { jobId: 'j', type: 'scheduleUpdateTwin', status: 'scheduled' });
  const port = open({ userAgent: 'agent/1' });
  await getJob(port, 'a/b c?');
  await inCall((context) => port.lane('user').cancelJob(context, 'j'));
  await inCall((context) =>
    port.lane('user').listJobs(context, { status: 'running', type: 'x&y', pageSize: 7, continuationToken: '3' }),
  );
  await inCall((context) => port.lane('user').query(context, { query: 'SELECT * FROM devices.jobs', pageSize: 9 }));
  expect(hub.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /jobs/v2/a%2Fb%20c%3F?api-version=2021-04-12',
    'POST /jobs/v2/j/cancel?api-version=2021-04-12',
    'GET /jobs/v2/query?api-version=2021-04-12&jobStatus=running&jobType=x%26y',
    'POST /devices/query?api-version=2021-04-12',
  ]);
  const [get, cancel, list, query] = hub.seen;
  expect(get?.headers).toMatchObject({
    host: 'hub.test',
    'user-agent': 'agent/1',
    'request-id': expect.any(String),
    authorization: expect.stringMatching(/^SharedAccessSignature sr=hub\.test&sig=/),
  });
  expect(cancel?.headers['content-length']).toBe('0');
  expect(cancel?.headers['x-ms-client-request-id']).toMatch(/^[\da-f-]{36}$/);
  expect(list?.headers).toMatchObject({ 'x-ms-max-item-count': '7', 'x-ms-continuation': '3' });
  expect(query?.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(JSON.parse(query?.body ?? '')).toEqual({ query: 'SELECT * FROM devices.jobs' });
  expect(hub.openConnections).toBe(1);
});

test('characters that span two packets arrive intact', async () => {
  const statusMessage = 'né'.repeat(100_000);
  hub.jobs.set('long', { jobId: 'long', type: 'scheduleUpdateTwin', status: 'running', statusMessage });
  await expect(getJob(open(), 'long')).resolves.toMatchObject({ statusMessage });
});

describe('through a proxy', () => {
  let proxy: Server;
  const targets: string[] = [];

  beforeEach(async () => {
    targets.length = 0;
    proxy = createServer();
    proxy.on('connect', (request, client: Socket) => {
      targets.push(request.url ?? '');
      const [host, port] = hub.address.split(':') as [string, string];
      const server = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        server.pipe(client);
        client.pipe(server);
      });
      server.on('error', () => client.destroy());
      client.on('error', () => server.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => proxy.close(resolve)));
  });

  const proxyUrl = (): string => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  test('the hub is reached by its own name, over one tunnel', async () => {
    const { address: _address, ...withoutAddress } = { address: '' };
    const port = openHub({
      credentials: { connectionString: hub.connectionString },
      ca: hub.certificates.caPem,
      proxy: proxyUrl(),
      tier: 'unlimited',
      units: 1,
      ...withoutAddress,
    });
    closing.unshift(() => port.close());
    await expect(getJob(port)).resolves.toMatchObject({ jobId: 'j' });
    await expect(getJob(port)).resolves.toMatchObject({ jobId: 'j' });
    expect(targets).toEqual(['hub.test:443']);
  });

  test('its certificate is checked for that name', async () => {
    const other = hub.connectionString.replace('hub.test', 'other.test');
    const port = open({ credentials: { connectionString: other }, proxy: proxyUrl() });
    const failure = await failureOf(getJob(port));
    expect(failure.code).toBe('HubUnavailable');
    expect(failure.reason).toContain('caFile');
  });

  test('a proxy that is not there is HubUnavailable', async () => {
    const port = open({ proxy: 'http://127.0.0.1:1' });
    expect((await failureOf(getJob(port, 'j', 300))).code).toBe('HubUnavailable');
  });
});

describe('a credential of Entra ID', () => {
  const credentials = { hostName: 'hub.test', credential: 'managedIdentity' } as const;

  test('is sent as a bearer token', async () => {
    const token = { token: 'T', expiresOnTimestamp: Date.now() + 3_600_000 };
    await getJob(open({ credentials, loadTokenCredential: () => ({ getToken: () => Promise.resolve(token) }) }));
    expect(hub.seen[0]?.headers.authorization).toBe('Bearer T');
  });

  test('that hangs is abandoned with the call, and nothing is sent later', async () => {
    const late = deferred<{ token: string; expiresOnTimestamp: number }>();
    const getToken = (): typeof late.promise => late.promise;
    const failure = await failureOf(getJob(open({ credentials, loadTokenCredential: () => ({ getToken }) }), 'j', 100));
    expect(failure.code).toBe('HubTimeout');
    late.resolve({ token: 'late', expiresOnTimestamp: Date.now() + 3_600_000 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(hub.seen).toEqual([]);
  });

  test('that cannot be obtained is HubUnauthorized, without its details', async () => {
    const getToken = (): Promise<never> => Promise.reject(new Error('secret of the environment'));
    const failure = await failureOf(getJob(open({ credentials, loadTokenCredential: () => ({ getToken }) })));
    expect(failure.code).toBe('HubUnauthorized');
    expect(failure.reason).not.toContain('secret');
  });
});

test('a rotated key is HubUnauthorized, and the next call signs a new token', async () => {
  hub.decide = (_request, index) => (index === 0 ? { kind: 'status', status: 401, body: '' } : undefined);
  const port = open();
  expect((await failureOf(getJob(port))).code).toBe('HubUnauthorized');
  await expect(getJob(port)).resolves.toBeDefined();
});

test('a caller that disconnects aborts the request', async () => {
  hub.decide = () => ({ kind: 'hang' });
  const controller = new AbortController();
  const port = open();
  const failing = failureOf(inCall((context) => port.lane('user').getJob(context, 'j'), { signal: controller.signal }));
  while (hub.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort(new Error('gone'));
  expect((await failing).code).toBe('ServiceUnavailable');
});
