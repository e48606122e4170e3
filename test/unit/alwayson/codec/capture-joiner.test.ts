import { describe, expect, it } from '@jest/globals';
import { CaptureJoiner } from '../../../../src/alwayson/codec/capture-joiner.js';
import { decodeMessage } from '../../../../src/alwayson/codec/frame.js';
import type { ChunkBody, Message } from '../../../../src/alwayson/codec/message.js';
import { type Bytes, chunk } from '../../../support/codec/byte-builder.js';

const part = (requestId: number, chunkId: number, chunkCount: number, data: Bytes = [0]): Message<ChunkBody> =>
  decodeMessage(Uint8Array.from(chunk(0x40, { requestId, chunkId, chunkCount, data }))) as Message<ChunkBody>;

const filler = (length: number): Bytes => Array.from({ length }, () => 0);

describe('CaptureJoiner', () => {
  it('drops the data of the oldest message first, and still reports its chunks', () => {
    const joiner = new CaptureJoiner({ maxBytes: 250 });
    joiner.add(part(1, 1, 2, filler(100)));
    joiner.add(part(2, 2, 2, [0xff]));
    joiner.add(part(3, 1, 2, filler(200)));
    expect(joiner.add(part(1, 2, 2, [0xff]))).toBeUndefined();
    expect(joiner.add(part(2, 1, 2, [0]))).toMatchObject({ requestId: 2, body: { kind: 'response' } });
    expect([...joiner.incomplete()]).toEqual([
      { incomplete: true, requestId: 1, chunks: [1, 2], chunkCount: 2 },
      { incomplete: true, requestId: 3, chunks: [1], chunkCount: 2 },
    ]);
  });

  it('does not join a message above the largest size, and keeps nothing of it', () => {
    const joiner = new CaptureJoiner({ maxJoinedBytes: 100 });
    joiner.add(part(1, 1, 2, filler(60)));
    expect(joiner.add(part(1, 2, 2, filler(60)))).toBeUndefined();
    expect([...joiner.incomplete()]).toEqual([{ incomplete: true, requestId: 1, chunks: [1, 2], chunkCount: 2 }]);
  });

  it('counts the chunks that it cannot report', () => {
    const joiner = new CaptureJoiner({ maxChunks: 10 });
    for (let requestId = 1; requestId <= 15; requestId++) joiner.add(part(requestId, 1, 2));
    // A chunk that is already known needs no more memory.
    joiner.add(part(1, 1, 2));
    expect([...joiner.incomplete()]).toHaveLength(10);
    expect(joiner.unreportedChunks).toBe(5);
  });

  it('frees the memory of a message that was joined', () => {
    const joiner = new CaptureJoiner({ maxChunks: 2, maxBytes: 300 });
    for (let requestId = 1; requestId <= 20; requestId++) {
      joiner.add(part(requestId, 1, 2, [0]));
      expect(joiner.add(part(requestId, 2, 2, [0xff, ...filler(200)]))).toMatchObject({ trailingBytes: 200 });
    }
    expect([...joiner.incomplete()]).toEqual([]);
    expect(joiner.unreportedChunks).toBe(0);
  });

  it('takes the later of two chunks with one number', () => {
    const joiner = new CaptureJoiner();
    joiner.add(part(1, 1, 2, [1, 1, 65]));
    joiner.add(part(1, 1, 2, [1, 1, 66]));
    expect(joiner.add(part(1, 2, 2, [0xff]))).toMatchObject({ body: { reason: 'B' } });
  });
});
