import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ConsoleServer } from '../../support/console/console-server.js';

const KEY = 'a-key-of-the-console';
const SESSION = '/api/v1/session';
const READ = '/api/v1/none';

let server: ConsoleServer;
afterEach(() => server.close());

const signIn = (key: string, headers: Record<string, string> = { origin: server.origin }) =>
  server.send(SESSION, { method: 'POST', headers, body: JSON.stringify({ key }) });

describe('signing in', () => {
  it('sets a cookie that no script can read, for twelve hours', async () => {
    server = await ConsoleServer.start({ key: KEY });
    expect((await server.send(SESSION)).json).toEqual({ signedIn: false, mayAct: false, keyConfigured: true });
    const { status, headers, json } = await signIn(KEY);
    expect({ status, json }).toEqual({ status: 200, json: { signedIn: true, mayAct: true, keyConfigured: true } });
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^twx-iothub-\d+=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/),
    ]);
    const [cookie = ''] = headers['set-cookie']?.[0]?.split(';') ?? [];
    const session = await server.send(SESSION, { headers: { cookie: `a=b; ${cookie}` } });
    expect(session.json).toEqual({ signedIn: true, mayAct: true, keyConfigured: true });
    expect(JSON.stringify([headers, session])).not.toContain(KEY);
  });

  it('sets a Secure cookie where browsers use https', async () => {
    server = await ConsoleServer.start({ key: KEY, publicUrl: 'https://fleet.example/' });
    const { headers } = await signIn(KEY, { origin: 'https://fleet.example', host: 'fleet.example' });
    expect(headers['set-cookie']?.[0]).toMatch(/; Secure$/);
  });

  it.each<[string, Record<string, string>]>([
    ['no Origin', {}],
    ['a foreign Origin', { origin: 'http://evil.example' }],
    ['the Origin of a sandboxed frame', { origin: 'null' }],
    ['the Origin of another port', { origin: 'http://127.0.0.1:1' }],
  ])('is 403 with %s', async (_what, headers) => {
    server = await ConsoleServer.start({ key: KEY });
    const answer = await signIn(KEY, headers);
    expect(answer).toMatchObject({ status: 403, json: { error: { code: 'Forbidden' } } });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('is 403 without a configured key', async () => {
    server = await ConsoleServer.start();
    expect(await signIn(KEY)).toMatchObject({ status: 403, json: { error: { code: 'Forbidden' } } });
    expect((await server.send(SESSION)).json).toEqual({ signedIn: false, mayAct: false, keyConfigured: false });
  });

  it('is 429 for a minute after five wrong keys from an address, for a right key too', async () => {
    server = await ConsoleServer.start({ key: KEY });
    const session = await server.signIn(KEY);
    for (let count = 0; count < 3; count += 1)
      expect(await signIn(`wrong-${count}`)).toMatchObject({ status: 401, json: { error: { code: 'Unauthorized' } } });
    for (let count = 0; count < 2; count += 1) {
      const headers = { authorization: `Bearer wrong-${count}` };
      expect((await server.send(SESSION, { method: 'DELETE', headers })).status).toBe(401);
    }
    const blocked = await signIn(KEY);
    expect(blocked).toMatchObject({ status: 429, json: { error: { code: 'TooManyRequests' } } });
    expect(blocked.headers['retry-after']).toBe('60');
    expect((await server.send(SESSION, { headers: session })).json.signedIn).toBe(true);
    server.clock.advance(59_000);
    expect((await signIn(KEY)).status).toBe(429);
    server.clock.advance(1_000);
    expect((await signIn(KEY)).status).toBe(200);
  });

  it('does not count wrong keys that came more than a minute apart', async () => {
    server = await ConsoleServer.start({ key: KEY });
    for (let count = 0; count < 12; count += 1) {
      expect((await signIn('wrong')).status).toBe(401);
      server.clock.advance(15_001);
    }
  });
});

describe('a session', () => {
  it('lasts twelve hours after its last use, and its cookie is renewed', async () => {
    server = await ConsoleServer.start({ key: KEY });
    const headers = await server.signIn(KEY);
    server.clock.advance(11.9 * 3_600_000);
    const renewed = await server.send(SESSION, { headers });
    expect(renewed.headers['set-cookie']?.[0]).toContain(`${headers['cookie']}; Path=/; Max-Age=43200`);
    expect((await server.send(SESSION, { headers })).headers['set-cookie']).toBeUndefined();
    server.clock.advance(11.9 * 3_600_000);
    expect((await server.send(SESSION, { headers })).json.signedIn).toBe(true);
    server.clock.advance(12 * 3_600_000);
    expect((await server.send(SESSION, { headers })).json.signedIn).toBe(false);
  });

  it('ends when its owner signs out, which needs cookie and Origin', async () => {
    server = await ConsoleServer.start({ key: KEY });
    const headers = await server.signIn(KEY);
    for (const { cookie = '', origin = '' } of [{ cookie: headers['cookie'] ?? '' }, { origin: server.origin }]) {
      const sent = { ...(cookie === '' ? {} : { cookie }), ...(origin === '' ? {} : { origin }) };
      expect((await server.send(SESSION, { method: 'DELETE', headers: sent })).status).toBe(403);
    }
    const { status, headers: answered } = await server.send(SESSION, { method: 'DELETE', headers });
    expect(status).toBe(200);
    expect(answered['set-cookie']?.[0]).toContain('=; Path=/; Max-Age=0;');
    expect((await server.send(SESSION, { headers })).json.signedIn).toBe(false);
  });

  it('is not known after a restart, and cannot be forged', async () => {
    server = await ConsoleServer.start({ key: KEY });
    const headers = await server.signIn(KEY);
    await server.close();
    server = await ConsoleServer.start({ key: KEY });
    const name = `twx-iothub-${new URL(server.origin).port}`;
    const token = headers['cookie']?.split('=')[1] ?? '';
    for (const value of [token, '', 'x'.repeat(43), '__proto__', `${token}; ${name}=`])
      expect((await server.send(SESSION, { headers: { cookie: `${name}=${value}` } })).json.signedIn).toBe(false);
  });

  it('is one of a thousand at most: the one that was used longest ago ends', async () => {
    server = await ConsoleServer.start({ key: KEY });
    const first = await server.signIn(KEY);
    const second = await server.signIn(KEY);
    await server.send(SESSION, { headers: first });
    for (let count = 0; count < 999; count += 1) await server.signIn(KEY);
    expect((await server.send(SESSION, { headers: first })).json.signedIn).toBe(true);
    expect((await server.send(SESSION, { headers: second })).json.signedIn).toBe(false);
  });
});

describe('the key as bearer', () => {
  it('does without cookie and Origin', async () => {
    server = await ConsoleServer.start({ key: KEY });
    const headers = { authorization: `Bearer ${KEY}` };
    expect((await server.send(SESSION, { headers })).json).toEqual({
      signedIn: true,
      mayAct: true,
      keyConfigured: true,
    });
    expect((await server.send(SESSION, { method: 'DELETE', headers })).status).toBe(200);
  });
});

describe('every response', () => {
  const CSP =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

  it.each(['/', '/nowhere', '/livez', '/metrics', READ, SESSION])('of %s has the security headers', async (path) => {
    server = await ConsoleServer.start({ key: KEY });
    const { headers } = await server.send(path);
    expect(headers).toMatchObject({
      'content-security-policy': CSP,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    if (path.startsWith('/api')) expect(headers['cache-control']).toBe('no-store');
  });

  it.each(['/', '/jobs', SESSION, READ])('of %s is 421 for a foreign Host', async (path) => {
    server = await ConsoleServer.start({ key: KEY });
    const { status, json } = await server.send(path, { headers: { host: 'evil.example' } });
    expect(status).toBe(421);
    if (path.startsWith('/api')) expect(json.error.code).toBe('Misdirected');
  });
});

describe('a key that is replaced while the agent runs', () => {
  it('ends the sessions of the old one, and lets people sign in with the new one', async () => {
    let key = KEY;
    server = await ConsoleServer.start({ key: () => key });
    const session = await server.signIn(KEY);
    const signedIn = async (headers: Record<string, string>): Promise<unknown> =>
      ((await server.send('/api/v1/session', { headers })).json as { signedIn: boolean }).signedIn;
    expect(await signedIn(session)).toBe(true);
    key = 'another-key-of-the-console';
    expect(await signedIn(session)).toBe(false);
    expect((await signIn(KEY)).status).toBe(401);
    expect(await signedIn(await server.signIn(key))).toBe(true);
  });
});

describe('an attack', () => {
  it('of 1,000 wrong keys tries five a minute, and does not end the session of somebody who is signed in', async () => {
    server = await ConsoleServer.start({ key: KEY });
    const session = await server.signIn(KEY);
    const statuses = new Map<number, number>();
    for (let count = 0; count < 1_000; count += 1) {
      const { status } = await signIn(`wrong-${count}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(statuses).toEqual(
      new Map([
        [401, 5],
        [429, 995],
      ]),
    );
    expect((await server.send(SESSION, { headers: session })).json.signedIn).toBe(true);
  });

  it.each([
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/assets/..%5c..%5cpackage.json',
    '//etc/passwd',
    '/assets/%00',
    '/api/v1/../../package.json',
  ])('by the path %s finds nothing', async (path) => {
    server = await ConsoleServer.start({ key: KEY, pageFolder: 'test/fixtures' });
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (data: string) => (text += data));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(text).not.toMatch(/"name"|root:/);
  });
});
