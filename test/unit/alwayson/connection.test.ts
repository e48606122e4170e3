import { describe, expect, it } from '@jest/globals';
import { CHARACTERISTIC, CODE, NONE } from '../../../src/alwayson/codec/codes.js';
import { decodeMessage, encodeMessage } from '../../../src/alwayson/codec/frame.js';
import type { AuthBody, BindBody } from '../../../src/alwayson/codec/message.js';
import { encodeFrames } from '../../../src/alwayson/codec/multipart.js';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import { AgentError } from '../../../src/core/errors.js';
import { deferred } from '../../../src/core/promises.js';
import { settle } from '../../support/manual-clock.js';
import { parameterTable, resultTable } from '../../support/edge/platform-end.js';
import { boundRig, rig } from '../../support/edge/rig.js';
import { echoThing, plainService } from '../../support/edge/things.js';
import type { ServiceHandler } from '../../../src/edge/definitions.js';

const thingWith = (handler: ServiceHandler) => echoThing('Thing1', { services: [plainService('Do', handler)] });
const invokeBody = (name: string, text = 'x') => ({
  kind: 'request' as const,
  entityType: 0x0a,
  entityName: 'Thing1',
  characteristic: CHARACTERISTIC.services,
  name,
  params: name === 'Echo' ? parameterTable({ text }) : null,
});

const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: AgentError) => error.code);

describe('authentication and binding', () => {
  it('AUTH has the session ffffffff and one claim; later frames have the session of its response [AO 11.2, 5.1]', async () => {
    const { end } = await boundRig([echoThing()]);
    const [auth, bind] = end.received;
    expect(auth).toMatchObject({ code: CODE.AUTH, sessionId: NONE, endpointId: 0 });
    expect([...(auth!.body as AuthBody).claims]).toEqual([['appKey', 'the-key']]);
    expect(bind).toMatchObject({ code: CODE.BIND, sessionId: 0x01020304 });
  });

  it('BIND marks identifiers with a star, and contains a gateway only if there is one [AO 5.2]', async () => {
    const { end } = await boundRig([echoThing('A'), echoThing('B', { identifier: 'SN-1' })]);
    expect(end.received[1]?.body).toEqual({ kind: 'bind', unbind: false, gateway: null, names: ['A', '*SN-1'] });
    expect((await end.invoke('*SN-1', 'Echo', { text: 'by identifier' })).code).toBe(CODE.SUCCESS);
    expect((await end.invoke('B', 'Echo', { text: 'by name' })).code).toBe(CODE.SUCCESS);
  });

  it('names the gateway in every BIND and UNBIND [AO 5.2]', async () => {
    const gateway = { name: 'Gate', type: 'SDKGateway' };
    const things = Array.from({ length: 40 }, (_, n) => echoThing(`Thing-with-a-long-name-${n}`));
    const { end, client } = await boundRig(things, { client: { gateway, maxFrameBytes: 512 } });
    await client.drain(0);
    const binds = end.received.filter(({ body }) => body.kind === 'bind');
    expect(binds.length).toBeGreaterThan(4);
    for (const { body } of binds) expect((body as BindBody).gateway).toEqual(gateway);
  });

  it('sends several single-frame BINDs, never a chunked one [AO 11.3]', async () => {
    const things = Array.from({ length: 300 }, (_, n) => echoThing(`Thing-with-quite-a-long-name-number-${n}`));
    const { end } = await boundRig(things);
    const binds = end.frames.map((frame) => decodeMessage(frame)).filter(({ code }) => code === CODE.BIND);
    expect(binds.length).toBeGreaterThan(1);
    expect(binds.every(({ body }) => body.kind === 'bind')).toBe(true);
    expect(end.frames.every((frame) => frame.length <= 8192)).toBe(true);
    expect(end.bound.size).toBe(300);
  });

  it('pauses 5 s, doubling to 40 s, after a refused AUTH, and logs its reason but never the key', async () => {
    const { clock, platform, client, log, statuses } = rig([echoThing()], { policy: { appKey: 'another' } });
    void client.start();
    await settle();
    const dialledAt: number[] = [];
    const start = clock.nowMs();
    for (let second = 0; second < 130; second += 1) {
      while (dialledAt.length < platform.ends.length) dialledAt.push(Math.round((clock.nowMs() - start) / 1000));
      await clock.advanceAsync(1000);
    }
    expect(dialledAt).toEqual([0, 5, 15, 35, 75, 115]);
    expect(statuses).toContainEqual({ type: 'refused', what: 'auth', code: 0x81, reason: 'Invalid credentials' });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', fields: { status: '0x81', reason: 'Invalid credentials' } }),
    );
    expect(JSON.stringify(log.lines)).not.toContain('the-key');
    await client.close();
    expect(clock.armed).toBe(0);
  });

  it('a platform whose frame size is too small for AUTH is a lost connection and is tried again', async () => {
    const { platform, client, statuses } = rig([echoThing()], { client: { appKey: 'k'.repeat(2_000) } });
    platform.peerMaxFrameBytes = 16;
    void client.start();
    await settle();
    expect(statuses).toContainEqual({ type: 'lost', cause: expect.stringContaining('AUTH'), kind: 'broken' });
    await client.close();
  });

  it('a refused Thing does not delay the others, and is tried again', async () => {
    const refused = new Set(['Bad']);
    const { end, client, clock, log } = await boundRig([echoThing('Good'), echoThing('Bad')], {
      policy: { bindCode: (names) => (names.some((name) => refused.has(name)) ? CODE.NOT_FOUND : CODE.SUCCESS) },
    });
    expect(client.status).toMatchObject({ type: 'bound', names: ['Good'], refused: ['Bad'] });
    expect((await end.invoke('Bad', 'Echo', { text: 'x' })).body).toMatchObject({
      reason: expect.stringMatching(/^UnknownThing: /),
    });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ thing: 'Bad' }) }),
    );
    expect((await end.invoke('Good', 'Echo', { text: 'x' })).code).toBe(CODE.SUCCESS);
    refused.clear();
    await clock.advanceAsync(5_000);
    expect(client.status).toMatchObject({ type: 'bound', names: ['Good', 'Bad'], refused: [] });
  });
});

describe('requests of the platform are answered exactly once', () => {
  it('with request id and endpoint id echoed [AO 11.4]', async () => {
    const { end } = await boundRig([echoThing()]);
    const answer = await end.request(CODE.POST, invokeBody('Echo', 'hi'), 0x77);
    expect(answer).toMatchObject({
      code: CODE.SUCCESS,
      requestId: 0x77,
      endpointId: 0xbeef,
      sessionId: 0x01020304,
      trailingBytes: 0,
    });
    expect(rowsFromTable(answer.body.content!)).toEqual([{ result: 'hi' }]);
  });

  it('with a coded reason and no content when they fail [AO 11.7, 7.1]', async () => {
    const { end } = await boundRig([
      thingWith(() => Promise.reject(new AgentError('JobNotFound', 'There is no job "x".'))),
    ]);
    const answer = await end.invoke('Thing1', 'Do');
    expect(answer.code).toBe(0x84);
    expect(answer.body).toEqual({ kind: 'response', reason: 'JobNotFound: There is no job "x".', content: null });
  });

  it('with Internal and a correlation id for a defect, whose text stays in the log', async () => {
    const { end, log } = await boundRig([thingWith(() => Promise.reject(new Error('secret detail')))]);
    const { code, body } = await end.invoke('Thing1', 'Do');
    expect(code).toBe(0xa0);
    expect(body.reason).toMatch(/^Internal: .*correlation id [0-9a-f-]{36}/);
    expect(body.reason).not.toContain('secret detail');
    const line = log.lines.find(({ level }) => level === 'error');
    expect(body.reason).toContain(String(line?.fields['correlationId']));
    expect(line?.fields['err']).toMatchObject({ message: 'secret detail' });
  });

  it('even if the handler throws synchronously, rejects with nothing, or responds after its deadline', async () => {
    const late = deferred<unknown>();
    const handlers: ServiceHandler[] = [
      () => {
        throw new Error('at once');
      },
      () => Promise.reject(undefined as unknown as Error),
      () => late.promise,
    ];
    const services = handlers.map((handler, n) => plainService(`Do${n}`, handler));
    const { end, clock } = await boundRig([echoThing('Thing1', { services })]);
    expect((await end.invoke('Thing1', 'Do0')).code).toBe(0xa0);
    expect((await end.invoke('Thing1', 'Do1')).code).toBe(0xa0);
    const answer = end.invoke('Thing1', 'Do2');
    await clock.advanceAsync(25_000);
    expect(end.answers.size).toBe(2);
    await clock.advanceAsync(250);
    expect((await answer).body.reason).toMatch(/^ServiceTimeout: /);
    late.resolve('too late');
    await settle();
    expect([...end.answers.values()]).toEqual([1, 1, 1]);
  });

  it('with the reason of the handler if the deadline aborts it and it has one', async () => {
    const handler: ServiceHandler = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new AgentError('HubTimeout', 'The hub had not answered.')));
      });
    const { end, clock } = await boundRig([thingWith(handler)]);
    const answer = end.invoke('Thing1', 'Do');
    await clock.advanceAsync(25_000);
    expect(await answer).toMatchObject({ code: 0xa4, body: { reason: 'HubTimeout: The hub had not answered.' } });
  });

  it('and once in all if they are repeated while the first is pending', async () => {
    let calls = 0;
    const gate = deferred<string>();
    const { end } = await boundRig([
      thingWith(() => {
        calls += 1;
        return gate.promise;
      }),
    ]);
    for (let n = 0; n < 3; n += 1) end.send(CODE.POST, 7, invokeBody('Do'));
    await settle();
    gate.resolve('done');
    await settle();
    expect(calls).toBe(1);
    expect(end.answers.get(7)).toBe(1);
  });

  it('with 0xA3 at once above the limit of pending requests', async () => {
    const gate = deferred<string>();
    const { end } = await boundRig([thingWith(() => gate.promise)], { client: { maxRequestsInFlight: 2 } });
    const open = [end.invoke('Thing1', 'Do'), end.invoke('Thing1', 'Do')];
    const refused = await end.invoke('Thing1', 'Do');
    expect(refused).toMatchObject({ code: 0xa3, body: { reason: expect.stringMatching(/^ServiceUnavailable: /) } });
    gate.resolve('done');
    expect((await Promise.all(open)).map(({ code }) => code)).toEqual([CODE.SUCCESS, CODE.SUCCESS]);
    expect((await end.invoke('Thing1', 'Do')).code).toBe(CODE.SUCCESS);
  });

  it('with ResultTooLarge and the number of rows if the result does not fit into a message', async () => {
    const rows = Array.from({ length: 20_000 }, (_, n) => ({ id: n, text: 'x'.repeat(60) }));
    const dataShape = {
      name: 'Rows',
      description: '',
      fields: [
        { name: 'id', baseType: 'INTEGER' as const, description: '' },
        { name: 'text', baseType: 'STRING' as const, description: '' },
      ],
    };
    const service = {
      definition: {
        name: 'Rows',
        description: '',
        parameters: [],
        result: { baseType: 'INFOTABLE' as const, dataShape },
      },
      handler: () => Promise.resolve(rows),
    };
    const { end } = await boundRig([echoThing('Thing1', { services: [service] })]);
    const answer = await end.invoke('Thing1', 'Rows');
    expect(answer.code).toBe(0x80);
    expect(answer.body.reason).toMatch(/^ResultTooLarge: .*20000 rows/);
  });

  it('in chunks above the smaller of both frame sizes, at least two and none of them empty [AO 4.3]', async () => {
    const { end, platform, client, clock } = await boundRig([echoThing()]);
    const sizes = (from: number): number[] => end.frames.slice(from).map((frame) => frame.length);
    const before = end.frames.length;
    const long = 'y'.repeat(20_000);
    const answer = await end.invoke('Thing1', 'Echo', { text: long });
    expect(rowsFromTable(answer.body.content!)).toEqual([{ result: long }]);
    expect(sizes(before).length).toBe(3);
    expect(Math.max(...sizes(before))).toBeLessThanOrEqual(8192);
    platform.peerMaxFrameBytes = 1024;
    platform.peer.hangUp('broken');
    await clock.advanceAsync(1_000);
    expect(client.status.type).toBe('bound');
    await platform.end.invoke('Thing1', 'Echo', { text: long });
    expect(Math.max(...platform.end.frames.map((frame) => frame.length))).toBeLessThanOrEqual(1024);
    expect(
      platform.end.frames
        .map((frame) => decodeMessage(frame))
        .every(({ body }) => body.kind !== 'chunk' || body.data.length > 0),
    ).toBe(true);
  });

  it('with 0x84 for a name that is not bound and for other entity types [AO 7.3]', async () => {
    const { end } = await boundRig([echoThing()]);
    expect(await end.invoke('Nobody', 'Echo', { text: 'x' })).toMatchObject({
      code: 0x84,
      body: { reason: expect.stringMatching(/^UnknownThing: /) },
    });
    expect(await end.invoke('Thing1', 'echo', { text: 'x' })).toMatchObject({
      code: 0x84,
      body: { reason: expect.stringMatching(/^UnknownService: /) },
    });
    const answer = end.answerTo(9);
    end.send(CODE.POST, 9, { ...invokeBody('Echo'), entityType: 0x3c });
    expect((await answer).code).toBe(0x84);
  });
});

describe('unexpected and malformed frames do not close the connection', () => {
  const request = (): Buffer =>
    encodeMessage({ code: CODE.POST, requestId: 50, endpointId: 1, sessionId: 2 }, invokeBody('Echo'));

  it('malformed requests with an id are answered with 0x80, once, with one log line [AO 4.4, 7.3]', async () => {
    const { end, log } = await boundRig([echoThing()]);
    const answer = end.answerTo(50);
    end.sendRaw(request().subarray(0, 40));
    expect(await answer).toMatchObject({ code: 0x80, requestId: 50, endpointId: 1 });
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect((await end.invoke('Thing1', 'Echo', { text: 'still here' })).code).toBe(CODE.SUCCESS);
  });

  it('anything else that is malformed is dropped with one log line [AO 7.3]', async () => {
    const { end, log } = await boundRig([echoThing()]);
    const response = encodeMessage(
      { code: CODE.SUCCESS, requestId: 1, endpointId: 0, sessionId: 0 },
      { kind: 'response', reason: null, content: resultTable('STRING', 'x') },
    );
    const unknownCode = request();
    unknownCode[1] = 0x07;
    const noId = request().subarray(0, 40);
    noId.writeUInt32BE(NONE, 2);
    const garbage = [
      Buffer.alloc(0),
      Buffer.from([1, 3]),
      Buffer.alloc(64, 0xff),
      response.subarray(0, 20),
      unknownCode,
      noId,
    ];
    for (const frame of garbage) end.sendRaw(frame);
    await settle();
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(garbage.length);
    expect(end.answers.size).toBe(0);
    expect((await end.invoke('Thing1', 'Echo', { text: 'still here' })).code).toBe(CODE.SUCCESS);
  });

  it('trailing bytes, text messages and KEEP_ALIVE are tolerated [AO 9.1, 1.2, 1.4]', async () => {
    const { end, platform } = await boundRig([echoThing()]);
    const answer = end.answerTo(50);
    end.sendRaw(Buffer.concat([request(), Buffer.alloc(7)]));
    expect((await answer).code).toBe(CODE.SUCCESS);
    platform.peer.sendText();
    end.send(CODE.KEEP_ALIVE, NONE, { kind: 'keepAlive' });
    expect((await end.invoke('Thing1', 'Echo', { text: 'still here' })).code).toBe(CODE.SUCCESS);
  });

  it('an edge that receives AUTH or BIND answers with 0x80 [AO 2.2]', async () => {
    const { end } = await boundRig([echoThing()]);
    const answers = [end.answerTo(60), end.answerTo(61)];
    end.send(CODE.AUTH, 60, { kind: 'auth', claims: new Map() });
    end.send(CODE.BIND, 61, { kind: 'bind', unbind: false, gateway: null, names: ['x'] });
    expect((await Promise.all(answers)).map(({ code }) => code)).toEqual([0x80, 0x80]);
  });

  it('a multipart request is joined in any order, and answered once if it is refused [AO 4.2]', async () => {
    const { end } = await boundRig([echoThing()]);
    const header = { code: CODE.POST, requestId: 70, endpointId: 0, sessionId: 0 };
    const sizes = { maxFrameBytes: 8192, maxMessageBytes: 4_000_000 };
    const joined = end.answerTo(70);
    for (const frame of encodeFrames(header, invokeBody('Echo', 'z'.repeat(30_000)), sizes).reverse())
      end.sendRaw(frame);
    expect((await joined).code).toBe(CODE.SUCCESS);
    const frames = encodeFrames({ ...header, requestId: 71 }, invokeBody('Echo', 'z'.repeat(2_000_000)), sizes);
    for (const frame of frames) end.sendRaw(frame);
    await settle();
    expect(end.answers.get(71)).toBe(1);
    expect((await end.invoke('Thing1', 'Echo', { text: 'still here' })).code).toBe(CODE.SUCCESS);
  });

  it('a malformed repetition of a pending request does not answer it', async () => {
    const gate = deferred<string>();
    const { end } = await boundRig([thingWith(() => gate.promise)]);
    end.send(CODE.POST, 50, invokeBody('Do'));
    end.sendRaw(request().subarray(0, 40));
    await settle();
    expect(end.answers.size).toBe(0);
    gate.resolve('done');
    await settle();
    expect(end.answers.get(50)).toBe(1);
  });
});

describe('keeping alive [AO 1.4, 11.6]', () => {
  it('pings with a short text, first right after BIND, then each interval', async () => {
    const { end, clock } = await boundRig([echoThing()]);
    expect(end.pings).toHaveLength(1);
    await clock.advanceAsync(90_000);
    expect(end.pings).toHaveLength(3);
    for (const payload of end.pings) expect(payload).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  it('detects a silent platform within ping interval and pong timeout', async () => {
    const { platform, clock, statuses, client } = await boundRig([echoThing()]);
    platform.answersPings = false;
    await clock.advanceAsync(54_000);
    expect(client.status.type).toBe('bound');
    await clock.advanceAsync(1_000);
    expect(statuses).toContainEqual({ type: 'lost', cause: 'no pong', kind: 'timeout' });
  });
});

describe('after a loss', () => {
  it('the client authenticates and binds again, with jitter [AO 11.8, 5.4]', async () => {
    const { platform, clock, client, statuses } = await boundRig([echoThing()]);
    platform.policy.sessionId = 0x0a0b0c0d;
    platform.peer.hangUp('broken');
    await settle();
    expect(statuses.at(-1)).toEqual({ type: 'lost', cause: 'broken', kind: 'broken' });
    await clock.advanceAsync(249);
    expect(platform.ends).toHaveLength(1);
    await clock.advanceAsync(1);
    expect(client.status.type).toBe('bound');
    expect(platform.end.received[0]).toMatchObject({ code: CODE.AUTH, sessionId: NONE });
    expect(platform.end.received[1]).toMatchObject({ code: CODE.BIND, sessionId: 0x0a0b0c0d });
  });

  it('the jitter grows to its cap while nothing responds', async () => {
    const { platform, clock, client } = rig([echoThing()]);
    platform.isUp = false;
    void client.start();
    const dials: number[] = [];
    const start = clock.nowMs();
    for (let second = 0; second < 200; second += 1) {
      await clock.advanceAsync(1000);
      while (dials.length < platform.peers.length) dials.push((clock.nowMs() - start) / 1000);
    }
    const gaps = dials.slice(1).map((at, n) => at - dials[n]!);
    expect(Math.max(...gaps)).toBe(30);
    expect(platform.peers.length).toBeGreaterThan(8);
    await client.close();
  });

  it('the requests in flight are dropped: their handlers abort, and none is answered on the next connection', async () => {
    let aborted = 0;
    const gate = deferred<string>();
    const { end, platform, clock } = await boundRig([
      thingWith(({ signal }) => {
        signal.addEventListener('abort', () => (aborted += 1));
        return gate.promise;
      }),
    ]);
    void end.invoke('Thing1', 'Do');
    await settle();
    platform.peer.hangUp('broken');
    await clock.advanceAsync(1000);
    expect(aborted).toBe(1);
    gate.resolve('too late');
    await settle();
    expect(platform.end.answers.size).toBe(0);
    expect(end.answers.size).toBe(0);
  });
});

describe('drain and close are different', () => {
  it('drain refuses new requests, answers those in flight, unbinds and closes with 1000 [AO 1.5]', async () => {
    const gate = deferred<string>();
    const { end, client, clock } = await boundRig([thingWith(() => gate.promise)]);
    const open = end.invoke('Thing1', 'Do');
    await settle();
    const drained = client.drain(9_000);
    expect((await end.invoke('Thing1', 'Do')).code).toBe(0xa3);
    gate.resolve('done');
    expect((await open).code).toBe(CODE.SUCCESS);
    await drained;
    expect(end.received.at(-1)).toMatchObject({ code: CODE.UNBIND, body: { names: ['Thing1'], unbind: true } });
    expect(end.closeCode).toBe(1000);
    expect(client.status.type).toBe('closed');
    expect(clock.armed).toBe(0);
  });

  it('drain answers requests that are still in flight at its timeout with 0xA3, and aborts them', async () => {
    const signals: AbortSignal[] = [];
    const { end, client, clock } = await boundRig([
      thingWith(({ signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      }),
    ]);
    const open = end.invoke('Thing1', 'Do');
    await settle();
    const drained = client.drain(9_000);
    await clock.advanceAsync(9_000);
    expect(await open).toMatchObject({ code: 0xa3, body: { reason: expect.stringMatching(/^ServiceUnavailable: /) } });
    await drained;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(clock.armed).toBe(0);
  });

  it('drain ends although the platform does not answer UNBIND', async () => {
    const { end, client, clock, platform } = await boundRig([echoThing()]);
    platform.policy.bindCode = () => 0;
    end.onFrame = () => undefined;
    const drained = client.drain(1_000);
    await clock.advanceAsync(600);
    await drained;
    expect(end.closeCode).toBe(1000);
  });

  it('close neither answers nor waits', async () => {
    const { end, client, clock } = await boundRig([thingWith(() => new Promise(() => undefined))]);
    void end.invoke('Thing1', 'Do');
    await settle();
    await client.close();
    expect(end.answers.size).toBe(0);
    expect(end.received.some(({ code }) => code === CODE.UNBIND)).toBe(false);
    expect(clock.armed).toBe(0);
    await client.close();
    await client.drain(10);
  });
});

describe('calls of the edge', () => {
  it('return the result, the rows, or nothing', async () => {
    const { client, end } = await boundRig([echoThing()], {
      policy: {
        onRequest: (request) => ({
          code: CODE.SUCCESS,
          content: request.name === 'Sum' ? resultTable('NUMBER', 3) : null,
        }),
      },
    });
    expect(await client.callService({ type: 'Resources', name: 'Math' }, 'Sum', { a: 1, b: 2 })).toBe(3);
    expect(await client.callService({ type: 'Things', name: 'Thing1' }, 'Nothing')).toBeUndefined();
    const [sum] = end.requestsFor('Sum');
    expect(sum?.body).toMatchObject({ entityType: 0x3c, entityName: 'Math', characteristic: 2 });
    expect(rowsFromTable(sum!.body.params!)).toEqual([{ a: 1, b: 2 }]);
    expect(end.requestsFor('Nothing')[0]?.body.params).toBeNull();
  });

  it('fail with the reason of the platform, at their timeout, or when the connection is lost [AO 7.2]', async () => {
    const { client, clock, platform } = await boundRig([echoThing()], {
      policy: {
        onRequest: (request) =>
          request.name === 'Silent' ? undefined : { code: 0xa0, content: parameterTable({ reason: 'it broke' }) },
      },
    });
    const call = (name: string): Promise<unknown> =>
      client.callService({ type: 'Things', name: 'Thing1' }, name, {}, { timeoutMs: 3_000 });
    await expect(call('Broken')).rejects.toMatchObject({
      code: 'RequestRefused',
      context: { status: 0xa0, reason: 'it broke' },
    });
    const silent = codeOf(call('Silent'));
    await clock.advanceAsync(3_000);
    expect(await silent).toBe('RequestTimeout');
    const cut = codeOf(call('Silent'));
    platform.peer.hangUp('broken');
    expect(await cut).toBe('ConnectionLost');
    await expect(call('Any')).rejects.toMatchObject({ code: 'ConnectionLost' });
    await client.close();
    await expect(call('Any')).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });

  it('are bounded in number', async () => {
    const { client } = await boundRig([echoThing()], {
      policy: { onRequest: () => undefined },
      client: { maxCallsOpen: 2 },
    });
    const call = (): Promise<unknown> => client.callService({ type: 'Things', name: 'Thing1' }, 'Any');
    const open = [call(), call()].map(codeOf);
    await expect(call()).rejects.toMatchObject({ code: 'QueueFull' });
    await client.close();
    expect(await Promise.all(open)).toEqual(['ConnectionClosed', 'ConnectionClosed']);
  });
});
