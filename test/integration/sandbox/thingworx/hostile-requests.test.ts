import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import { json, Router } from '../../../../src/sandbox/http/router.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { recordingLog } from '../../../support/recording-log.js';
import { EXTENSIONS, IMPORTER, scriptThing, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller } from '../../../support/thingworx-rest.js';

const PATHS = [
  ['GET', '/'],
  ['GET', '/Thingworx'],
  ['GET', '/Thingworx/Things'],
  ['GET', '/Thingworx/Things/Desk'],
  ['DELETE', '/Thingworx/Things/Desk'],
  ['GET', '/Thingworx/Things/Desk/Metadata'],
  ['GET', '/Thingworx/Things/Desk/Events'],
  ['GET', '/Thingworx/Things/Desk/PropertyPushes'],
  ['GET', '/Thingworx/Things/Desk/Properties'],
  ['PUT', '/Thingworx/Things/Desk/Properties/*'],
  ['GET', '/Thingworx/Things/Desk/ServiceDefinitions'],
  ['POST', '/Thingworx/Things/Desk/Services/Hi'],
  ['POST', '/Thingworx/Resources/EntityServices/Services/DeleteThing'],
  ['GET', '/Thingworx/DataShapes'],
  ['POST', '/Thingworx/DataShapes/D/Services/CreateValues'],
  ['POST', IMPORTER],
  ['POST', EXTENSIONS],
  ['GET', '/sandbox/own'],
  ['PUT', '/sandbox/own'],
  ['GET', '/elsewhere'],
  ['OPTIONS', '/Thingworx/Things'],
] as const;

const FLOOD = 'for (var i = 0; i < 100000; i++) { logger.info(new Array(10000).join("x")); } var result = "done";';
const entities = (xml: string): string => `<?xml version="1.0"?><Entities>${xml}</Entities>`;

describe('hostile requests to the local ThingWorx', () => {
  let platform: LocalThingWorx;
  let rest: RestCaller;
  const log = recordingLog();

  beforeAll(async () => {
    const mount = new Router();
    mount.add('GET', '/sandbox/own', () => json(200, {})).add('PUT', '/sandbox/own', () => json(200, {}));
    platform = await startLocalThingWorx({ port: 0, mount, log });
    rest = new RestCaller(platform.url, platform.appKey, 'Desk');
    const services = [
      { name: 'Hi', parameters: { a: 'JSON' }, code: 'var result = JSON.stringify(a) + typeof a.polluted;' },
      { name: 'Flood', code: FLOOD },
      { name: 'Huge', code: 'var result = new Array(9000000).join("x");' },
      { name: 'HugeError', code: 'throw new Error(new Array(9000000).join("x"));' },
      { name: 'HugeCall', code: 'me.Hi({ a: { text: new Array(9000000).join("x") } }); var result = "done";' },
    ];
    await upload(platform, IMPORTER, scriptThing('Desk', services));
  });

  afterAll(async () => {
    await platform.close();
  });

  it.each(PATHS)('answers %s %s without a key, or with a wrong one, with nothing but 401', async (method, path) => {
    for (const appKey of ['', 'wrong', 'x'.repeat(4000)]) {
      const answer = await rest.request(method, path, undefined, { appKey });
      expect(answer).toMatchObject({ status: 401, text: expect.stringMatching(/^Unauthorized : /) });
    }
    expect((await rest.request('GET', '/Thingworx/Things/Desk')).status).toBe(200);
  });

  it.each([
    '/Thingworx/Things/..%2F..%2Fetc%2Fpasswd',
    '/Thingworx/Things/%2e%2e/%2e%2e/etc/passwd',
    '/Thingworx/Things/Desk/../../../etc/passwd',
    '/Thingworx/Things/..%5C..%5Cwindows',
    '/Thingworx/Things/Desk%00.xml',
    '/Thingworx/Things/%FF%FE',
    '/Thingworx/Things/__proto__',
    '/Thingworx/DataShapes/constructor',
    '/Thingworx/Things/Desk/Properties/__proto__',
    '/Thingworx/Things/Desk/ServiceDefinitions/toString',
    '/Thingworx/file:%2F%2F%2Fetc%2Fpasswd',
  ])('finds nothing at GET %s', async (path) => {
    const socket = connect(platform.port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nappKey: ${platform.appKey}\r\nconnection: close\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(head.toString()).toMatch(/^HTTP\/1\.1 40[04]/);
    expect(head.toString()).not.toContain('root:');
  });

  it('keeps line breaks in the address and in names out of its headers', async () => {
    const answer = await rest.request('GET', '/Thingworx/Things/a%0D%0Ax-injected:%201');
    expect(answer.status).toBe(404);
    const refused = await upload(
      platform,
      IMPORTER,
      entities('<Things><Thing name="a&#13;&#10;x-injected: 1" thingTemplate="None"/></Things>'),
    );
    expect(refused.status).toBe(406);
    expect(refused.headers.get('x-injected')).toBeNull();
  });

  it('prevents inputs from reaching a prototype', async () => {
    const body =
      '{"a": {"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}, "__proto__": {"a": 1}}';
    expect((await rest.invoke('Hi', body)).status).toBe(200);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    await upload(
      platform,
      IMPORTER,
      entities('<DataShapes><DataShape name="__proto__" polluted="1"><FieldDefinitions/></DataShape></DataShapes>'),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['an external entity', '<!DOCTYPE Entities [<!ENTITY x SYSTEM "file:///etc/passwd">]><Entities>&x;</Entities>'],
    ['an external document type', '<!DOCTYPE Entities SYSTEM "http://127.0.0.1:1/x.dtd"><Entities/>'],
    ['entities that expand', `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(99)}">]><l>&b;</l>`],
  ])('refuses XML with %s', async (_what, xml) => {
    const answer = await upload(platform, IMPORTER, xml);
    expect(answer.headers.get('x-sandbox-reason')).toBe('a document type (DOCTYPE) is not accepted; remove it');
  });

  it.each([
    ['names that leave the archive', { '../../evil.xml': strToU8('<Entities/>') }],
    ['absolute names', { '/etc/evil.xml': strToU8('<Entities/>') }],
    ['names with a drive', { 'C:evil.xml': strToU8('<Entities/>') }],
    ['more than 5,000 entries', Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [`${i}.xml`, strToU8('')]))],
    ['zeros that unpack to 40 MB', { 'a.xml': new Uint8Array(40_000_000) }],
    ['a name that occurs twice', { 'a.xml': strToU8('<Entities/>'), 'A.xml': strToU8('<Entities/>') }],
  ])('refuses a zip with %s', async (_what, files) => {
    expect(await upload(platform, IMPORTER, zipSync(files))).toMatchObject({ status: 406, text: '' });
  });

  it('refuses a zip whose inner zips unpack to too much data', async () => {
    const inner = zipSync({ 'metadata.xml': new Uint8Array(30_000_000) });
    const outer = zipSync({ 'one.zip': inner, 'two.zip': zipSync({ 'metadata.xml': new Uint8Array(34_000_000) }) });
    expect(await upload(platform, EXTENSIONS, outer)).toMatchObject({ status: 406 });
  });

  it.each([
    ['too many values', `{"a": [${'1,'.repeat(300_000)}1]}`, 413],
    ['values that are nested too deeply', `{"a": ${'['.repeat(100_000)}`, 400],
    ['text that is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('latin1'), 400],
    ['more than 16 MiB', `{"a": "${'x'.repeat(17_000_000)}"}`, 413],
  ])('refuses a body with %s', async (what, body, status) => {
    const bytes = what.includes('UTF-8') ? Buffer.from(body, 'latin1') : Buffer.from(body);
    const response = await fetch(new URL('/Thingworx/Things/Desk/Services/Hi', platform.url), {
      method: 'POST',
      headers: { appKey: platform.appKey, 'content-type': 'application/json' },
      body: bytes,
    }).catch(() => undefined);
    // A client that is still sending may see the connection close before it reads the answer.
    expect([status, undefined]).toContain(response?.status);
    expect((await rest.request('GET', '/Thingworx/Things')).status).toBe(200);
  });

  it('bounds the bodies of the sandbox routes', async () => {
    const answer = await rest.request('PUT', '/sandbox/own', `{"a": "${'x'.repeat(70_000)}"}`);
    expect(answer.status).toBe(413);
  });

  it('accepts no more data from a script than it can parse without blocking other requests', async () => {
    const text = expect.stringContaining('a script may pass at most 8388608 characters of JSON');
    expect(await rest.invoke('Huge')).toMatchObject({ status: 500, text });
    expect(await rest.invoke('HugeCall')).toMatchObject({ status: 500, text });
    expect((await rest.invoke('Hi', { a: {} })).status).toBe(200);
  });

  it('bounds the message of an error that a script throws', async () => {
    const { status, text } = await rest.invoke('HugeError');
    expect(status).toBe(500);
    expect(text.length).toBeLessThan(5000);
  });

  it('bounds the lines that a script logs, in number and length', async () => {
    const before = log.lines.length;
    expect(await rest.result('Flood')).toBe('done');
    const lines = log.lines.slice(before);
    expect(lines.length).toBeLessThanOrEqual(1000);
    expect(Math.max(...lines.map(({ message }) => message.length))).toBeLessThanOrEqual(4000);
  });
});
