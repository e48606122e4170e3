import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type LocalThingWorx,
  type LocalThingWorxOptions,
  startLocalThingWorx,
} from '../../../../src/sandbox/thingworx/local-thingworx.js';
import * as b from '../../../support/codec/byte-builder.js';
import { bytesOf, frameVectors } from '../../../support/codec/vectors.js';
import { auth, RawEdge, type RawFrame, reasonOf, serviceOf } from '../../../support/local-thingworx/raw-edge.js';
import { scriptThing, upload, IMPORTER } from '../../../support/local-thingworx/upload.js';
import { RestCaller, type RestAnswer } from '../../../support/thingworx-rest.js';

const [BIND, UNBIND, AUTH, POST, OK] = [0x0a, 0x0b, 0x14, 0x03, 0x40];
const STRING = 0;

/** A Thing with the remote service Echo(text), defined by an import because a C SDK edge does not report it. */
const REMOTE = `<?xml version="1.0"?><Entities><Things><Thing name="Thing1" thingTemplate="RemoteThing">
  <RemoteServiceBindings><RemoteServiceBinding name="Echo" sourceName="Echo" timeout="0"/></RemoteServiceBindings>
  <RemotePropertyBindings><RemotePropertyBinding name="Temp" sourceName="Temp" pushType="VALUE"/></RemotePropertyBindings>
  <ThingShape><ServiceDefinitions><ServiceDefinition name="Echo"><ResultType name="result" baseType="STRING"/>
  <ParameterDefinitions><FieldDefinition name="text" baseType="STRING"/><FieldDefinition name="big" baseType="LONG"/></ParameterDefinitions></ServiceDefinition></ServiceDefinitions>
  <PropertyDefinitions><PropertyDefinition name="Temp" baseType="NUMBER"/></PropertyDefinitions>
  <EventDefinitions><EventDefinition name="Alarm" dataShape=""/></EventDefinitions></ThingShape></Thing></Things></Entities>`;

const stringResult = (text: string): b.Bytes => [
  0,
  5,
  ...b.table([b.field('result', STRING)], [b.row(b.cell.text(STRING, text))]),
];

describe('the AlwaysOn server of the local ThingWorx', () => {
  let platform: LocalThingWorx;
  let rest: RestCaller;

  const start = async (options: Partial<LocalThingWorxOptions> = {}): Promise<void> => {
    platform = await startLocalThingWorx({ port: 0, ...options });
    rest = new RestCaller(platform.url, platform.appKey, 'Thing1');
    await upload(platform, IMPORTER, REMOTE);
  };

  /** Invokes Echo; returns the frame that the edge receives and the pending response. */
  const echo = async (
    edge: RawEdge,
    inputs: object = {},
  ): Promise<{ frame: RawFrame; answer: Promise<RestAnswer> }> => {
    const answer = rest.invoke('Echo', inputs);
    return { frame: await edge.next(), answer };
  };

  const edgeOf = (): Promise<RawEdge> => RawEdge.connect(platform.wsUrl);

  /** Thing1 has definitions, so the edge is not asked for its metadata and receives two requests after each bind. */
  const bound = async (options: Parameters<typeof RawEdge.connect>[1] = {}): Promise<RawEdge> => {
    const edge = await RawEdge.connect(platform.wsUrl, options);
    edge.send(auth(platform.appKey));
    await edge.next();
    edge.send(b.bind(BIND, ['Thing1']));
    await edge.next();
    edge.refuse(await edge.next());
    edge.refuse(await edge.next());
    return edge;
  };

  afterEach(async () => {
    await platform.close();
  });

  describe('upgrade [AO 1.1, 10.1]', () => {
    it('responds exactly as a C SDK edge accepts it, declines compression, and does not send first', async () => {
      await start();
      const socket = connect(platform.port, '127.0.0.1');
      socket.write(
        'GET /Thingworx/WS HTTP/1.1\r\nUser-Agent: ThingWorx C SDK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Host: localhost\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n' +
          'Sec-WebSocket-Extensions: permessage-deflate\r\nMax-Frame-Size: 8192\r\nappKey: k\r\n\r\n',
      );
      const [head] = (await once(socket, 'data')) as [Buffer];
      const text = head.toString('latin1');
      expect(text).toMatch(/^HTTP\/1\.1 101 /);
      expect(text).toMatch(/\r\nUpgrade: websocket\r\n/i);
      expect(text).toMatch(/\r\nConnection: Upgrade\r\n/i);
      expect(text).not.toMatch(/sec-websocket-extensions/i);
      expect(text.endsWith('\r\n\r\n')).toBe(true);
      socket.destroy();
    });

    it.each(['/elsewhere', '//', '/Thingworx/WS/'])('refuses an upgrade of %s', async (path) => {
      await start();
      const request = get({
        port: platform.port,
        path,
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-key': 'MTIz',
          'sec-websocket-version': '13',
        },
      });
      const [response] = (await once(request, 'response')) as [{ statusCode: number }];
      expect(response.statusCode).toBe(404);
      request.destroy();
    });
  });

  describe('AUTH [AO 5.1, 10.2, 10.3]', () => {
    it('returns a session id in the header, for a claim in any letter case, also on a repeated AUTH', async () => {
      await start();
      const edge = await edgeOf();
      edge.send(auth(platform.appKey, 'APPKEY'));
      const first = await edge.next();
      expect(first).toMatchObject({ code: OK, requestId: 1 });
      expect(first.sessionId).not.toBe(0);
      expect(first.body.toString('hex')).toBe('00ff');
      edge.send(auth(platform.appKey, 'appKey', 2));
      expect(await edge.next()).toMatchObject({ code: OK, requestId: 2, sessionId: first.sessionId });
      await edge.close();
    });

    it('refuses a wrong key with 0x81 and closes', async () => {
      await start();
      const edge = await edgeOf();
      edge.send(auth('wrong'));
      expect((await edge.next()).code).toBe(0x81);
      expect((await edge.closed).code).toBe(1008);
    });

    it('closes a connection without AUTH', async () => {
      await start({ authTimeoutMs: 30 });
      const edge = await edgeOf();
      expect(await edge.closed).toMatchObject({ code: 1001 });
    });

    it('closes a connection that binds first', async () => {
      await start();
      const edge = await edgeOf();
      edge.send(b.bind(BIND, ['Thing1']));
      expect((await edge.closed).code).toBe(1008);
    });

    it('closes a connection that is idle for too long, and not before [AO 1.4, 10.9]', async () => {
      await start({ idleTimeoutMs: 60 });
      const edge = await bound();
      edge.socket.ping('12:00:00');
      expect(await edge.closed).toMatchObject({ code: 1001 });
      expect((await rest.invoke('Echo')).status).toBe(503);
    });
  });

  describe('BIND [AO 5.2, 10.4]', () => {
    it('accepts names, identifiers and a gateway, and sends one response', async () => {
      await start({ things: [{ name: 'Other', identifier: 'SN-1' }] });
      const edge = await edgeOf();
      edge.send(auth(platform.appKey));
      await edge.next();
      edge.send(b.bind(BIND, ['*SN-1'], ['MyGateway', 'EMSGateway']));
      expect((await edge.next()).body.toString('hex')).toBe('00ff');
      const question = await edge.next();
      expect(serviceOf(question)).toBe('GetMetadata');
      expect(question.body.subarray(0, 7).toString()).toBe('\n\u0005*SN-1');
      await edge.close();
    });

    it('joins a BIND that arrives in chunks [AO 5.2]', async () => {
      await start();
      const edge = await edgeOf();
      edge.send(auth(platform.appKey));
      await edge.next();
      const body = b.bind(BIND, ['Thing1', 'Unknown']).slice(15);
      edge.send(b.chunk(BIND, { requestId: 9, chunkId: 2, chunkCount: 2, chunkSize: 40, data: body.slice(8) }));
      edge.send(b.chunk(BIND, { requestId: 9, chunkId: 1, chunkCount: 2, chunkSize: 40, data: body.slice(0, 8) }));
      expect(await edge.next()).toMatchObject({ code: OK, requestId: 9 });
      expect(serviceOf(await edge.next())).toBe('SynchronizeModelState');
      await edge.close();
    });

    it('keeps the first connection until it closes under the policy first-in-wins', async () => {
      await start();
      const first = await bound();
      const second = await edgeOf();
      second.send(auth(platform.appKey));
      await second.next();
      second.send(b.bind(BIND, ['Thing1']));
      const refused = await second.next();
      expect(refused.code).toBe(0x83);
      expect(reasonOf(refused)).toContain('Thing1');
      first.send(b.bind(UNBIND, ['Thing1']));
      expect((await first.next()).code).toBe(OK);
      second.send(b.bind(BIND, ['Thing1']));
      expect((await second.next()).code).toBe(OK);
      await Promise.all([first.close(), second.close()]);
    });

    it('keeps the last connection under the policy last-in-wins', async () => {
      await start({ bindPolicy: 'last-in-wins' });
      const first = await bound();
      const second = await bound();
      const { frame, answer } = await echo(second);
      second.answer(frame, OK, stringResult('second'));
      expect((await answer).text).toContain('second');
      await Promise.all([first.close(), second.close()]);
    });

    it('binds a Thing that is created later to the edge that waits for it', async () => {
      await start();
      const edge = await edgeOf();
      edge.send(auth(platform.appKey));
      await edge.next();
      edge.send(b.bind(BIND, ['Later']));
      await edge.next();
      const body = { name: 'Later', thingTemplateName: 'RemoteThing' };
      await rest.request('POST', '/Thingworx/Resources/EntityServices/Services/CreateThing', body);
      expect(serviceOf(await edge.next())).toBe('GetMetadata');
      await edge.close();
    });
  });

  describe('requests to an edge [AO 10.5, 10.6]', () => {
    it('sends a request in the bytes that a C SDK edge accepted [AO 13.7]', async () => {
      await start();
      const edge = await bound();
      const { frame, answer } = await echo(edge, { text: 'hello' });
      const vector = frameVectors().find(({ name }) => name === 'post_service_string');
      expect(frame.body.toString('hex')).toBe(vector?.hex.slice(30));
      edge.answer(frame, OK, stringResult('hello'));
      expect(await answer).toMatchObject({ status: 200, json: { rows: [{ result: 'hello' }] } });
      await edge.close();
    });

    it('splits by the smaller frame size, never into a single chunk', async () => {
      await start();
      const edge = await bound({ headers: { 'Max-Frame-Size': '1024' } });
      const { frame, answer } = await echo(edge, { text: 'x'.repeat(2000) });
      const frames = [frame];
      const count = frame.bytes.readUInt16BE(17);
      while (frames.length < count) frames.push(await edge.next());
      expect(count).toBeGreaterThan(1);
      expect(frames.every(({ bytes, multipart }) => bytes.length <= 1024 && multipart === 1)).toBe(true);
      edge.answer(frame, OK, [0, 0xff]);
      expect((await answer).status).toBe(200);
      await edge.close();
    });

    it('sends nothing above one MiB [AO 10.5]', async () => {
      await start();
      const edge = await bound();
      const answer = await rest.invoke('Echo', { text: 'x'.repeat(1_100_000) });
      expect(answer).toMatchObject({ status: 500, text: expect.stringContaining('Unable to Invoke Service Echo') });
      const next = await echo(edge, { text: 'y' });
      expect(next.frame.body.length).toBeLessThan(200);
      edge.answer(next.frame, OK, [0, 0xff]);
      await next.answer;
      await edge.close();
    });

    it('never sends LONG [AO 10.10]', async () => {
      await start();
      const edge = await bound();
      const small = await echo(edge, { big: 7 });
      expect(small.frame.body.includes(Buffer.from([3, ...Buffer.from('big'), 0, 1]))).toBe(true);
      edge.answer(small.frame, OK, [0, 0xff]);
      await small.answer;
      const large = await echo(edge, { big: '9007199254740993' });
      expect(large.frame.body.includes(Buffer.from([STRING, 16, ...Buffer.from('9007199254740993')]))).toBe(true);
      edge.answer(large.frame, OK, [0, 0xff]);
      await large.answer;
      await edge.close();
    });

    it('joins a large response from chunks in any order, even with an empty last one [AO 4.2]', async () => {
      await start();
      const edge = await bound();
      const { frame, answer } = await echo(edge);
      const body = stringResult('z'.repeat(300));
      const parts = [body.slice(0, 200), body.slice(200), []];
      for (const id of [2, 3, 1])
        edge.send(
          b.chunk(OK, {
            requestId: frame.requestId,
            chunkId: id,
            chunkCount: 3,
            chunkSize: 221,
            data: parts[id - 1] ?? [],
          }),
        );
      expect((await answer).text).toContain('z'.repeat(300));
      await edge.close();
    });

    it('times out with 504 and ignores the late response [AO 7.3]', async () => {
      await start({ requestTimeoutMs: 40 });
      const edge = await bound();
      const { frame, answer } = await echo(edge);
      expect(await answer).toMatchObject({
        status: 504,
        text: 'Unable to Invoke Service Echo on Thing1 : no response within 0.04 s',
      });
      edge.answer(frame, OK, stringResult('late'));
      edge.send(b.response(OK));
      edge.send(b.request({ name: 'Unknown' }));
      expect((await edge.next()).code).toBe(0x84);
      await edge.close();
    });

    it('fails requests in flight when the connection is lost', async () => {
      await start();
      const edge = await bound();
      const { answer } = await echo(edge);
      edge.socket.terminate();
      expect(await answer).toMatchObject({
        status: 503,
        text: expect.stringContaining('Thing [Thing1] is not connected'),
      });
    });
  });

  describe('errors of C SDK edges [AO 7.2, 9.1, 10.7]', () => {
    it.each([
      ['in the right place', [1, ...b.text('Something broke'), 0xff], 'Something broke'],
      ['missing, with trailing bytes', [0, 0xff, ...Array.from({ length: 16 }, () => 0)], 'INTERNAL_SERVER_ERROR'],
      [
        'missing, with a column that is not JSON',
        [0, 5, ...b.table([b.field('result', 8)], [b.row(b.cell.text(8, '{'))])],
        '{',
      ],
      [
        'in a column',
        [
          0,
          5,
          ...b.table([b.field('reason', STRING)], [b.row(b.cell.text(STRING, 'Boom'))]),
          ...Array.from({ length: 23 }, () => 0),
        ],
        'Boom',
      ],
    ])('finds the reason %s', async (_where, body, reason) => {
      await start();
      const edge = await bound();
      const { frame, answer } = await echo(edge);
      edge.answer(frame, 0xa0, body);
      expect(await answer).toMatchObject({ status: 500, text: `Unable to Invoke Service Echo on Thing1 : ${reason}` });
      await edge.close();
    });

    it('accepts the captured responses of an SDK, including their trailing bytes', async () => {
      await start();
      const edge = await bound();
      const frames = frameVectors().map(bytesOf);
      // Its AUTH has another key, its BIND other Things.
      for (const frame of frames.filter((bytes) => ![BIND, UNBIND, AUTH].includes(bytes.readUInt8(1))))
        edge.send(frame.fill(0xee, 2, 6));
      const answer = rest.invoke('Echo');
      // Some of the recorded requests call Echo, so the edge is sent their calls too.
      for (;;) {
        const frame = await Promise.race([edge.next(), answer.then(() => undefined)]);
        if (!frame) break;
        if (frame.code < OK) edge.answer(frame, OK, [...stringResult('fine'), 0, 0, 0]);
      }
      expect((await answer).text).toContain('fine');
      await edge.close();
    });
  });

  describe('unusual frames [AO 4.4, 7.3]', () => {
    it('answers an unreadable request with 0x80, ignores text and KEEP_ALIVE, and stays open', async () => {
      await start();
      const edge = await bound();
      edge.socket.send('text');
      edge.send(b.header(0x1f));
      edge.send([1, 2, 3]);
      edge.send([...b.header(0x05), 1, 2]);
      edge.send([...b.request().slice(0, 20), 0xff]);
      const refused = await edge.next();
      expect(refused).toMatchObject({ code: 0x80, requestId: 7 });
      expect(reasonOf(refused)).toMatch(/^Frame/);
      edge.send(b.request({ name: 'Unknown' }));
      expect((await edge.next()).code).toBe(0x84);
      await edge.close();
    });

    it('keeps running after names as long as messages', async () => {
      await start();
      const edge = await bound();
      edge.send(b.request({ name: 'n'.repeat(1_048_500) }));
      const refused = await edge.next();
      expect(refused.code).toBe(0x84);
      expect(refused.bytes.length).toBeLessThan(4000);
      await edge.close();
    });

    it('joins a request that was split in two without a marker', async () => {
      await start();
      const edge = await bound({ headers: { 'Max-Frame-Size': '512' } });
      const event = (length: number): b.Bytes => [
        ...b.header(POST, { requestId: 77 }),
        0x0a,
        ...b.text('Thing1'),
        3,
        ...b.text('Alarm'),
        0,
        5,
        ...b.table([b.field('message', STRING)], [b.row(b.cell.text(STRING, 'm'.repeat(length)))]),
      ];
      const whole = event(512 - event(200).length + 200 + 4);
      edge.send(whole.slice(0, 508));
      edge.send([...b.header(POST, { requestId: 77 }), ...whole.slice(508)]);
      expect(await edge.next()).toMatchObject({ code: OK, requestId: 77 });
      const { json } = await rest.request('GET', '/Thingworx/Things/Thing1/Events');
      expect(json).toMatchObject({ rows: [{ event: 'Alarm', data: { message: expect.stringMatching(/^m+$/) } }] });
      await edge.close();
    });

    it('stops waiting for the other half if it does not arrive', async () => {
      await start();
      const edge = await bound({ headers: { 'Max-Frame-Size': '512' } });
      const whole = b.request({
        params: [5, ...b.table([b.field('text', STRING)], [b.row(b.cell.text(STRING, 'm'.repeat(600)))])],
      });
      edge.send(whole.slice(0, 508));
      expect(await edge.next()).toMatchObject({ code: 0x80, requestId: 7 });
      await edge.close();
    });
  });

  describe('requests of an edge [AO 8.3, 10.8]', () => {
    it('returns subscriptions, accepts pushes and events, and refuses other requests with a reason', async () => {
      await start();
      const edge = await bound();
      edge.send(b.request({ name: 'GetPropertySubscriptions' }));
      const subscriptions = await edge.next();
      expect(subscriptions.code).toBe(OK);
      expect(subscriptions.body.includes('edgeName')).toBe(true);
      expect(subscriptions.body.includes('Temp')).toBe(true);
      const push = frameVectors().find(({ name }) => name === 'post_update_subscribed_property_values');
      edge.send(Buffer.from(push?.hex ?? '', 'hex'));
      expect((await edge.next()).code).toBe(OK);
      const temperature = await rest.request('GET', '/Thingworx/Things/Thing1/Properties/Temp');
      expect(temperature.json).toMatchObject({ rows: [{ Temp: 72.25 }] });
      const pushes = await rest.request('GET', '/Thingworx/Things/Thing1/PropertyPushes');
      expect(pushes.json).toMatchObject({
        rows: [{ name: 'Temp', value: 72.25, quality: 'GOOD', time: 1_700_000_000_123 }],
      });
      edge.send(b.request({ name: 'Nonsense' }));
      const refused = await edge.next();
      expect(refused.code).toBe(0x84);
      expect(reasonOf(refused)).toContain('Nonsense');
      edge.send(b.request({ entityName: 'NotBound', name: 'GetPropertySubscriptions' }));
      expect((await edge.next()).code).toBe(0x84);
      await edge.close();
    });

    it('keeps the last 1,000 events', async () => {
      await start();
      const edge = await bound();
      for (let index = 0; index < 1005; index += 1)
        edge.send([
          ...b.header(POST, { requestId: index + 1 }),
          0x0a,
          ...b.text('Thing1'),
          3,
          ...b.text('Alarm'),
          0,
          5,
          ...b.table([b.field('n', 1)], [b.row(b.cell.number(index))]),
        ]);
      for (let index = 0; index < 1005; index += 1) expect((await edge.next()).code).toBe(OK);
      const { json } = await rest.request('GET', '/Thingworx/Things/Thing1/Events');
      const { rows } = json as { rows: { data: { n: number } }[] };
      expect([rows.length, rows[0]?.data.n, rows.at(-1)?.data.n]).toEqual([1000, 5, 1004]);
      await edge.close();
    });
  });

  it('writes a bound property to the edge, and returns its refusal', async () => {
    await start();
    const edge = await bound();
    const written = rest.request('PUT', '/Thingworx/Things/Thing1/Properties/Temp', { Temp: '72.5' });
    const put = await edge.next();
    const vector = frameVectors().find(({ name }) => name === 'put_property_number');
    expect(put.body.toString('hex')).toBe(vector?.hex.slice(30));
    edge.answer(put, OK, [0, 0xff]);
    expect((await written).status).toBe(200);
    const refused = rest.request('PUT', '/Thingworx/Things/Thing1/Properties/Temp', { Temp: 1 });
    edge.answer(await edge.next(), 0x83, [1, ...b.text('read-only'), 0xff]);
    expect(await refused).toMatchObject({ status: 403, text: expect.stringContaining('read-only') });
    await edge.close();
  });

  it('uses permessage-deflate when it is enabled [AO 1.3]', async () => {
    await start({ compression: true });
    const edge = await bound({ perMessageDeflate: true });
    expect(edge.socket.extensions).toContain('permessage-deflate');
    const { frame, answer } = await echo(edge, { text: 'a'.repeat(3000) });
    edge.answer(frame, OK, stringResult('b'.repeat(3000)));
    expect((await answer).text).toContain('b'.repeat(3000));
    await edge.close();
  });

  it('binds a Thing again after it was disabled and enabled', async () => {
    await start();
    await upload(platform, IMPORTER, scriptThing('Desk', []));
    const edge = await bound();
    await rest.invoke('DisableThing');
    expect((await rest.invoke('Echo')).status).toBe(503);
    await rest.invoke('EnableThing');
    edge.refuse(await edge.next());
    edge.refuse(await edge.next());
    const { frame, answer } = await echo(edge);
    edge.answer(frame, OK, [0, 0xff]);
    expect((await answer).status).toBe(200);
    await edge.close();
  });
});
