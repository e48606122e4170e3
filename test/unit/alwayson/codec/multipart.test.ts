import { describe, expect, it } from '@jest/globals';
import { CODE } from '../../../../src/alwayson/codec/codes.js';
import { decodeMessage, encodeMessage } from '../../../../src/alwayson/codec/frame.js';
import type { ChunkBody, Message, MessageHeader, WholeBody } from '../../../../src/alwayson/codec/message.js';
import { MultipartJoiner, encodeFrames } from '../../../../src/alwayson/codec/multipart.js';
import {
  type Bytes,
  type ChunkParts,
  bind,
  chunk,
  requestBody,
  text,
  toHex,
} from '../../../support/codec/byte-builder.js';

const HEADER: MessageHeader = { code: CODE.POST, requestId: 7, endpointId: 3, sessionId: 9 };
const ENTITY = [10, ...text('Thing1')];
const SIZES = { maxFrameBytes: 64, maxMessageBytes: 4096 };

const received = (bytes: Bytes | Uint8Array): Message<ChunkBody> =>
  decodeMessage(Uint8Array.from(bytes)) as Message<ChunkBody>;
const part = (code: number, parts: ChunkParts): Message<ChunkBody> => received(chunk(code, parts));

const answer = (reason: string): WholeBody => ({ kind: 'response', reason, content: null });
const call = (name: string): WholeBody => ({
  kind: 'request',
  entityType: 10,
  entityName: 'Thing1',
  characteristic: 2,
  name,
  params: null,
});
const binding = (names: readonly string[]): WholeBody => ({ kind: 'bind', unbind: false, gateway: null, names });

const chunksOf = (header: Partial<MessageHeader>, body: WholeBody): Message<ChunkBody>[] =>
  encodeFrames({ ...HEADER, ...header }, body, SIZES).map(received);

const addAll = (joiner: MultipartJoiner, chunks: readonly Message<ChunkBody>[]): (Message<WholeBody> | undefined)[] =>
  chunks.map((one) => joiner.add(one, 0));

describe('splitting [AO 4.3]', () => {
  it('does not split a message that fits into one frame', () => {
    const body = answer('x'.repeat(64 - 15 - 3));
    expect(encodeFrames({ ...HEADER, code: 0x80 }, body, SIZES)).toEqual([
      encodeMessage({ ...HEADER, code: 0x80 }, body),
    ]);
  });

  it.each([
    ['an answer', CODE.NOT_FOUND, answer],
    ['a request', CODE.POST, call],
    ['a BIND', CODE.BIND, (filling: string) => binding([filling.slice(0, 40), filling.slice(40)])],
  ] as const)(
    '%s of any length is never one chunk, has no empty chunk and none above the frame size',
    (_, code, body) => {
      for (let length = 40; length < 400; length++) {
        const frames = encodeFrames({ ...HEADER, code }, body('x'.repeat(length)), SIZES);
        expect(Math.max(...frames.map((frame) => frame.length))).toBeLessThanOrEqual(64);
        if (frames.length === 1) continue;
        const chunks = frames.map(received);
        expect(chunks.map((one) => one.body.chunkId)).toEqual(frames.map((_, index) => index + 1));
        expect(
          chunks.every(
            ({ body }) => body.chunkCount === frames.length && body.chunkSize === 64 && body.data.length > 0,
          ),
        ).toBe(true);
        expect(addAll(new MultipartJoiner(), chunks).at(-1)?.body).toEqual(body('x'.repeat(length)));
      }
    },
  );

  it('every chunk of a request names the entity, and every chunk repeats the header', () => {
    const chunks = chunksOf({}, call('n'.repeat(120)));
    expect(chunks.length).toBeGreaterThan(2);
    for (const one of chunks)
      expect(one).toMatchObject({ ...HEADER, body: { entity: { entityType: 10, entityName: 'Thing1' } } });
  });

  it('an entity name of 128 bytes or more has the longer length prefix', () => {
    const body: WholeBody = {
      ...(call('n'.repeat(500)) as WholeBody & { kind: 'request' }),
      entityName: 'e'.repeat(130),
    };
    const frames = encodeFrames(HEADER, body, { maxFrameBytes: 256, maxMessageBytes: 4096 });
    expect(addAll(new MultipartJoiner(), frames.map(received)).at(-1)?.body).toEqual(body);
  });

  it('refuses a message above the message size, counted as chunk count times chunk size [AO 4.2]', () => {
    const code = CODE.SUCCESS;
    const limit = (length: number): unknown =>
      encodeFrames({ ...HEADER, code }, answer('x'.repeat(length)), { maxFrameBytes: 64, maxMessageBytes: 640 });
    // Ten chunks of 43 bytes, minus the reason marker, 4 bytes of length and the content type.
    expect(limit(430 - 6)).toHaveLength(10);
    expect(() => limit(430 - 5)).toThrow(expect.objectContaining({ code: 'FrameLimitExceeded' }));
  });

  it('refuses a frame size that leaves no space for data, and an AUTH larger than a frame', () => {
    const small = { maxFrameBytes: 29, maxMessageBytes: 4096 };
    expect(() => encodeFrames(HEADER, call('n'.repeat(50)), small)).toThrow(
      expect.objectContaining({ code: 'FrameLimitExceeded' }),
    );
    const claims = new Map([['appKey', 'k'.repeat(100)]]);
    expect(() => encodeFrames({ ...HEADER, code: CODE.AUTH }, { kind: 'auth', claims }, SIZES)).toThrow(
      expect.objectContaining({ code: 'FrameLimitExceeded' }),
    );
  });

  it('frames above 65,535 bytes have a chunk size that fits its field', () => {
    const sizes = { maxFrameBytes: 100_000, maxMessageBytes: 1_048_576 };
    const frames = encodeFrames({ ...HEADER, code: 0x80 }, answer('x'.repeat(300_000)), sizes);
    expect(frames.map((frame) => frame.length)).toEqual([65_535, 65_535, 65_535, 65_535, expect.any(Number)]);
    expect(encodeFrames({ ...HEADER, code: 0x80 }, answer('x'.repeat(90_000)), sizes)).toHaveLength(1);
  });
});

describe('joining [AO 4.2]', () => {
  it('accepts chunks in any order', () => {
    const chunks = chunksOf({ code: 0x80 }, answer('0123456789'.repeat(9)));
    expect(chunks).toHaveLength(3);
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const joined = addAll(
        new MultipartJoiner(),
        order.map((index) => chunks[index]!),
      );
      expect(joined.slice(0, 2)).toEqual([undefined, undefined]);
      expect(joined[2]).toMatchObject({
        ...HEADER,
        code: 0x80,
        body: answer('0123456789'.repeat(9)),
        trailingBytes: 0,
      });
    }
  });

  it('keeps interleaved messages apart', () => {
    const joiner = new MultipartJoiner();
    const messages = [1, 2, 3].map((requestId) =>
      chunksOf({ code: 0x80, requestId }, answer(String(requestId).repeat(100))),
    );
    const joined = [0, 1, 2].flatMap((index) => messages.map((chunks) => joiner.add(chunks[index]!, 0)));
    expect(joined.slice(0, 6).every((one) => one === undefined)).toBe(true);
    expect(joined.slice(6).map((one) => one?.body)).toEqual([1, 2, 3].map((id) => answer(String(id).repeat(100))));
    expect(joiner.size).toBe(0);
  });

  it('keeps a request apart from a response with the same id, since each direction has its own ids', () => {
    const joiner = new MultipartJoiner();
    const [calls, answers] = [chunksOf({}, call('c'.repeat(90))), chunksOf({ code: 0x40 }, answer('a'.repeat(60)))];
    expect([calls.length, answers.length]).toEqual([3, 2]);
    joiner.add(calls[0]!, 0);
    joiner.add(answers[0]!, 0);
    expect(joiner.size).toBe(2);
    joiner.add(calls[1]!, 0);
    expect(joiner.add(answers[1]!, 0)?.body.kind).toBe('response');
    expect(joiner.add(calls[2]!, 0)?.body.kind).toBe('request');
  });

  it('a repeated chunk replaces the earlier one', () => {
    const joiner = new MultipartJoiner();
    joiner.add(part(0x40, { chunkId: 1, chunkCount: 2, data: [1, 3, 65, 65, 65] }), 0);
    joiner.add(part(0x40, { chunkId: 1, chunkCount: 2, data: [1, 2, 66, 66] }), 0);
    expect(joiner.add(part(0x40, { chunkId: 2, chunkCount: 2, data: [0xff] }), 0)?.body).toEqual(answer('BB'));
  });

  it('chunk 0 and chunks above the count are ignored', () => {
    const joiner = new MultipartJoiner();
    for (const chunkId of [0, 3, 0xffff])
      expect(joiner.add(part(0x40, { chunkId, chunkCount: 2, data: [1] }), 0)).toBeUndefined();
    expect(joiner.add(part(0x40, { chunkId: 0, chunkCount: 0 }), 0)).toBeUndefined();
    expect(joiner.size).toBe(0);
  });

  it('an empty last chunk is legal', () => {
    const joiner = new MultipartJoiner();
    joiner.add(part(0x40, { chunkId: 1, chunkCount: 2, data: [0, 0xff] }), 0);
    expect(joiner.add(part(0x40, { chunkId: 2, chunkCount: 2 }), 0)).toMatchObject({
      body: { kind: 'response' },
      trailingBytes: 0,
    });
  });

  it('a message of one chunk, which should not be sent, is complete', () => {
    expect(new MultipartJoiner().add(part(0x40, { chunkId: 1, chunkCount: 1, data: [0, 0xff] }), 0)?.body).toEqual({
      kind: 'response',
      reason: null,
      content: null,
    });
  });

  it('joins a request as the C SDK splits it, with its entity at the start of the first slice', () => {
    const body = requestBody({ name: 'n'.repeat(50) });
    const slices = [body.slice(ENTITY.length, 40), body.slice(40)];
    const parts = slices.map((data, index) => part(3, { chunkId: index + 1, chunkCount: 2, entity: ENTITY, data }));
    expect(addAll(new MultipartJoiner(), parts)[1]?.body).toEqual(call('n'.repeat(50)));
  });

  it('joins a multipart BIND of 400 names [AO 5.2]', () => {
    const names = Array.from({ length: 400 }, (_, index) => `Thing-with-a-long-name-${index}`);
    const body = bind(CODE.BIND, names).slice(15);
    const slices = [body.slice(0, 8171), body.slice(8171)];
    const parts = slices.map((data, index) => part(CODE.BIND, { chunkId: index + 1, chunkCount: 2, data }));
    expect(addAll(new MultipartJoiner(), parts)[1]?.body).toEqual(binding(names));
  });

  it('copies the data that arrives, so the receive buffer can be reused', () => {
    const joiner = new MultipartJoiner();
    const frame = Uint8Array.from(chunk(0x40, { chunkId: 1, chunkCount: 2, data: [1, 2, 66, 66] }));
    joiner.add(decodeMessage(frame) as Message<ChunkBody>, 0);
    frame.fill(0);
    expect(joiner.add(part(0x40, { chunkId: 2, chunkCount: 2, data: [0xff] }), 0)?.body).toEqual(answer('BB'));
  });

  it('another message with the id of an incomplete one replaces it', () => {
    const joiner = new MultipartJoiner();
    joiner.add(part(0x40, { chunkId: 1, chunkCount: 3, data: [9, 9] }), 0);
    joiner.add(part(0x40, { chunkId: 1, chunkCount: 2, data: [0] }), 0);
    expect(joiner.size).toBe(1);
    expect(joiner.add(part(0x40, { chunkId: 2, chunkCount: 2, data: [0xff] }), 0)?.body.kind).toBe('response');
  });

  it('a joined message that cannot be decoded fails and is dropped', () => {
    const joiner = new MultipartJoiner();
    joiner.add(part(0x40, { chunkId: 1, chunkCount: 2, data: [1, 50] }), 0);
    expect(() => joiner.add(part(0x40, { chunkId: 2, chunkCount: 2, data: [65] }), 0)).toThrow(
      expect.objectContaining({ code: 'FrameTruncated', context: expect.objectContaining({ offset: 17 }) }),
    );
    expect(joiner.size).toBe(0);
  });
});

describe('incomplete messages', () => {
  const first = (requestId: number, more: Partial<ChunkParts> = {}): Message<ChunkBody> =>
    part(0x40, { requestId, chunkId: 1, chunkCount: 2, data: [1, 2, 66, 66], ...more });
  const last = (requestId: number): Message<ChunkBody> =>
    part(0x40, { requestId, chunkId: 2, chunkCount: 2, data: [0xff] });

  it('expire [AO 4.2]', () => {
    const joiner = new MultipartJoiner({ maxPartialAgeMs: 50_000 });
    joiner.add(first(1), 1_000);
    joiner.add(first(2), 40_000);
    expect(joiner.sweep(50_999)).toBe(0);
    expect(joiner.sweep(51_000)).toBe(1);
    expect(joiner.add(last(1), 51_000)).toBeUndefined();
    expect(joiner.add(last(2), 51_000)?.body).toEqual(answer('BB'));
  });

  it('expire without a sweep of their own when other chunks arrive', () => {
    const joiner = new MultipartJoiner({ maxPartialAgeMs: 100, maxPartials: 1 });
    joiner.add(first(1), 0);
    expect(() => joiner.add(first(2), 99)).toThrow(expect.objectContaining({ code: 'FrameLimitExceeded' }));
    joiner.add(first(2), 100);
    expect(joiner.size).toBe(1);
  });

  it.each<[string, object, Partial<ChunkParts>]>([
    ['chunks', { maxChunks: 2 }, { chunkCount: 3 }],
    ['chunk count times chunk size', { maxJoinedBytes: 16_383 }, {}],
    ['bytes of one message, whatever its chunk size says', { maxJoinedBytes: 3 }, { chunkSize: 1 }],
    ['bytes of all messages', { maxPartialBytes: 3 }, {}],
    ['messages', { maxPartials: 0 }, {}],
  ])('are limited in %s', (_, limits, more) => {
    const joiner = new MultipartJoiner(limits);
    expect(() => joiner.add(first(1, more), 0)).toThrow(expect.objectContaining({ code: 'FrameLimitExceeded' }));
    expect(joiner.size).toBe(0);
  });

  it('are refused by default above 1 MiB, counted as chunk count times chunk size [AO 4.2]', () => {
    const joiner = new MultipartJoiner();
    joiner.add(first(1, { chunkCount: 128 }), 0);
    expect(() => joiner.add(first(2, { chunkCount: 129 }), 0)).toThrow(
      expect.objectContaining({ code: 'FrameLimitExceeded' }),
    );
  });

  it('release their bytes however they end', () => {
    const joiner = new MultipartJoiner({ maxPartialBytes: 8, maxPartialAgeMs: 10 });
    for (let round = 0; round < 5; round++) {
      joiner.add(first(1), 100 * round);
      joiner.add(first(1), 100 * round);
      joiner.add(last(1), 100 * round);
      joiner.add(first(2), 100 * round);
      joiner.add(first(3), 100 * round);
      if (round % 2 === 0) joiner.clear();
    }
    expect(joiner.sweep(1_000)).toBe(0);
  });
});

it('a chunk is written as it was read', () => {
  const bytes = chunk(3, { chunkId: 1, chunkCount: 2, entity: ENTITY, data: [1, 2, 3] });
  const message = received(bytes);
  expect(toHex(encodeMessage(message, message.body))).toBe(toHex(bytes));
});
