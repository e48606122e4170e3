import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { type AdminServer, startAdminServer } from '../../../../src/agent/ops/admin-server.js';
import { isMeantFor, isOwnOrigin } from '../../../../src/agent/ops/own-names.js';
import { Health } from '../../../../src/agent/ops/health.js';
import { createMetrics } from '../../../../src/agent/ops/prometheus.js';
import { ManualClock } from '../../../support/manual-clock.js';

const SECRET_NAME = 'Thing-of-the-plant';

let server: AdminServer | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close();
});

async function start(isReady = true): Promise<number> {
  const health = new Health(new ManualClock());
  health.set('platform', isReady ? 'ok' : 'failing', SECRET_NAME);
  server = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    health: () => health.report(),
    metrics: createMetrics({ withProcessMetrics: false }),
    status: () => ({ things: [SECRET_NAME] }),
  });
  return Number(new URL(server.url).port);
}

/** Opens a connection and sends `text`. */
async function open(port: number, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

/** The response to a request after which the server closes the connection. */
async function ask(port: number, path: string, headers: readonly string[], version = '1.1'): Promise<string> {
  const head = [`GET ${path} HTTP/${version}`, ...headers, 'Connection: close', '', ''].join('\r\n');
  const socket = await open(port, head);
  let text = '';
  socket.setEncoding('utf8').on('data', (data: string) => (text += data));
  await once(socket, 'close');
  return text;
}

const statusOf = (answer: string): number => Number(answer.split(' ', 2)[1]);

const MEANT = ['Host: 127.0.0.1', 'Host: 127.0.0.1:9009', 'Host: localhost', 'Host: LOCALHOST:9009'];

const NOT_MEANT: readonly (readonly string[])[] = [
  ['Host: evil.example'],
  ['Host: evil.example:9009'],
  ['Host: localhost.evil.example'],
  ['Host: 127.0.0.1.evil.example'],
  ['Host: 127.0.0.1@evil.example'],
  ['Host: evil.example@127.0.0.1'],
  ['Host: 10.42.0.7'],
  ['Host: [::1]:9009'],
  ['Host: 127.1'],
  ['Host: 2130706433'],
  ['Host: 0x7f.0.0.1'],
  ['Host: ::1'],
  ['Host: [::1'],
  ['Host: [127.0.0.1]'],
  ['Host: [evil.example]'],
  ['Host: 127.0.0.1:'],
  ['Host: 127.0.0.1:x'],
  ['Host: 127.0.0.1:9009:9009'],
  ['Host: http://127.0.0.1'],
  ['Host: 127.0.0.1, evil.example'],
  ['Host: 127.0.0.1/'],
  ['Host: '],
  [],
  ['Host: 127.0.0.1', 'Host: evil.example'],
  ['Host: evil.example', 'Host: 127.0.0.1'],
  ['Host: 127.0.0.1', 'Host: 127.0.0.1'],
  ['X-Forwarded-Host: 127.0.0.1', 'Host: evil.example'],
];

describe('the Host of a request to the admin server', () => {
  it.each(MEANT)('%s is served', async (host) => {
    const port = await start();
    expect(await ask(port, '/status', [host])).toContain(SECRET_NAME);
    expect(await ask(port, '/readyz?verbose', [host])).toContain(SECRET_NAME);
  });

  it.each(NOT_MEANT.map((headers) => [headers.join(' and ') || 'no Host', headers] as const))(
    '%s is 421 for what names Things, and does not matter to probes',
    async (_what, headers) => {
      const port = await start();
      for (const path of ['/status', '/readyz?verbose', '/readyz?verbose=1', '/readyz?x&verbose']) {
        const answer = await ask(port, path, headers);
        expect(statusOf(answer)).toBe(421);
        expect(answer).not.toContain(SECRET_NAME);
      }
      for (const path of ['/livez', '/healthz', '/readyz', '/metrics']) {
        const answer = await ask(port, path, headers);
        expect(statusOf(answer)).toBe(200);
        expect(answer).not.toContain(SECRET_NAME);
      }
    },
  );

  it('does not return the details of an agent that is not ready to a plain probe either', async () => {
    const port = await start(false);
    const answer = await ask(port, '/readyz', ['Host: evil.example']);
    expect(statusOf(answer)).toBe(503);
    expect(answer).not.toContain(SECRET_NAME);
    expect(await ask(port, '/readyz', ['Host: 127.0.0.1'])).toContain(SECRET_NAME);
  });

  it('is not needed by HTTP/1.0', async () => {
    const port = await start();
    expect(statusOf(await ask(port, '/livez', [], '1.0'))).toBe(200);
    expect(statusOf(await ask(port, '/status', [], '1.0'))).toBe(421);
  });

  it.each([
    ['the name in admin.host', 'Agent.plant.example', '10.1.2.3', 'agent.Plant.example:9009'],
    ['the address of that name', 'agent.plant.example', '10.1.2.3', '10.1.2.3:9009'],
    ['an address in another form', '::1', '::1', '[0:0:0:0:0:0:0:1]:9009'],
    ['the name of console.publicUrl', '127.0.0.1', '127.0.0.1', 'fleet.example'],
    ['any address of a wildcard', '0.0.0.0', '0.0.0.0', '10.42.0.7:9009'],
    ['any address of a wildcard of IPv6', '::', '::', '[fd00::12:3]:80'],
  ])('may be %s', (_what, listenHost, address, host) => {
    const names = { listenHost, address, publicUrl: 'https://fleet.example' };
    expect(isMeantFor(names, { rawHeaders: ['hOsT', host] })).toBe(true);
    expect(isMeantFor(names, { rawHeaders: ['Host', 'plant.example'] })).toBe(false);
  });

  it('is refused for every name that is not an address, localhost or admin.host', () => {
    const label = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.example`);
    const names = { listenHost: '0.0.0.0', address: '0.0.0.0' };
    fc.assert(
      fc.property(fc.oneof(name, fc.string()), (host) => {
        const isServed = isMeantFor(names, { rawHeaders: ['Host', host] });
        expect(isServed && !/^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])(?::\d+)?$/i.test(host)).toBe(false);
      }),
    );
  });
});

describe('the Origin of a request to the admin server', () => {
  const names = { listenHost: '127.0.0.1', address: '127.0.0.1', publicUrl: 'https://fleet.example/' };

  it.each<[string, string, boolean]>([
    ['http://127.0.0.1:9009', '127.0.0.1:9009', true],
    ['http://localhost', 'localhost:80', true],
    ['https://fleet.example', '127.0.0.1:9009', true],
    ['http://127.0.0.1:9010', '127.0.0.1:9009', false],
    ['https://127.0.0.1:9009', '127.0.0.1:9009', false],
    ['http://fleet.example', '127.0.0.1:9009', false],
    ['http://localhost:9009', '127.0.0.1:9009', false],
    ['null', '127.0.0.1:9009', false],
    ['', '127.0.0.1:9009', false],
  ])('%s is own or not for %s', (origin, host, isOwn) => {
    expect(isOwnOrigin(names, { rawHeaders: ['Host', host] }, origin)).toBe(isOwn);
  });
});

describe('a malformed request to the admin server', () => {
  const HOST = 'Host: 127.0.0.1';

  /** Everything that the server sends in response to these bytes. */
  async function send(port: number, bytes: string): Promise<string> {
    const socket = await open(port, bytes);
    let text = '';
    socket.setEncoding('utf8').on('data', (data: string) => (text += data));
    await once(socket, 'close');
    return text;
  }

  it.each<[string, string, number]>([
    ['an absolute target', 'GET http://evil.example/status HTTP/1.1', 404],
    ['a target without a slash', 'GET status HTTP/1.1', 400],
    ['two slashes', 'GET //status HTTP/1.1', 404],
    ['dots', 'GET /livez/../status HTTP/1.1', 404],
    ['encoded dots', 'GET /livez/%2e%2E/status HTTP/1.1', 404],
    ['backslashes', 'GET /livez/..\\status HTTP/1.1', 404],
    ['another case', 'GET /STATUS HTTP/1.1', 404],
    ['an asterisk', 'OPTIONS * HTTP/1.1', 404],
    ['TRACE', 'TRACE /status HTTP/1.1', 405],
    ['DELETE', 'DELETE /livez HTTP/1.1', 405],
    ['no HTTP', 'nonsense', 400],
    ['a target of 100 kB', `GET /${'x'.repeat(100_000)} HTTP/1.1`, 431],
    ['a target of 10 MB', `GET /${'x'.repeat(10_000_000)} HTTP/1.1`, 431],
  ])('with %s is refused', async (_what, line, status) => {
    const port = await start();
    const answer = await send(port, `${line}\r\n${HOST}\r\nConnection: close\r\n\r\n`);
    expect(statusOf(answer)).toBe(status);
    expect(answer).not.toContain(SECRET_NAME);
    expect(answer.toLowerCase()).not.toContain('access-control');
    // What Node.js cannot read as a request is answered without headers.
    if (status < 431 && status !== 400) expect(answer).toContain("content-security-policy: default-src 'none'; ");
  });

  it('is read for a second, then closed, if its sender does not end it', async () => {
    const port = await start();
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
    sockets.push(socket);
    socket.write('nonsense');
    const startMs = performance.now();
    await once(socket.resume(), 'end');
    // The socket closes when a write fails, which is when the other end is gone; `once` would reject with that error.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const writing = setInterval(() => socket.write('x'.repeat(1_000)), 50);
    await closed.finally(() => clearInterval(writing));
    expect(performance.now() - startMs).toBeGreaterThan(900);
  });

  it('with CONNECT is closed', async () => {
    const port = await start();
    expect(await send(port, `CONNECT evil.example:80 HTTP/1.1\r\n${HOST}\r\n\r\n`)).toBe('');
  });

  it.each([
    ['both lengths', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['a length that is no number', 'Content-Length: x'],
    ['a folded header', 'X: a\r\n b: c\r\n\u0000'],
  ])('with %s is answered with 400, and what follows it is not read as a request', async (_what, headers) => {
    const port = await start();
    const answer = await send(
      port,
      `POST /livez HTTP/1.1\r\n${HOST}\r\n${headers}\r\n\r\nGET /status HTTP/1.1\r\n${HOST}\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(400);
    expect(answer).not.toContain(SECRET_NAME);
  });

  it('for an unknown path is answered in order among 2,000 in one packet', async () => {
    const port = await start();
    const pieces = Array.from(
      { length: 2_000 },
      (_, index) => `GET /${index % 2 === 0 ? 'livez' : 'x'} HTTP/1.1\r\n${HOST}\r\n\r\n`,
    );
    const answer = await send(port, `${pieces.join('')}GET /livez HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`);
    const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
    expect(statuses).toEqual([...pieces.map((_, index) => (index % 2 === 0 ? 200 : 404)), 200]);
  });
});

describe('the connections of the admin server', () => {
  const probe = async (port: number): Promise<number> => statusOf(await ask(port, '/livez', ['Host: 127.0.0.1']));

  it.each([64, 255, 256, 257, 300, 600])('do not delay probes if %i of them are silent', async (count) => {
    const port = await start();
    for (let index = 0; index < count; index += 1) await open(port);
    const startMs = performance.now();
    for (let index = 0; index < 5; index += 1) expect(await probe(port)).toBe(200);
    expect(performance.now() - startMs).toBeLessThan(2_500);
  });

  it.each([
    ['send half a request', 'GET /livez HTTP/1.1\r\nHost: 1'],
    ['stay open after a request', 'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['announce a body that does not come', 'POST /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n'],
    ['send nonsense', '\u0016\u0003\u0001'],
    ['ask for much and read nothing', 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(100)],
  ])('do not delay probes if 300 of them %s', async (_what, text) => {
    const port = await start();
    for (let index = 0; index < 300; index += 1) (await open(port, text)).pause();
    for (let index = 0; index < 5; index += 1) expect(await probe(port)).toBe(200);
  });

  it('are replaced at the limit, beginning with the one that has been idle for the longest time', async () => {
    const port = await start();
    const used = await open(port);
    const idle = await open(port);
    for (let index = 0; index < 254; index += 1) await open(port);
    const answered = once(used, 'data');
    used.write('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await answered;
    const replaced = once(idle.resume(), 'close');
    await open(port);
    await replaced;
    const again = once(used, 'data');
    used.write('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    expect(String((await again)[0])).toContain('200 OK');
  });

  it('are closed after 5 s of silence, checked every second', async () => {
    const port = await start();
    const startMs = performance.now();
    const silent = await open(port);
    await once(silent.resume(), 'close');
    expect(performance.now() - startMs).toBeLessThan(7_500);
  });
});
