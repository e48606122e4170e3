import { once } from 'node:events';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CODE } from '../../../src/alwayson/codec/codes.js';
import type { ConnectionStatus } from '../../../src/alwayson/session-types.js';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import { EdgeClient, type EdgeClientOptions } from '../../../src/edge/edge-client.js';
import { type Certificates, ensureCertificates } from '../../../src/sandbox/certificates.js';
import { makeClientCertificate } from '../../support/edge/client-certificate.js';
import { startHttpProxy, startSwallowingLink } from '../../support/raw-proxy.js';
import { SocketPlatform, type SocketPlatformOptions } from '../../support/edge/socket-platform.js';
import { echoThing } from '../../support/edge/things.js';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startPlatform(options: SocketPlatformOptions = {}): Promise<SocketPlatform> {
  const platform = await SocketPlatform.start(options);
  closers.push(() => platform.kill());
  return platform;
}

function makeClient(url: string, options: Partial<EdgeClientOptions> = {}): EdgeClient {
  const client = new EdgeClient({ url, appKey: 'the-key', allowInsecure: true, ...options });
  client.addThing(echoThing());
  closers.push(() => client.close());
  return client;
}

/** Resolves with the first status of this type from now on. */
function nextStatus(client: EdgeClient, type: ConnectionStatus['type']): Promise<ConnectionStatus> {
  return new Promise((resolve) => {
    const onStatus = (status: ConnectionStatus): void => {
      if (status.type !== type) return;
      client.off('status', onStatus);
      resolve(status);
    };
    client.on('status', onStatus);
  });
}

async function echo(platform: SocketPlatform, text: string): Promise<unknown> {
  const answer = await platform.end.invoke('Thing1', 'Echo', { text });
  return rowsFromTable(answer.body.content!)[0]?.['result'];
}

describe('an edge client over a real socket', () => {
  it('authenticates, binds and answers a service call [AO 11.1, 11.2, 11.3, 11.4]', async () => {
    const platform = await startPlatform();
    await makeClient(platform.url).start();
    const answer = await platform.end.invoke('Thing1', 'Echo', { text: 'hello wörld' });
    expect(answer).toMatchObject({ code: CODE.SUCCESS, endpointId: 0xbeef, sessionId: 0x01020304, trailingBytes: 0 });
    expect(rowsFromTable(answer.body.content!)).toEqual([{ result: 'hello wörld' }]);
  });

  it('announces its frame size in the upgrade, and sends its key in AUTH only [AO 1.1]', async () => {
    const platform = await startPlatform();
    await makeClient(platform.url, { maxFrameBytes: 4096 }).start();
    const { headers, url } = platform.upgrades[0]!;
    expect(url).toBe('/Thingworx/WS');
    expect(headers).toMatchObject({ 'max-frame-size': '4096', 'sec-websocket-version': '13' });
    expect(headers['sec-websocket-extensions']).toBeUndefined();
    expect(JSON.stringify(headers)).not.toContain('the-key');
    await echo(platform, 'z'.repeat(20_000));
    expect(Math.max(...platform.end.frames.map((frame) => frame.length))).toBeLessThanOrEqual(4096);
  });

  it('compresses if it is configured to and the platform agrees [AO 1.3]', async () => {
    const platform = await startPlatform({ perMessageDeflate: true });
    await makeClient(platform.url, { compression: true }).start();
    expect(platform.upgrades[0]?.headers['sec-websocket-extensions']).toContain('permessage-deflate');
    expect(await echo(platform, 'repeat '.repeat(10_000))).toBe('repeat '.repeat(10_000));
    const declining = await startPlatform();
    await makeClient(declining.url, { compression: true }).start();
    expect(await echo(declining, 'plain')).toBe('plain');
  });

  it('answers with a message of nearly the limit, in chunks [AO 4.3]', async () => {
    const platform = await startPlatform();
    await makeClient(platform.url).start();
    const long = 'x'.repeat(1_000_000);
    expect(await echo(platform, long)).toBe(long);
  });

  it('tunnels through an HTTP proxy', async () => {
    const platform = await startPlatform();
    const proxy = await startHttpProxy();
    closers.push(() => proxy.close());
    await makeClient(platform.url, { proxy: proxy.url }).start();
    expect(proxy.targets).toEqual([`127.0.0.1:${platform.port}`]);
    expect(await echo(platform, 'through the proxy')).toBe('through the proxy');
  });

  it('closes a drained connection with UNBIND and 1000 [AO 1.5]', async () => {
    const platform = await startPlatform();
    const client = makeClient(platform.url);
    await client.start();
    const closed = once(platform.end.events, 'close');
    await client.drain(1_000);
    expect(await closed).toEqual([1000]);
    expect(platform.end.received.at(-1)).toMatchObject({ code: CODE.UNBIND });
    expect(platform.end.bound.size).toBe(0);
  });

  it('reconnects with a spread delay after a clean close, and after the platform was unreachable', async () => {
    const platform = await startPlatform();
    const client = makeClient(platform.url, { reconnect: { baseMs: 20, capMs: 50 } });
    await client.start();
    const back = nextStatus(client, 'bound');
    platform.closeAll(1001);
    await back;
    const lost = nextStatus(client, 'lost');
    const { port } = platform;
    await platform.kill();
    expect(await lost).toMatchObject({ cause: expect.any(String) });
    const again = nextStatus(client, 'bound');
    const second = await startPlatform({ port });
    await again;
    expect(await echo(second, 'back')).toBe('back');
    expect(client.status.type).toBe('bound');
  });

  it('starts before the platform does, and stops waiting when its signal aborts', async () => {
    const platform = await startPlatform();
    const { port } = platform;
    await platform.kill();
    const client = makeClient(`ws://127.0.0.1:${port}`, { reconnect: { baseMs: 20, capMs: 50 } });
    const controller = new AbortController();
    const started = client.start(controller.signal);
    await nextStatus(client, 'lost');
    controller.abort();
    await started;
    expect(client.status.type).not.toBe('bound');
    const bound = nextStatus(client, 'bound');
    await startPlatform({ port });
    await bound;
  });

  it('detects a half-open connection within ping interval and pong timeout', async () => {
    const platform = await startPlatform();
    const link = await startSwallowingLink(platform.port);
    closers.push(() => link.close());
    const client = makeClient(`ws://127.0.0.1:${link.port}`, {
      pingIntervalMs: 300,
      pongTimeoutMs: 200,
      reconnect: { baseMs: 60_000, capMs: 60_000 },
    });
    await client.start();
    const swallowedAt = performance.now();
    link.swallow();
    expect(await nextStatus(client, 'lost')).toEqual({ type: 'lost', cause: 'no pong', kind: 'timeout' });
    expect(performance.now() - swallowedAt).toBeLessThan(300 + 200 + 250);
  });

  it('refuses ws:// unless it is allowed, with what to do', () => {
    expect(() => new EdgeClient({ url: 'ws://x', appKey: 'k' })).toThrow(
      expect.objectContaining({ code: 'ConfigurationInvalid', message: expect.stringContaining('allowInsecure') }),
    );
  });

  it('reports a certificate that cannot be parsed as a lost connection, and retries', async () => {
    const client = makeClient('wss://127.0.0.1:1', {
      ca: 'no certificate',
      clientCertificate: 'neither',
      clientKey: 'nor',
    });
    const lost = nextStatus(client, 'lost');
    void client.start();
    expect(await lost).toMatchObject({ cause: expect.stringMatching(/PEM|certificate/i) });
  });
});

describe('TLS', () => {
  let server: Certificates;
  let edge: Awaited<ReturnType<typeof makeClientCertificate>>;

  beforeAll(async () => {
    server = await ensureCertificates(undefined, []);
    edge = await makeClientCertificate();
  });

  it('trusts the configured CA, and presents its own certificate', async () => {
    const platform = await startPlatform({ tls: { cert: server.certPem, key: server.keyPem, clientCa: edge.certPem } });
    const url = `https://127.0.0.1:${platform.port}/Thingworx`;
    await makeClient(url, { ca: server.caPem, clientCertificate: edge.certPem, clientKey: edge.keyPem }).start();
    expect(await echo(platform, 'encrypted')).toBe('encrypted');
  });

  it('refuses a certificate that is not trusted', async () => {
    const platform = await startPlatform({ tls: { cert: server.certPem, key: server.keyPem } });
    const client = makeClient(`wss://127.0.0.1:${platform.port}`);
    const lost = nextStatus(client, 'lost');
    void client.start();
    expect(await lost).toMatchObject({ cause: expect.stringMatching(/certificate/) });
    expect(platform.ends).toHaveLength(0);
  });

  it('also tunnels TLS through a proxy', async () => {
    const platform = await startPlatform({ tls: { cert: server.certPem, key: server.keyPem } });
    const proxy = await startHttpProxy();
    closers.push(() => proxy.close());
    await makeClient(`wss://127.0.0.1:${platform.port}`, { ca: server.caPem, proxy: proxy.url }).start();
    expect(await echo(platform, 'both')).toBe('both');
    expect(proxy.targets).toHaveLength(1);
  });
});
