import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '../../../src/core/error-codes.js';
import { httpStatusOf } from '../../../src/console/errors.js';
import { ConsoleServer } from '../../support/console/console-server.js';

const KEY = 'a-key-of-the-console';
const SESSION = '/api/v1/session';

let server: ConsoleServer | undefined;
afterEach(() => server?.close());

async function post(body: string, headers: Record<string, string> = {}) {
  server = await ConsoleServer.start({ key: KEY });
  return server.send(SESSION, { method: 'POST', headers: { origin: server.origin, ...headers }, body });
}

const refusal = (message: RegExp) => ({
  status: 400,
  json: { error: { code: 'InvalidArgument', message: expect.stringMatching(message), remedy: expect.any(String) } },
});

describe('a path that the API does not have', () => {
  it.each(['/api', '/api/', '/api/v1', '/api/v2/status', '/api/v1/session/', '/api/v1/none?x=1'])(
    '%s is 404 as JSON',
    async (path) => {
      server = await ConsoleServer.start();
      expect(await server.send(path)).toMatchObject({
        status: 404,
        json: { error: { code: 'UnknownPath', message: expect.any(String), remedy: expect.any(String) } },
      });
    },
  );

  it('is also one with another method', async () => {
    server = await ConsoleServer.start();
    for (const method of ['PUT', 'PATCH', 'TRACE', 'OPTIONS']) {
      const { status, headers } = await server.send(SESSION, { method });
      expect({ status, cors: headers['access-control-allow-origin'] }).toEqual({ status: 404, cors: undefined });
    }
  });
});

describe('the body of a request', () => {
  it.each<[string, string, RegExp]>([
    ['no JSON', '{"key"', /^The body is not JSON: .*line 1/],
    ['no object', '[]', /^The body must be a map of keys, but is a list\.$/],
    ['nothing', '', /^key in the body is required/],
    ['another type', '{"key": 5}', /^key in the body must be text/],
    ['an unknown field', '{"key": "x", "kye": "y", "z": 1}', /^The body has an unknown field: kye, z\.$/],
    ['a prototype', '{"key": "x", "__proto__": {}}', /^The body has an unknown field: __proto__\.$/],
    ['65 levels', `{"key": ${'['.repeat(64)}${']'.repeat(64)}}`, /nested more than 64 levels deep/],
  ])('with %s is refused', async (_what, body, message) => {
    expect(await post(body)).toMatchObject(refusal(message));
  });

  it('may be 64 levels deep, brackets in texts not counted', async () => {
    const deepest = `{"key": ${'['.repeat(63)}"[[\\"[["${']'.repeat(63)}}`;
    expect(await post(deepest)).toMatchObject(refusal(/must be text/));
  });

  it('that is not UTF-8 is refused', async () => {
    server = await ConsoleServer.start({ key: KEY });
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
    const head = `POST ${SESSION} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), Buffer.from([0xc3, 0x28])]));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toContain('The body is not UTF-8.');
    socket.destroy();
  });

  it.each([
    ['announced', { 'content-length': String(1024 ** 3) }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('of more than 1 MiB, %s, is 413, and the connection ends', async (_what, header) => {
    server = await ConsoleServer.start({ key: KEY });
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1').on('error', () => undefined);
    const lines = Object.entries({ Host: '127.0.0.1', ...header }).map(([name, value]) => `${name}: ${value}`);
    socket.write(`POST ${SESSION} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    let text = '';
    // `once` would reject with the error of a write that comes after the end.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.setEncoding('utf8').on('data', (data: string) => (text += data));
    const piece = 'x'.repeat(65_536);
    const sending = setInterval(() => {
      for (let count = 0; count < 4 && !socket.destroyed; count += 1) socket.write(`10000\r\n${piece}\r\n`);
    }, 5);
    await closed.finally(() => clearInterval(sending));
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain('"code":"BodyTooLarge"');
  });
});

describe('the query of a request', () => {
  it.each([
    ['?x=1', /^The query has an unknown field: x\.$/],
    ['?x=1&x=2', /^The query has x more than once\.$/],
  ])('%s is refused by name', async (query, message) => {
    server = await ConsoleServer.start();
    expect(await server.send(`${SESSION}${query}`)).toMatchObject(refusal(message));
  });
});

describe('the description of the API', () => {
  it('is served, and describes each path', async () => {
    server = await ConsoleServer.start({ key: KEY });
    const { status, json } = await server.send('/api/v1/openapi.json');
    expect(status).toBe(200);
    expect(json).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' }, servers: [{ url: '/api/v1' }] });
    expect(Object.keys(json.paths['/session'])).toEqual(['get', 'post', 'delete']);
  });
});

describe('the HTTP status', () => {
  it('is known for each code that a service or the console answers with', () => {
    const codes = Object.entries(ERROR_CODES).filter(([, { area }]) => area === 'service' || area === 'console');
    expect(codes.filter(([code]) => httpStatusOf(code) === 500).map(([code]) => code)).toEqual(['Internal']);
  });

  it.each<[number, string[]]>([
    [400, ['InvalidArgument', 'QueryInvalid']],
    [401, ['Unauthorized']],
    [403, ['Forbidden', 'StateRequired']],
    [404, ['JobNotFound', 'RolloutNotFound', 'UnknownService', 'UnknownThing', 'DeviceNotFound']],
    [409, ['JobAlreadyExists', 'RolloutAlreadyExists', 'JobNotCancellable', 'RolloutStateConflict', 'TwinConflict']],
    [413, ['ResultTooLarge']],
    [421, ['Misdirected']],
    [429, ['TooManyRequests']],
    [500, ['Internal']],
    [502, ['HubUnavailable', 'HubUnauthorized', 'HubRejected', 'BadDeviceResponse']],
    [503, ['HubThrottled', 'HubJobQuotaExceeded', 'ServiceUnavailable', 'StoreUnavailable', 'LeaseLost']],
    [503, ['RolloutLimitReached', 'JobQueueFull', 'DeviceOffline']],
    [504, ['HubTimeout', 'ServiceTimeout', 'DeviceTimeout']],
  ])('%i is that of %j', (status, codes) => {
    expect(codes.map(httpStatusOf)).toEqual(codes.map(() => status));
  });
});
