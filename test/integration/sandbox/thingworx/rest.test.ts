import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureCertificates } from '../../../../src/sandbox/certificates.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { auth, RawEdge } from '../../../support/local-thingworx/raw-edge.js';
import { RestCaller } from '../../../support/thingworx-rest.js';

const ENTITY_SERVICES = '/Thingworx/Resources/EntityServices/Services';

describe('REST of the local ThingWorx', () => {
  let platform: LocalThingWorx;
  let rest: RestCaller;

  beforeAll(async () => {
    platform = await startLocalThingWorx({ port: 0, things: [{ name: 'Remote' }] });
    rest = new RestCaller(platform.url, platform.appKey, 'Remote');
  });

  afterAll(async () => {
    await platform.close();
  });

  it.each([
    ['no key', '/Thingworx/Things', { appKey: '' }],
    ['a wrong key', '/Thingworx/Things', { appKey: 'wrong' }],
  ])('requires an application key: %s', async (_what, path, headers) => {
    expect(await rest.request('GET', path, undefined, headers)).toMatchObject({ status: 401 });
  });

  it('refuses a key in the URL, even a valid one', async () => {
    const answer = await rest.request('GET', `/Thingworx/Things?AppKey=${platform.appKey}`);
    expect(answer).toMatchObject({
      status: 401,
      text: expect.stringContaining('ApplicationKey Is Not Allowed As A URL Parameter'),
    });
    expect(answer.text).not.toContain(platform.appKey);
  });

  it.each([
    ['text/plain', 403],
    ['application/x-www-form-urlencoded', 403],
    ['multipart/form-data; boundary=x', 403],
    ['application/json; charset=utf-8', 503],
  ])('accepts POST bodies of safe types only: %s', async (type, status) => {
    const path = '/Thingworx/Things/Remote/Services/Any';
    expect((await rest.request('POST', path, '{}', { 'content-type': type })).status).toBe(status);
  });

  it.each([
    ['GET', '/Thingworx/Things/Nobody', 404, 'Entity Not Found : [Thing] [Nobody]'],
    ['GET', '/elsewhere', 404, 'Entity Not Found'],
    ['GET', '/Thingworx/Things/Remote/Services/Any', 405, 'Method Not Allowed'],
    ['GET', '/Thingworx/Things/Remote/Properties/none', 404, 'none'],
    ['GET', '/Thingworx/Things/Remote/ServiceDefinitions/none', 404, 'none'],
    ['GET', '/Thingworx/DataShapes/none', 404, 'Entity Not Found : [DataShape] [none]'],
    [
      'POST',
      '/Thingworx/Things/Remote/Services/Any',
      503,
      'Unable to Invoke Service Any on Remote : Thing [Remote] is not connected',
    ],
    ['POST', `${ENTITY_SERVICES}/Nothing`, 404, 'Nothing'],
    ['POST', `${ENTITY_SERVICES}/DeleteThing`, 400, 'name'],
  ])('answers %s %s with %i', async (method, path, status, text) => {
    const answer = await rest.request(method, path, method === 'POST' ? {} : undefined);
    expect(answer).toMatchObject({ status, text: expect.stringContaining(text) });
  });

  it.each(['{', '[1]', '"text"', 'null'])('refuses the body %s with 400', async (body) => {
    expect((await rest.invoke('Any', body)).status).toBe(400);
  });

  it('rejects targets that are not paths', async () => {
    for (const target of ['//', '//%', '*', 'http://other/']) {
      const socket = connect(platform.port, '127.0.0.1');
      socket.write(`GET ${target} HTTP/1.1\r\nhost: x\r\nappKey: ${platform.appKey}\r\nconnection: close\r\n\r\n`);
      const [head] = (await once(socket, 'data')) as [Buffer];
      expect(head.toString()).toMatch(/^HTTP\/1\.1 40\d/);
      socket.destroy();
    }
    expect((await rest.request('GET', '/Thingworx/Things')).status).toBe(200);
  });

  it('returns results in the form that the client accepts', async () => {
    const get = (accept: string): ReturnType<RestCaller['request']> =>
      rest.request('GET', '/Thingworx/Things', undefined, { accept });
    expect((await get('text/csv')).text).toMatch(/^name,description,thingTemplate,isConnected\r\nRemote,/);
    expect((await get('text/html')).text).toContain('<td>Remote</td>');
    expect((await get('image/png')).status).toBe(406);
  });

  it('creates, disables and deletes Things', async () => {
    const create = (body: object): ReturnType<RestCaller['request']> =>
      rest.request('POST', `${ENTITY_SERVICES}/CreateThing`, body);
    expect((await create({ name: 'New', thingTemplateName: 'RemoteThing' })).status).toBe(200);
    expect((await create({ name: 'new', thingTemplateName: 'RemoteThing' })).status).toBe(409);
    expect((await create({ name: 'a/b' })).status).toBe(400);
    expect((await create({ name: 'Other', thingTemplateName: 'Nowhere' })).status).toBe(404);
    const { json } = await rest.request('GET', '/Thingworx/Things/New/Properties');
    expect(json).toMatchObject({ rows: [{ isConnected: false, lastConnection: null }] });
    expect((await rest.request('POST', `${ENTITY_SERVICES}/DeleteThing`, { name: 'New' })).status).toBe(200);
    expect((await rest.request('GET', '/Thingworx/Things/New')).status).toBe(404);
  });

  it('serves HTTPS and wss', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'local-thingworx-'));
    const certificates = await ensureCertificates(directory, ['localhost', '127.0.0.1']);
    const secure = await startLocalThingWorx({ port: 0, tls: certificates });
    expect(secure.url).toMatch(/^https:/);
    const edge = await RawEdge.connect(secure.wsUrl, { ca: certificates.caPem });
    edge.send(auth(secure.appKey));
    expect((await edge.next()).code).toBe(0x40);
    await edge.close();
    await secure.close();
    await rm(directory, { recursive: true });
  });
});
