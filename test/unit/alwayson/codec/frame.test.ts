import { describe, expect, it } from '@jest/globals';
import { CODE, codeName } from '../../../../src/alwayson/codec/codes.js';
import { decodeMessage, encodeMessage, peekHeader } from '../../../../src/alwayson/codec/frame.js';
import { completeLimits, DEFAULT_LIMITS } from '../../../../src/alwayson/codec/limits.js';
import type { Message, MessageBody, MessageHeader, RequestBody } from '../../../../src/alwayson/codec/message.js';
import {
  type Bytes,
  bind,
  cell,
  chunk,
  field,
  header,
  request,
  response,
  row,
  table,
  text,
  toHex,
} from '../../../support/codec/byte-builder.js';

const decode = (bytes: Bytes, limits = {}): Message => decodeMessage(Uint8Array.from(bytes), limits);
const HEADER: MessageHeader = { code: CODE.POST, requestId: 7, endpointId: 0, sessionId: 0x01020304 };

/** Decodes a frame, after checking that it is encoded to the same bytes again. */
function bothWays(bytes: Bytes): MessageBody {
  const message = decode(bytes);
  const written = toHex(encodeMessage(message, message.body));
  if (message.trailingBytes > 0 || written !== toHex(bytes)) throw new Error(`It is written as ${written}.`);
  return message.body;
}

describe('header [AO 2]', () => {
  it('has the code and the ids with all their bits', () => {
    const bytes = [
      ...header(CODE.SUCCESS, { requestId: 0xffff_ffff, endpointId: 0x8000_0001, sessionId: 0xfffffffe }),
      0,
      0xff,
    ];
    expect(decode(bytes)).toMatchObject({
      code: 0x40,
      requestId: 0xffff_ffff,
      endpointId: 0x8000_0001,
      sessionId: 0xfffffffe,
    });
    expect(toHex(encodeMessage(decode(bytes), decode(bytes).body))).toBe(toHex(bytes));
  });

  it('fails for a version other than 1', () => {
    expect(() => decode([...header(3, { version: 2 })])).toThrow(
      expect.objectContaining({ code: 'UnknownVersion', context: { offset: 0, version: 2 } }),
    );
  });

  it.each(Array.from({ length: 15 }, (_, length) => length))('of %i bytes only is truncated', (length) => {
    expect(() => decode(header(3).slice(0, length))).toThrow(
      expect.objectContaining({
        code: 'FrameTruncated',
        context: expect.objectContaining({ offset: expect.any(Number) }),
      }),
    );
  });

  it('can be decoded even if the body cannot', () => {
    const bytes = Uint8Array.from([...header(3, { multipart: 1 }), 0xff]);
    expect(peekHeader(bytes)).toEqual({ ...HEADER, multipart: true });
    expect(peekHeader(bytes.subarray(1))).toBeUndefined();
    expect(peekHeader(bytes.subarray(0, 14))).toBeUndefined();
    expect(peekHeader(new Uint8Array(0))).toBeUndefined();
  });
});

describe('message codes [AO 2.1]', () => {
  const requests = [1, 2, 3, 4];
  const others = [CODE.BIND, CODE.UNBIND, CODE.AUTH, CODE.CLEARAUTH, CODE.KEEP_ALIVE] as readonly number[];
  const unknown = Array.from({ length: 0x40 }, (_, code) => code).filter(
    (code) => !requests.includes(code) && !others.includes(code),
  );

  it.each(unknown)('0x0%i is unknown and fails that one message', (code) => {
    expect(() => decode([...header(code), 0, 0xff])).toThrow(
      expect.objectContaining({ code: 'UnknownMessageCode', context: { offset: 1, messageCode: code } }),
    );
  });

  it('every code from 0x40 on is a response', () => {
    for (let code = 0x40; code <= 0xff; code++) expect(decode(response(code)).body.kind).toBe('response');
  });

  it('have names, or else class and detail', () => {
    expect([CODE.POST, CODE.AUTH, CODE.NOT_FOUND, 0x43, 0xbf].map(codeName)).toEqual([
      'POST',
      'AUTH',
      'NOT_FOUND',
      '2.03',
      '5.31',
    ]);
  });

  it.each([
    [0x15, 'CLEARAUTH'],
    [0x41, 'CREATED'],
    [0x42, 'ACCEPTED'],
    [0x44, 'NO_CONTENT'],
    [0x46, 'PARTIAL_CONTENT'],
    [0x60, 'MULTIPLE_CHOICES'],
    [0x61, 'MOVED_PERMANENTLY'],
    [0x62, 'FOUND'],
    [0x63, 'SEE_OTHER'],
    [0x64, 'NOT_MODIFIED'],
    [0x65, 'USE_PROXY'],
    [0x67, 'TEMPORARY_REDIRECT'],
    [0x82, 'PAYMENT_REQUIRED'],
    [0x88, 'REQUEST_TIMEOUT'],
    [0x89, 'CONFLICT'],
    [0xa1, 'INVALID_SESSION'],
    [0xa5, 'NOT_IMPLEMENTED'],
    [0xe0, 'COMM_ERROR'],
    [0xe1, 'SERVER_REFUSED'],
    [0xe2, 'SERVER_UNAVAILABLE'],
    [0xe3, 'COMM_TIMEOUT'],
    [0xe4, 'INVALID_PROTOCOL_VERSION'],
  ])('%i is named %s, as PTC’s Java SDK has it', (code, name) => expect(codeName(code)).toBe(name));

  it.each<[number, MessageBody]>([
    [CODE.SUCCESS, { kind: 'keepAlive' }],
    [CODE.POST, { kind: 'response', reason: null, content: null }],
    [0x05, { kind: 'keepAlive' }],
    [0x140, { kind: 'response', reason: null, content: null }],
    [CODE.BIND, { kind: 'bind', unbind: true, gateway: null, names: [] }],
    [CODE.AUTH, { kind: 'chunk', chunkId: 1, chunkCount: 2, chunkSize: 9, entity: null, data: new Uint8Array(0) }],
    [CODE.POST, { kind: 'chunk', chunkId: 1, chunkCount: 2, chunkSize: 9, entity: null, data: new Uint8Array(0) }],
  ])('%i does not go with every body', (code, body) => {
    expect(() => encodeMessage({ ...HEADER, code }, body)).toThrow(
      expect.objectContaining({ code: 'ValueNotEncodable' }),
    );
  });
});

describe('AUTH [AO 5.1]', () => {
  it('has claims', () => {
    const bytes = [
      ...header(CODE.AUTH, { sessionId: 0xffffffff }),
      2,
      ...text('appKey'),
      ...text('k'),
      ...text('user'),
      ...text('ü'),
    ];
    expect(bothWays(bytes)).toEqual({
      kind: 'auth',
      claims: new Map([
        ['appKey', 'k'],
        ['user', 'ü'],
      ]),
    });
  });

  it('from an SDK edge with a key of 200 bytes lacks its last 3 bytes, which is reported [AO 9.1]', () => {
    const whole = [...header(CODE.AUTH), 1, ...text('appKey'), ...text('k'.repeat(200))];
    expect(() => decode(whole.slice(0, -3))).toThrow(
      expect.objectContaining({ code: 'FrameTruncated', context: expect.objectContaining({ missing: 3 }) }),
    );
  });

  it('is never a chunk', () => {
    expect(() => decode(header(CODE.AUTH, { multipart: 1 }))).toThrow(
      expect.objectContaining({ code: 'FrameMalformed' }),
    );
  });

  it('has at most 255 claims', () => {
    const claims = new Map(Array.from({ length: 256 }, (_, index) => [`c${index}`, 'v']));
    expect(() => encodeMessage({ ...HEADER, code: CODE.AUTH }, { kind: 'auth', claims })).toThrow(
      expect.objectContaining({ code: 'ValueNotEncodable' }),
    );
  });
});

describe('BIND and UNBIND [AO 5.2]', () => {
  it('have names, including identifiers', () => {
    expect(bothWays(bind(CODE.BIND, ['Thing1', '*SN-1']))).toEqual({
      kind: 'bind',
      unbind: false,
      gateway: null,
      names: ['Thing1', '*SN-1'],
    });
    expect(bothWays(bind(CODE.UNBIND, []))).toEqual({ kind: 'bind', unbind: true, gateway: null, names: [] });
  });

  it('may name a gateway', () => {
    const gateway = { name: 'G', type: 'SDKGateway' };
    expect(bothWays(bind(CODE.BIND, ['a'], ['G', 'SDKGateway']))).toEqual({
      kind: 'bind',
      unbind: false,
      gateway,
      names: ['a'],
    });
  });

  it('have a limited number of names, none of which is read before its bytes have arrived', () => {
    expect(() => decode(bind(CODE.BIND, ['a', 'b']), { maxNames: 1 })).toThrow(
      expect.objectContaining({ code: 'FrameLimitExceeded' }),
    );
    const announced = [...header(CODE.BIND), 0, 0x20, 0];
    expect(() => decode(announced)).toThrow(expect.objectContaining({ code: 'FrameTruncated' }));
  });
});

describe('requests [AO 6]', () => {
  const params = [5, ...table([field('text', 0)], [row(cell.text(0, 'hi'))])];

  it('have an entity, a characteristic, a name and parameters', () => {
    const body = decode(request({ params })).body;
    expect(body).toMatchObject({
      kind: 'request',
      entityType: 10,
      entityName: 'Thing1',
      characteristic: 2,
      name: 'Echo',
    });
    expect(body).toMatchObject({ params: { fields: [{ name: 'text', baseType: 'STRING' }], rows: [['hi']] } });
    expect(toHex(encodeMessage(HEADER, body))).toBe(toHex(request({ params })));
  });

  it('may have no parameters', () => {
    expect(bothWays(request())).toEqual({
      kind: 'request',
      entityType: 10,
      entityName: 'Thing1',
      characteristic: 2,
      name: 'Echo',
      params: null,
    });
  });

  it('may have headers, which are encoded again', () => {
    const bytes = request({
      headers: [
        ['a', 'b'],
        ['c', 'd'.repeat(200)],
      ],
      params,
    });
    const message = decode(bytes);
    const headers = new Map([
      ['a', 'b'],
      ['c', 'd'.repeat(200)],
    ]);
    expect(message.body).toEqual({ ...decode(request({ params })).body, headers });
    expect(toHex(encodeMessage(message, message.body))).toBe(toHex(bytes));
  });

  it('have no headers where their count is 0', () => {
    expect(decode(request({ params })).body).not.toHaveProperty('headers');
  });

  it('cannot have more headers than their count can express', () => {
    const headers = new Map(Array.from({ length: 256 }, (_, index) => [`h${index}`, '']));
    const { body, ...message } = decode(request());
    expect(() => encodeMessage(message, { ...(body as RequestBody), headers })).toThrow('256 headers are more than');
  });

  it('fail if the parameters are not a table, instead of losing them', () => {
    expect(() => decode(request({ params: cell.text(0, 'hi') }))).toThrow(
      expect.objectContaining({ code: 'FrameMalformed' }),
    );
    expect(() => decode(request({ params: [99] }))).toThrow(expect.objectContaining({ code: 'UnknownBaseType' }));
  });

  it('from an SDK edge are truncated if a name has 128 bytes, and only they fail [AO 9.1]', () => {
    expect(() => decode(request({ entityName: 'n'.repeat(128) }).slice(0, -3))).toThrow(
      expect.objectContaining({ code: 'FrameTruncated' }),
    );
  });
});

describe('answers [AO 7]', () => {
  it('may have a reason and may have content', () => {
    expect(bothWays(response(CODE.NOT_FOUND, [0xff], 'No such Thing'))).toEqual({
      kind: 'response',
      reason: 'No such Thing',
      content: null,
    });
    expect(bothWays(response(CODE.SUCCESS))).toEqual({ kind: 'response', reason: null, content: null });
    expect(bothWays(response(CODE.SUCCESS, [0xff], ''))).toEqual({ kind: 'response', reason: '', content: null });
    expect(bothWays(response(CODE.SUCCESS, [5, 0, 0]))).toEqual({
      kind: 'response',
      reason: null,
      content: { fields: [], rows: [] },
    });
  });

  it('have a reason after any marker but 0', () => {
    expect(decode([...header(CODE.SUCCESS), 9, ...text('why'), 0xff]).body).toMatchObject({ reason: 'why' });
  });

  it('from an SDK edge have the reason as padding, which is counted [AO 7.2]', () => {
    const content = [5, ...table([field('reason', 0)], [row(cell.text(0, 'Boom'))])];
    const message = decode([...response(CODE.INTERNAL_SERVER_ERROR, content), 0, 0, 0, 0, 0]);
    expect(message).toMatchObject({ trailingBytes: 5, body: { reason: null, content: { rows: [['Boom']] } } });
  });
});

describe('trailing bytes [AO 9.1]', () => {
  it.each<[string, Bytes]>([
    ['a request', request()],
    ['an answer', response(CODE.SUCCESS)],
    ['an AUTH', [...header(CODE.AUTH), 0]],
    ['a BIND', bind(CODE.BIND, ['a'])],
    ['a KEEP_ALIVE', header(CODE.KEEP_ALIVE)],
  ])('after %s are accepted and counted', (_, bytes) => {
    expect(decode([...bytes, 1, 2, 3]).trailingBytes).toBe(3);
  });
});

describe('chunks [AO 4.1]', () => {
  it('of a request carry the entity', () => {
    const entity = [10, ...text('Thing1')];
    const bytes = chunk(CODE.POST, { chunkId: 2, chunkCount: 3, chunkSize: 128, entity, data: [1, 2] });
    expect(bothWays(bytes)).toEqual({
      kind: 'chunk',
      chunkId: 2,
      chunkCount: 3,
      chunkSize: 128,
      entity: { entityType: 10, entityName: 'Thing1' },
      data: Buffer.of(1, 2),
    });
  });

  it('of a response or a BIND do not', () => {
    const body = {
      kind: 'chunk',
      chunkId: 1,
      chunkCount: 2,
      chunkSize: 8192,
      entity: null,
      data: Buffer.of(9),
    } as const;
    expect(bothWays(chunk(CODE.SUCCESS, { chunkId: 1, chunkCount: 2, data: [9] }))).toEqual(body);
    expect(bothWays(chunk(CODE.BIND, { chunkId: 1, chunkCount: 2, data: [9] }))).toEqual(body);
  });
});

describe('message size [AO 9]', () => {
  it('is limited before anything is decoded', () => {
    expect(() => decode(request(), { maxMessageBytes: 20 })).toThrow(
      expect.objectContaining({ code: 'FrameLimitExceeded' }),
    );
    expect(() => decodeMessage(new Uint8Array(1_048_577))).toThrow(
      expect.objectContaining({ code: 'FrameLimitExceeded' }),
    );
  });

  it('has default limits, each of which can be replaced', () => {
    expect(completeLimits()).toBe(DEFAULT_LIMITS);
    expect(completeLimits({ maxRows: 5 })).toEqual({ ...DEFAULT_LIMITS, maxRows: 5 });
  });

  it('can alternate between large and small', () => {
    const reply = (reason: string): Buffer =>
      encodeMessage({ ...HEADER, code: CODE.NOT_FOUND }, { kind: 'response', reason, content: null });
    const reasons = Array.from({ length: 40 }, (_, index) => String(index % 10).repeat(1 + index * index * 60));
    const frames = [...reasons, ...reasons].map(reply);
    const read = frames.map((frame) => decodeMessage(frame).body);
    expect(read).toEqual([...reasons, ...reasons].map((reason) => ({ kind: 'response', reason, content: null })));
  });

  it('does not include anything of an earlier message that could not be encoded', () => {
    const odd = {
      fields: [{ name: 'x', description: '', baseType: 'STRING', aspects: new Map() }],
      rows: [[1]],
    } as const;
    const code = CODE.SUCCESS;
    expect(() => encodeMessage({ ...HEADER, code }, { kind: 'response', reason: null, content: odd })).toThrow(
      'STRING',
    );
    expect(toHex(encodeMessage({ ...HEADER, code }, { kind: 'response', reason: null, content: null }))).toBe(
      toHex(response(code)),
    );
  });
});
